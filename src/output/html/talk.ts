/** The figures of the talk, drawn as what they are: somebody else's, on other hardware. */
import { talk, tierNames, tiers } from '../../tiers.js';
import { markup, type Markup } from './markup.js';
import { percent, type Scale } from './scale.js';

interface TalkFigure {
  readonly title: string;
  readonly ms: number;
}

/** From the table of tiers, fastest first. */
export const talkFigures: readonly TalkFigure[] = tierNames
  .flatMap((name) => {
    const { title, talkMs } = tiers[name] as { title: string; talkMs: number | undefined };
    return talkMs === undefined ? [] : [{ title, ms: talkMs }];
  })
  .sort((a, b) => a.ms - b.ms);

export const talkSource = `“${talk.title}”, ${talk.authors}, ${talk.event}`;

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
