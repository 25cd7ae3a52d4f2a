/** Guests' kernels side by side: their facts, and what tells their configurations apart. */
import type { ConfigDifference, ConfigOption } from '../prepare/kernels/config.js';
import { alignedTable } from './ladder.js';

/** What is known of one guest's kernel, in the order it is shown. */
export interface KernelFacts {
  readonly name: string;
  readonly facts: readonly (readonly [what: string, value: string])[];
}

/** The facts of one kernel, or of several with one column each. */
export function kernelFactsText(kernels: readonly KernelFacts[]): string {
  const names = [...new Set(kernels.flatMap(({ facts }) => facts.map(([what]) => what)))];
  const valueOf = ({ facts }: KernelFacts, name: string) =>
    facts.find(([what]) => what === name)?.[1] ?? '-';
  const rows = names.map((name) => [name, ...kernels.map((kernel) => valueOf(kernel, name))]);
  const head = ['', ...kernels.map(({ name }) => name)];
  return `${alignedTable([head, ...rows])}\n`;
}

/** Options nobody chooses: what architecture and compiler can do. */
const ability = /^(ARCH|AS|CC|CLANG|GCC|GENERIC|HAVE|LD|PAHOLE|RUSTC|TOOLS)_/;

/** Options of one kernel alone are listed, those with two values compared. */
export function configDifferenceText(
  [first = '', second = '']: readonly string[],
  { onlyFirst, onlySecond, changed, same }: ConfigDifference,
  columns: number,
): string {
  const chosen = changed.filter(({ name }) => !ability.test(name));
  const others = chosen.map(({ name, first: a, second: b }) => [`  ${name}`, a, b]);
  const hidden = [...changed, ...onlyFirst, ...onlySecond].filter(({ name }) => ability.test(name));
  const parts = [
    `${same} options are the same in both. Not shown: ${hidden.length} that only say what architecture and compiler can do.`,
    ...(chosen.length === 0
      ? []
      : [
          `${chosen.length} have another value:\n${alignedTable([['  option', first, second], ...others])}`,
        ]),
    ...onlyText(first, onlyFirst, columns),
    ...onlyText(second, onlySecond, columns),
  ];
  return `${parts.join('\n\n')}\n`;
}

function onlyText(
  kernel: string,
  options: readonly ConfigOption[],
  columns: number,
): readonly string[] {
  const chosen = options.filter(({ name }) => !ability.test(name));
  const kinds = [
    ['built in', chosen.filter(({ value }) => value === 'y').map(({ name }) => name)],
    ['as modules', chosen.filter(({ value }) => value === 'm').map(({ name }) => name)],
    [
      'with a value',
      chosen
        .filter(({ value }) => value !== 'y' && value !== 'm')
        .map(({ name, value }) => `${name}=${value}`),
    ],
  ] as const;
  return kinds
    .filter(([, names]) => names.length > 0)
    .map(
      ([kind, names]) => `${names.length} only in ${kernel}, ${kind}:\n${wrapped(names, columns)}`,
    );
}

/** Words on indented lines of at most so many columns. */
function wrapped(words: readonly string[], columns: number): string {
  const lines: string[] = [];
  let line = ' ';
  for (const word of words) {
    if (line !== ' ' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}
