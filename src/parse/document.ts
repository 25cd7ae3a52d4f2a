/**
 * A YAML file checked against a schema, with errors that say
 * `file:line:col: what, expected, got`. One error a problem, at the node it is about.
 */
import { closest, distance } from 'fastest-levenshtein';
import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';

import { UsageError } from '../errors.js';

type Path = readonly PropertyKey[];

export class CheckedDocument<T> {
  private constructor(
    readonly value: T,
    readonly file: string,
    private readonly document: Document.Parsed,
    private readonly lines: LineCounter,
    private readonly schema: z.ZodType,
  ) {}

  /**
   * @param file name for messages
   * @throws UsageError with the position of the first problem
   */
  static parse<Schema extends z.ZodType>(
    text: string,
    file: string,
    schema: Schema,
  ): CheckedDocument<z.output<Schema>> {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const [syntax] = document.errors;
    if (syntax !== undefined) {
      const { line, col } = lines.linePos(syntax.pos[0]);
      throw new UsageError(`${file}:${line}:${col}: ${lowerFirst(syntax.message)}`);
    }
    const value: unknown = document.toJS();
    const result = schema.safeParse(value);
    const checked = new CheckedDocument(result.data, file, document, lines, schema);
    if (result.success) return checked as CheckedDocument<z.output<Schema>>;
    const [issue] = result.error.issues;
    if (issue === undefined) throw new UsageError(`${file}: not valid`);
    throw checked.#errorOf(issue, value);
  }

  /** `file:line:col` of the node at this path, or of its nearest parent that exists. */
  at(path: Path): string {
    for (let length = path.length; length > 0; length--) {
      const node = this.document.getIn(path.slice(0, length), true);
      const range = (node as { range?: readonly number[] } | undefined)?.range;
      if (range?.[0] !== undefined) return this.#position(range[0]);
    }
    return this.#position(0);
  }

  /** An error at a node of this file. */
  error(path: Path, message: string): UsageError {
    return new UsageError(`${this.at(path)}: ${message}`);
  }

  #position(offset: number): string {
    const { line, col } = this.lines.linePos(offset);
    return `${this.file}:${line || 1}:${col || 1}`;
  }

  #errorOf(issue: z.core.$ZodIssue, root: unknown): UsageError {
    const { path, issue: deepest } = innermost(issue);
    if (deepest.code === 'unrecognized_keys') return this.#unknownKey(path, deepest.keys[0] ?? '');
    const name = [...path].reverse().find((part) => typeof part === 'string') ?? 'the file';
    const got = valueAt(root, path);
    if (got === undefined) return this.error(path.slice(0, -1), `"${name}" is missing`);
    return this.error(path, `"${name}" must be ${expectation(deepest, got)}, got ${show(got)}`);
  }

  #unknownKey(path: Path, key: string): UsageError {
    const map = path.length === 0 ? this.document.contents : this.document.getIn(path, true);
    const pair = isMap(map)
      ? map.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
      : undefined;
    const offset = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    const where = offset === undefined ? this.at(path) : this.#position(offset);
    const hint = didYouMean(key, keysAt(this.schema, path));
    return new UsageError(`${where}: unknown key "${key}"${hint}`);
  }
}

/** ` (did you mean "x"?)` when something known is near. */
export function didYouMean(got: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const best = closest(got, known);
  return distance(got, best) <= Math.max(2, best.length / 3) ? ` (did you mean "${best}"?)` : '';
}

/** The issue inside a union that speaks of the branch the user meant. */
function innermost(issue: z.core.$ZodIssue): { path: Path; issue: z.core.$ZodIssue } {
  let path: Path = issue.path;
  let current = issue;
  while (current.code === 'invalid_union') {
    const branches = current.errors.flatMap((errors) => errors.slice(0, 1));
    const meant = branches.find(
      (branch) => !(branch.code === 'invalid_type' && branch.path.length === 0),
    );
    const next = meant ?? branches[0];
    if (next === undefined) break;
    path = [...path, ...next.path];
    current = next;
  }
  return { path, issue: current };
}

function expectation(issue: z.core.$ZodIssue, got: unknown): string {
  switch (issue.code) {
    case 'invalid_value': {
      const values = issue.values.map(String);
      return `one of ${values.join(', ')}${typeof got === 'string' ? didYouMean(got, values) : ''}`;
    }
    case 'invalid_type':
      return plainTypes[issue.expected] ?? issue.expected;
    case 'too_small':
      return issue.origin === 'array'
        ? 'a list with at least one entry'
        : `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

const plainTypes: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
};

/** The keys a map at this path may have. */
function keysAt(schema: unknown, path: Path): readonly string[] {
  if (schema instanceof z.ZodUnion) {
    return schema.options.flatMap((option) => keysAt(option, path));
  }
  if (
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodOptional
  ) {
    return keysAt(schema.unwrap(), path);
  }
  const [key, ...rest] = path;
  if (schema instanceof z.ZodArray) return keysAt(schema.element, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  return key === undefined ? Object.keys(schema.shape) : keysAt(schema.shape[String(key)], rest);
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    root,
  );
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
