/** What a reader must know before the first figure: an unfinished run, an emulated guest. */
import { describeKvmSpeed } from '../../host/kvm-speed.js';
import type { RunRecord } from '../../results/record.js';
import { emulatedAdvice, emulatedGuests, emulatedTitle } from '../emulation.js';
import { plural } from './figures.js';
import { markup, type Markup, type Part } from './markup.js';
import type { ReportData } from './report-data.js';

/** Empty for a complete run on a host that runs guests natively. */
export function banners({ record }: ReportData, recorded: number): Markup {
  return markup`${incompleteBanner(record, recorded)}${emulatedBanner(record)}${unknownSpeedBanner(record)}`;
}

function incompleteBanner(record: RunRecord, recorded: number): Markup | undefined {
  const { state, plannedStarts } = record;
  if (state === 'complete' && recorded === plannedStarts) return undefined;
  const counts = `${recorded} of its ${plural(plannedStarts, 'planned start')} ${recorded === 1 ? 'was' : 'were'} recorded`;
  const title =
    state === 'complete' ? 'This run does not add up' : `This run is not complete: it is ${state}`;
  const advice =
    state === 'complete'
      ? 'samples.csv was changed after the run; do not use these figures.'
      : 'The figures below are preliminary: run it again, or let it finish, before you quote them.';
  return banner('bad', title, `${counts}. ${advice}`);
}

function emulatedBanner(record: RunRecord): Markup | undefined {
  const found = emulatedGuests(record);
  if (found.length === 0) return undefined;
  const { cells, host } = record;
  const lines = found.map(
    ({ guests, how }) => markup`<li><b>${guests.join(', ')}</b>: ${how}.</li>`,
  );
  const measured = cells.some(({ accel }) => accel === 'kvm')
    ? markup`<p>${describeKvmSpeed(host.kvm)}.</p>`
    : undefined;
  return banner(
    'caution',
    emulatedTitle,
    markup`<ul>${lines}</ul>${measured}<p>${emulatedAdvice}</p>`,
  );
}

/** Whether a module of KVM emulates cannot be told from its name; only a measurement tells. */
function unknownSpeedBanner({ cells, host }: RunRecord): Markup | undefined {
  if (host.kvm.state === 'measured' || !cells.some(({ accel }) => accel === 'kvm')) {
    return undefined;
  }
  const text = `${describeKvmSpeed(host.kvm)}. The guests may have been emulated: take no figure of them for that of hardware.`;
  return banner('caution', 'It is not known how fast KVM runs guests here', text);
}

function banner(kind: 'bad' | 'caution', title: string, text: Part): Markup {
  const sign = kind === 'bad' ? '✖' : '⚠';
  return markup`<section class="banner ${kind}" aria-label="${title}"><h2><span aria-hidden="true">${sign}</span> ${title}</h2><div>${text}</div></section>`;
}
