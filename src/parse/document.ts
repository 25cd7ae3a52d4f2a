/**
 * A YAML file checked against a schema, with errors that say
 * `file:line:col: what, expected, got`. One error a problem, at the node it is about.
 */
import {
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type YAMLError,
} from 'yaml';
import { z } from 'zod';

import { messageOf, UsageError } from '../errors.js';
import { didYouMean, expectation, firstIssue, show } from './message.js';

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
    const plain = text.replace(/^\ufeff/, '');
    const document = parseDocument(plain, { lineCounter: lines, prettyErrors: false });
    const checked = new CheckedDocument(undefined, file, document, lines, schema);
    const value = checked.#plainValue(plain);
    const result = schema.safeParse(value, { error: expectation });
    if (!result.success) throw checked.#errorOf(result.error.issues, value);
    return new CheckedDocument(result.data, file, document, lines, schema);
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

  #errorAt(offset: number | undefined, message: string): UsageError {
    return new UsageError(`${this.#position(offset ?? 0)}: ${message}`);
  }

  /** The file's content as plain data: a tree of lists and of maps with plain keys. */
  #plainValue(text: string): unknown {
    const [syntax] = [...this.document.errors, ...this.document.warnings];
    if (syntax !== undefined) throw this.#errorAt(syntax.pos[0], syntaxMessage(syntax, text));
    visit(this.document, {
      Alias: (_key, alias, parents) => {
        const target = alias.resolve(this.document);
        if (target !== undefined && !parents.includes(target)) return;
        const problem = target === undefined ? 'refers to no anchor before it' : 'contains itself';
        throw this.#errorAt(alias.range?.[0], `the alias "*${alias.source}" ${problem}`);
      },
      Pair: (_key, { key }) => {
        if (isScalar(key) && (key.value === null || typeof key.value !== 'object')) return;
        throw this.#errorAt((key as Node | null)?.range?.[0], 'a key must be text');
      },
    });
    try {
      return this.document.toJS() as unknown;
    } catch (error) {
      // A few aliases of aliases can stand for more data than there is memory.
      throw this.#errorAt(0, `the file cannot be used: ${lowerFirst(messageOf(error))}`);
    }
  }

  #errorOf(issues: readonly z.core.$ZodIssue[], root: unknown): UsageError {
    const { path, issue } = firstIssue(issues);
    if (issue.code === 'unrecognized_keys') return this.#unknownKey(path, issue.keys[0] ?? '');
    const got = valueAt(root, path);
    const name = nameOf(path);
    if (got === undefined) return this.error(path, `${name} is missing`);
    return this.error(path, `${name} must be ${issue.message}, got ${show(got)}`);
  }

  #unknownKey(path: Path, key: string): UsageError {
    const map = path.length === 0 ? this.document.contents : this.document.getIn(path, true);
    const pair = isMap(map)
      ? map.items.find((item) => isPair(item) && isScalar(item.key) && keyOf(item.key) === key)
      : undefined;
    const offset = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    const where = offset === undefined ? this.at(path) : this.#position(offset);
    const hint = didYouMean(key, keysAt(this.schema, path));
    return new UsageError(`${where}: unknown key ${show(key)}${hint}`);
  }
}

/** What a message calls the value at this path. */
function nameOf(path: Path): string {
  const key = path.findLast((part) => typeof part === 'string');
  if (key === undefined) return 'the file';
  return path.at(-1) === key ? `"${key}"` : `an entry of "${key}"`;
}

function keyOf({ value }: { readonly value: unknown }): string {
  if (typeof value === 'string') return value;
  return value === null ? '' : JSON.stringify(value);
}

function syntaxMessage({ code, message, pos }: YAMLError, text: string): string {
  switch (code) {
    case 'DUPLICATE_KEY': {
      const key = /^[^\s:,]+/.exec(text.slice(pos[0]))?.[0].replaceAll(/^["']|["']$/g, '') ?? '';
      return `the key "${key}" is already given above`;
    }
    case 'MULTIPLE_DOCS':
      return 'the file must be one YAML document, got a second one';
    default:
      return lowerFirst(message).replaceAll(/\s+/g, ' ');
  }
}

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
  if (schema instanceof z.ZodPipe) return keysAt(schema.in, path);
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

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
