/** What clones of one and of two tenants share, and what a template for each tenant costs. */
import type { StoredRun } from '../../results/run-folder.js';
import { pairFindings, templatesOfTenants } from '../tenants/findings.js';
import {
  costHead,
  costRows,
  pairHead,
  pairRows,
  templateHead,
  templateRows,
  tenantLines,
} from '../tenants/tables.js';
import { tenantsNote } from '../tenants/tenants-md.js';
import { markup, type Markup } from './markup.js';
import { table } from './tables.js';

/** Undefined for a run without tenants. */
export function tenantsSection(run: StoredRun): Markup | undefined {
  const templates = templatesOfTenants(run);
  if (templates.length === 0) return undefined;
  const findings = pairFindings(run);
  return markup`<section id="tenants" aria-labelledby="tenants-title"><h2 id="tenants-title">Tenants</h2>
<ul>${tenantLines(run).map((line) => markup`<li>${line}</li>`)}</ul>
${table({ caption: 'What clones share', head: pairHead(findings), rows: pairRows(findings) })}
<p class="note">${tenantsNote}</p>
${table({ caption: 'Templates', head: templateHead, rows: templateRows(templates) })}
${table({ caption: 'What the first templates cost together', head: costHead, rows: costRows(templates) })}</section>`;
}
