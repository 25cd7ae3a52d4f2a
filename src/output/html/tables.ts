/** Tables that scroll by themselves where the page is too narrow for them. */
import { markup, type Markup, type Part } from './markup.js';

export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  /** The first of each row is its heading. */
  readonly rows: readonly (readonly Part[])[];
}

export function table({ caption, head, rows }: Table): Markup {
  const heads = head.map((text, column) =>
    rows.every((parts) => isFigure(parts[column]))
      ? markup`<th scope="col" class="number">${text}</th>`
      : markup`<th scope="col">${text}</th>`,
  );
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption><thead><tr>${heads}</tr></thead><tbody>${rows.map(row)}</tbody></table></div>`;
}

/** Two columns without a head, for what is looked up by name. */
export function nameTable(caption: string, rows: readonly (readonly [Part, Part])[]): Markup {
  const lines = rows.map(
    ([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
  );
  return markup`<table class="names"><caption>${caption}</caption><tbody>${lines}</tbody></table>`;
}

function row([name, ...rest]: readonly Part[]): Markup {
  const cells = rest.map((part) =>
    isFigure(part) ? markup`<td class="number">${part}</td>` : markup`<td>${part}</td>`,
  );
  return markup`<tr><th scope="row">${name}</th>${cells}</tr>`;
}

/** A number with what may follow it, or the dash that stands for one. */
function isFigure(part: Part): boolean {
  if (typeof part !== 'string') return false;
  return /^(?:[-+]?[\d.]+(?: %| \[[-+\d., ]+\])?|[-–]|about \d+)$/.test(part);
}
