/** What one template for each tenant costs: the time to make it, and the memory its RAM takes. Pure. */
import type { RecordedTemplate } from '../../results/record.js';

export interface TemplatesCost {
  readonly templates: number;
  /** Undefined where nobody noted it for one of them. */
  readonly madeMs: number | undefined;
  /** Memory that their RAM files take: once for all clones of a template. */
  readonly residentBytes: number;
  readonly ramBytes: number;
  readonly stateBytes: number;
}

/** Of the first 1, 2, 4, ... templates, and of all. */
export function templatesCosts(templates: readonly RecordedTemplate[]): readonly TemplatesCost[] {
  const counts: number[] = [];
  for (let count = 1; count < templates.length; count *= 2) counts.push(count);
  if (templates.length > 0) counts.push(templates.length);
  return counts.map((count) => costOf(templates.slice(0, count)));
}

function costOf(templates: readonly RecordedTemplate[]): TemplatesCost {
  const sum = (of: (template: RecordedTemplate) => number) =>
    templates.reduce((total, template) => total + of(template), 0);
  const noted = templates.every(({ madeMs }) => madeMs !== undefined);
  return {
    templates: templates.length,
    madeMs: noted ? sum(({ madeMs = 0 }) => madeMs) : undefined,
    residentBytes: sum(({ residentBytes }) => residentBytes),
    ramBytes: sum(({ ramBytes }) => ramBytes),
    stateBytes: sum(({ stateBytes }) => stateBytes),
  };
}
