/** report.html: the run for a reader, in one file. Pure: the run in, the page's text out. */
import type { StoredRun } from '../../results/run-folder.js';
import { alone, type Summary } from '../../summarise.js';
import { answers } from './answers.js';
import { banners } from './banner.js';
import { bootSection } from './boot-section.js';
import { cellsSection } from './cells-section.js';
import { figuresSection } from './figures-section.js';
import { growthSection } from './growth-section.js';
import { hostSection } from './host-section.js';
import { identitySection } from './identity-section.js';
import { ladderSection } from './ladder-section.js';
import { markup, type Markup } from './markup.js';
import { methodSection } from './method-section.js';
import { notRunSection } from './not-run-section.js';
import { pageData } from './page-data.js';
import { optionsSection } from './options-section.js';
import { page } from './page.js';
import { precisionSection } from './precision-section.js';
import { reportData, type ReportData, type ReportOptions } from './report-data.js';
import { reproduceSection } from './reproduce-section.js';
import { stagesSection } from './stages-section.js';
import { tenantsSection } from './tenants-section.js';
import { togetherSection } from './together-section.js';

export type { ReportOptions } from './report-data.js';

/** The whole page. Nothing that the run holds is trusted: every name in it is escaped. */
export function reportHtml(run: StoredRun, summary: Summary, given: ReportOptions = {}): string {
  const data = reportData(run, alone(summary), given);
  const identity = identitySection(data);
  const tenants = tenantsSection(run);
  const together = togetherSection(run, summary);
  const growth = growthSection(summary, run.record);
  const options = optionsSection(summary, run.record);
  const boot = bootSection(run);
  const absent = new Set([
    ...(identity === undefined ? ['identity'] : []),
    ...(tenants === undefined ? ['tenants'] : []),
    ...(together === undefined ? ['together'] : []),
    ...(growth === undefined ? ['growth'] : []),
    ...(options === undefined ? ['options'] : []),
    ...(boot === undefined ? ['boot'] : []),
  ]);
  const body = markup`${header(data, run, absent)}
<main>${ladderSection(data)}
${together}
${growth}
${figuresSection(data)}
${stagesSection(data)}
${options}
${boot}
${identity}
${tenants}
${cellsSection(data)}
${notRunSection({ record: data.record, summary })}
${precisionSection(data)}
${hostSection(data)}
${methodSection(data)}
${reproduceSection(data)}</main>
<footer>Made by basepoint ${data.record.basepoint} from samples.csv and run.json.</footer>`;
  return page(`${data.record.runId}: basepoint report`, body, pageData(data)).text;
}

const contents = [
  ['ladder', 'Ladder'],
  ['together', 'Many at once'],
  ['growth', 'Growth'],
  ['figures', 'Figures'],
  ['warnings', 'Warnings'],
  ['options', 'What each choice wins'],
  ['boot', 'Where a boot’s time goes'],
  ['identity', 'What clones have in common'],
  ['tenants', 'Tenants'],
  ['cells', 'Cell by cell'],
  ['not-run', 'Not run'],
  ['precision', 'Precision'],
  ['host', 'Host'],
  ['method', 'Method'],
  ['reproduce', 'Run it again'],
] as const;

function header(data: ReportData, { samples }: StoredRun, absent: ReadonlySet<string>): Markup {
  const { record } = data;
  const links = contents
    .filter(([id]) => !absent.has(id))
    .map(([id, title]) => markup`<li><a href="#${id}">${title}</a></li>`);
  const failed = samples.filter(({ state }) => state !== 'ok').length;
  return markup`<header><p class="brand">basepoint: how long virtual machines take to start</p>
<h1>${record.runId}</h1>
<p class="quiet">State: <b>${record.state}</b>. Started ${record.startedAt}, ${samples.length} of ${record.plannedStarts} planned starts recorded (warm-ups included), ${failed} failed.</p>
${banners(data, samples.length)}
${answers(data)}
<nav aria-label="contents"><ul>${links}</ul></nav></header>`;
}
