/** What the clones of one template have in common, for how long, and what it costs to end that. */
import { identityWays } from '../../identity.js';
import { identityCosts } from '../identity/costs.js';
import { identityFindings } from '../identity/findings.js';
import {
  clockLines,
  costLines,
  fieldHead,
  fieldRows,
  identityHead,
  identityRows,
  identityVerdicts,
} from '../identity/tables.js';
import { markup, type Markup } from './markup.js';
import type { ReportData } from './report-data.js';
import { nameTable, table } from './tables.js';

/** Undefined where no guest was observed. */
export function identitySection({ record, observed, samples }: ReportData): Markup | undefined {
  const findings = identityFindings(record.cells, observed);
  if (findings.length === 0) return undefined;
  const rows = samples.map((sample) => sample.record);
  const ways = [...new Set(findings.map(({ identity }) => identity))];
  const costs = costLines(identityCosts(record.cells, rows));
  return markup`<section id="identity" aria-labelledby="identity-title"><h2 id="identity-title">What clones have in common</h2>
<p>Each guest drew random bytes again and again, once before it made its random number generator fresh and then from <b>ready</b> on, and told what else makes it itself. Bytes that two guests of a cell drew are a secret that they share. Times are in ms after the guest was resumed.</p>
${list(identityVerdicts(findings))}
${table({ caption: 'Random bytes that more than one guest drew', head: identityHead, rows: identityRows(findings, record) })}
${table({ caption: 'Guests that told what another one of their cell told too', head: [...fieldHead, ...findings.map(({ cell }) => cell.id)], rows: fieldRows(findings) })}
${list(clockLines(findings))}
${costs.length === 0 ? undefined : markup`<h3>What it costs</h3>${list(costs)}`}
${nameTable(
  'Where random numbers come from',
  ways.map((way) => [identityWays[way].title, identityWays[way].does]),
)}</section>`;
}

function list(lines: readonly string[]): Markup {
  return markup`<ul>${lines.map((line) => markup`<li>${line}</li>`)}</ul>`;
}
