/** The part of report.md that says what tenants share and what keeping them apart costs. */
import type { StoredRun } from '../../results/run-folder.js';
import { markdownTable } from '../ladder.js';
import { pairFindings, templatesOfTenants } from './findings.js';
import {
  costHead,
  costRows,
  pairHead,
  pairRows,
  templateHead,
  templateRows,
  tenantLines,
} from './tables.js';

/** No parts where the run has no tenants. */
export function tenantParts(run: StoredRun): readonly string[] {
  const templates = templatesOfTenants(run);
  if (templates.length === 0) return [];
  const findings = pairFindings(run);
  return [
    '## Tenants',
    tenantLines(run)
      .map((line) => `- ${line}`)
      .join('\n'),
    markdownTable([pairHead(findings), ...pairRows(findings)]),
    tenantsNote,
    markdownTable([templateHead, ...templateRows(templates)]),
    markdownTable([costHead, ...costRows(templates)]),
  ];
}

export const tenantsNote =
  'Secrets are what each guest told of itself. The file behind guest RAM is the device and inode of its mapping in QEMU; while several are alive together, a proportional share (PSS) below what is resident (RSS) says that its pages are shared. Clones of two tenants can share a page only where they map the same file.';
