/** The words of an error about a value: what was expected, what was got, what may have been meant. */
import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';

type Path = readonly PropertyKey[];

/** Completes `"key" must be ...`. What a schema says of itself takes precedence over this. */
export const expectation: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_value': {
      const values = issue.values.map(String);
      const hint = typeof issue.input === 'string' ? didYouMean(issue.input, values) : '';
      return `one of ${values.join(', ')}${hint}`;
    }
    case 'invalid_type':
      return plainTypes[issue.expected] ?? issue.expected;
    case 'too_small':
      return leastOf[issue.origin] ?? `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'invalid_union':
      return unsaid;
    default:
      return undefined;
  }
};

/** The message of a union that leaves it to its branches. */
const unsaid = '';

const plainTypes: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
};

const leastOf: Readonly<Record<string, string>> = {
  array: 'a list with at least one entry',
  string: 'text that is not empty',
};

/** The problem to speak of: an unknown key first, because a key that is missing may be that one. */
export function firstIssue(issues: readonly z.core.$ZodIssue[]): {
  readonly path: Path;
  readonly issue: z.core.$ZodIssue;
} {
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) throw new Error('a value without a problem was refused');
  if (issue.code !== 'invalid_union' || issue.message !== unsaid)
    return { path: issue.path, issue };
  const branches = issue.errors.map(firstIssue);
  const [meant = { path: [], issue }] = branches.sort((a, b) => nearness(b) - nearness(a));
  return { path: [...issue.path, ...meant.path], issue: meant.issue };
}

/** How near a branch of a union is to what the user wrote: 0 when not even its type is right. */
function nearness({ path, issue }: ReturnType<typeof firstIssue>): number {
  const wrongKind = ['invalid_type', 'invalid_value', 'invalid_union'].includes(issue.code);
  return path.length + (wrongKind ? 0 : 1);
}

/** ` (did you mean "x"?)` when something known is near. */
export function didYouMean(got: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const best = closest(got, known);
  return distance(got, best) <= Math.max(2, best.length / 3) ? ` (did you mean "${best}"?)` : '';
}

/** A value as an error shows it, on one line. */
export function show(value: unknown): string {
  if (value === null) return 'nothing';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
