/** Bursts, VMs kept alive and rates: tables, and a line for each against time or number. */
import type { StoredRun } from '../../results/run-folder.js';
import type { Summary } from '../../summarise.js';
import { warningText } from '../../warnings.js';
import { burstFamilies, type BurstFamily } from '../bursts.js';
import {
  densityCharts,
  densityFamilies,
  densityMeasures,
  type DensityChart,
} from '../densities.js';
import { rateCharts } from '../rate-lines.js';
import { kernelUnknown, togetherTables, type TogetherTable } from '../together-tables.js';
import { at, figure, scaleOf, top } from './curves.js';
import { ecdf } from './ecdf.js';
import { markup, type Markup } from './markup.js';
import { rateFigure } from './rate-figure.js';
import { linearScale } from './scale.js';
import { table } from './tables.js';

/** Undefined for a run that starts VMs by themselves. */
export function togetherSection(run: StoredRun, summary: Summary): Markup | undefined {
  const tables = togetherTables(run, summary);
  if (tables.length === 0) return undefined;
  const bursts = burstFamilies(summary, run.samples).map(burstFigure);
  const families = densityFamilies(run.density ?? []);
  const densities = densityCharts(families, ['privateDirty', 'pss', 'available']).map(
    densityFigure,
  );
  return markup`<section id="together" aria-labelledby="together-title"><h2 id="together-title">Many at once</h2>
${tables.map(tableOf)}${unknown(run)}${failures(summary)}
<div class="pair">${bursts}${densities}${rateCharts(run).map(rateFigure)}</div></section>`;
}

function tableOf({ title, rows: [head = [], ...rows], note }: TogetherTable): Markup {
  return markup`${table({ caption: title, head, rows })}<p class="note">${note.replaceAll('*', '')}</p>`;
}

function unknown(run: StoredRun): Markup | undefined {
  const why = kernelUnknown(run);
  return why === undefined ? undefined : markup`<p class="note">The cgroup’s ${why}.</p>`;
}

function failures({ cells }: Summary): Markup | undefined {
  const items = cells.flatMap((cell) =>
    cell.warnings
      .filter(({ kind }) => kind === 'failures')
      .map((found) => markup`<li><b class="id">${cell.id}</b>: ${warningText(found)}.</li>`),
  );
  return items.length === 0 ? undefined : markup`<ul class="warnings">${items}</ul>`;
}

function burstFigure({ key, bursts }: BurstFamily): Markup | undefined {
  const shown = bursts.filter(({ readyMs }) => readyMs.length > 0);
  const x = scaleOf(shown.flatMap(({ readyMs }) => readyMs));
  if (x === undefined) return undefined;
  const percents = [0, 25, 50, 75, 100];
  const ticks = percents.map((value) => ({ value: value / 100, label: `${value} %`, major: true }));
  const curves = shown.map(({ concurrency, readyMs }) => {
    const steps = ecdf(readyMs).map(({ value, fraction }) => `H${at(x, value)}V${top(fraction)}`);
    return { label: `${concurrency} at once`, path: `M0 1000${steps.join('')}H1000` };
  });
  const y = { ...linearScale(0, 1), ticks };
  return figure(`Bursts, ${key}: part of the VMs that was ready by a time`, curves, x, y, {
    axis: 'ms from the common start to ready, log scale',
  });
}

function densityFigure({ machine, measure, lines }: DensityChart): Markup | undefined {
  const points = lines.flatMap((line) => line.points);
  const x = scaleOf(points.map((point) => point.x));
  if (x === undefined) return undefined;
  let [low, high] = [0, 1];
  for (const point of points) [low, high] = [Math.min(low, point.y), Math.max(high, point.y)];
  const y = linearScale(low, high * 1.05);
  const curves = lines.map(({ label, points: own }) => {
    const places = own.map((point) => `${at(x, point.x)} ${top(y.at(point.y))}`);
    return { label, path: places.length === 0 ? '' : `M${places.join('L')}` };
  });
  const { title, holds } = densityMeasures[measure];
  return figure(`${title}, MiB for each VM, ${machine}: ${holds}`, curves, x, y, {
    axis: 'VMs alive at once, log scale',
  });
}
