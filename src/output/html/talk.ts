/** The figures of the talk, drawn as what they are: somebody else's, on other hardware. */
import type { CellSummary } from '../../summarise.js';
import { startsAsTheTalkDid, talk, talkFigures } from '../../tiers.js';
import { markup, type Markup } from './markup.js';
import { percent, type Scale } from './scale.js';

export const talkSource = `“${talk.title}”, ${talk.authors}, ${talk.event}`;

/** Whether any of these may have the talk's figures beside it. */
export function isBesideTalk(cells: readonly CellSummary[]): boolean {
  return cells.some(({ tier, row }) => startsAsTheTalkDid(tier, row['guest'] ?? ''));
}

export function talkLines(scale: Scale, height: number): readonly Markup[] {
  return talkFigures.map(({ ms }) => {
    const x = percent(scale.at(ms));
    return markup`<line class="talk" x1="${x}" x2="${x}" y1="0" y2="${height}"/>`;
  });
}

export const talkLabelHeight = 34;

/** The names of the lines, on two levels so that neighbours do not run into each other. */
export function talkLabels(scale: Scale): Markup {
  const labels = talkFigures.map(({ title, ms }, place) => {
    const [x, y] = [percent(scale.at(ms)), place % 2 === 0 ? 28 : 12];
    return markup`<line class="talk" x1="${x}" x2="${x}" y1="${y + 3}" y2="${talkLabelHeight}"/><text class="talk-name" x="${x}" y="${y}" text-anchor="middle"><tspan class="roomy">the talk’s ${title}: </tspan>${ms} ms</text>`;
  });
  return markup`<svg class="strip" role="img" aria-label="${ariaLabel()}" width="100%" height="${talkLabelHeight}">${labels}</svg>`;
}

function ariaLabel(): string {
  const figures = talkFigures.map(({ title, ms }) => `${title} ${ms} ms`).join(', ');
  return `The talk’s figures, on its authors’ hardware: ${figures}`;
}
