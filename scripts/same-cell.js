/**
 * node scripts/same-cell.js RUN: how often the Mann-Whitney test at 95 % tells a cell from itself.
 *
 * The first cell of a run of scenarios/same-cell.yaml is cut into blocks of 80 consecutive starts.
 * Each block is split into two sides of 40 twice: dealt out by a seeded shuffle, as starts of two
 * cells that are interleaved, and into its first and its second half, as two cells measured one
 * after the other. One test in twenty may flag a difference by chance.
 */
import { mannWhitney } from '../dist/statistics/mann-whitney.js';
import { createRandom } from '../dist/statistics/random.js';
import { readRun } from '../dist/results/run-folder.js';

const alpha = 0.05;
const side = 40;

const [folder, seed = '1'] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/same-cell.js RUN [SEED]');
  process.exit(2);
}
const { samples } = await readRun(folder);
const measured = samples.filter(({ phase }) => phase === 'measure');
const starts = measured.filter(({ cell, state }) => cell === measured[0].cell && state === 'ok');
const readyMs = starts.map((sample) => Number(sample.ready_ms));
const blocks = Array.from({ length: Math.floor(readyMs.length / (2 * side)) }, (_, index) =>
  readyMs.slice(index * 2 * side, (index + 1) * 2 * side),
);
const random = createRandom(Number(seed));

const halves = (values) => [values.slice(0, side), values.slice(side)];
const flagged = (split) => blocks.filter((block) => mannWhitney(...split(block)).p < alpha).length;
console.log(
  `${measured.length} starts, ${measured.length - starts.length} failed or of other cells`,
);
console.log(
  `dealt out at random: ${flagged((b) => halves(random.shuffle(b)))} of ${blocks.length} flagged`,
);
console.log(`one after the other: ${flagged(halves)} of ${blocks.length} flagged`);
