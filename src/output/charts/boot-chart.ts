/** Stacked bars: where the time of each traced boot goes, from the first instruction to PID 1. */
import { bootStageNames, bootStages, notAttributed } from '../../boot-stages.js';
import { accelLabel } from '../../results/record.js';
import type { StoredRun } from '../../results/run-folder.js';
import { bootFindings } from '../boot/findings.js';
import { colour, draw } from './canvas.js';
import type { Chart } from './charts.js';
import { stacked } from './stage-chart.js';

export function bootCharts(run: StoredRun): readonly Chart[] {
  const findings = bootFindings(run);
  if (findings.length === 0) return [];
  const parts = [...bootStageNames, 'rest' as const]
    .filter((name) => findings.some((finding) => finding.parts.some((one) => one.name === name)))
    .map((name) => ({
      label: name === 'rest' ? notAttributed.title : bootStages[name].title,
      ms: findings.map((finding) => finding.parts.find((one) => one.name === name)?.ms ?? 0),
      colour: colour(name === 'rest' ? bootStageNames.length : bootStageNames.indexOf(name)),
    }));
  const labels = findings.map(({ label, cell }) => [
    label,
    accelLabel(cell.accel, run.record.host.kvm),
  ]);
  const title = 'Where a boot’s time goes: from the first instruction to PID 1';
  const text = 'Median of each stage of boots that were traced.';
  const configuration = stacked(title, text, labels, parts, 'the first instruction');
  return [{ name: 'boot.png', title, png: draw(configuration, findings.length) }];
}
