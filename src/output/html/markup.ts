/**
 * Markup that is safe by construction: a template whose values are escaped unless they are markup
 * themselves. Names, failures and logs of a run are written by others and may hold anything.
 */

/** Text that is known to be well-formed markup. Only {@link markup} and {@link trusted} make it. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What a template takes: an undefined value leaves nothing, a list its parts. */
export type Part = Markup | string | number | undefined | readonly Part[];

/** Escapes every value that is not markup. Attribute values must stand in double quotes. */
export function markup(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  const text = strings.map((literal, index) => literal + textOf(values[index]));
  return new Markup(text.join(''));
}

/** Our own constants, such as the style sheet. Never anything that comes from a run. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

/** Text for an element's content or a quoted attribute. */
export function escapeText(text: string): string {
  return withoutControls(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** JSON inside a script element: nothing in it can end the element or start a comment. */
export function scriptJson(value: unknown): Markup {
  const json = JSON.stringify(value);
  return new Markup(json.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e'));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function textOf(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string') return escapeText(part);
  if (typeof part === 'number') return String(part);
  return part.map(textOf).join('');
}

/** A guest's console may hold any byte; HTML forbids most controls, and colours mean nothing here. */
function withoutControls(text: string): string {
  return text
    .replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, '')
    .replaceAll(/[\0-\b\v\f\u000e-\u001f]/g, '\ufffd');
}
