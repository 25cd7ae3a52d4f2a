/** `basepoint calibrate`: how precise the observer is, and the short calibration of a run. */
import { takeCalibration } from '../calibrate/calibrate.js';
import type { Calibration } from '../calibrate/entry.js';
import { fullProbes, shortProbes } from '../calibrate/probes.js';
import { calibrationTable, unmeasuredLines } from '../calibrate/show.js';
import { plainLaunch, toolsOf } from '../calibrate/tools.js';
import type { Context } from '../context.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { hostFingerprint } from '../host/facts.js';
import { qemuName } from '../host/qemu.js';
import { startOnce } from '../measure/start-once.js';
import type { StartSpec } from '../measure/start.js';
import { sequences } from '../measure/sequences.js';
import { alignedTable } from '../output/ladder.js';
import { readGuests, type DeclaredGuest } from '../parse/guests.js';
import { pathOrName } from '../parse/path-or-name.js';
import { parseScenario } from '../parse/scenario.js';
import type { Cell, Plan } from '../plan/cell.js';
import { plan } from '../plan/plan.js';
import { libraryEnvironment } from '../prepare/base-point.js';
import { Cache } from '../prepare/cache.js';
import { prepare, type Artifacts, type CellArtifacts } from '../prepare/prepare.js';
import { survey, type Survey } from '../prepare/survey.js';
import { qemuArguments } from '../qemu/command.js';
import { Machine, type Launch } from '../qemu/machine.js';
import type { TierName } from '../tiers.js';

const runLimitMs = 3000;
const commandLimitMs = 60_000;

export async function calibrateCommand(
  options: { readonly json: boolean; readonly qemu: string | undefined },
  context: Context,
): Promise<ExitCode> {
  const qemu = options.qemu === undefined ? qemuName : pathOrName(options.qemu, context.cwd);
  await using tiny = await TinyCells.survey(qemu, context);
  const probes = fullProbes({
    tools: toolsOf(context),
    qemu: () => tiny.qemu(),
    base: async () => baseOf((await tiny.made('fork-loaded')).artifacts),
    coldStart: async (preloaded, signal) => {
      // A QEMU that does not load the library would never answer its channel.
      if (preloaded) await tiny.made('fork-loaded');
      return coldStart(await tiny.made('cold'), preloaded, context, signal);
    },
  });
  const calibration = await takeCalibration(probes, context.signal, commandLimitMs);
  context.stdout.write(
    options.json ? `${JSON.stringify(calibration, null, 2)}\n` : calibrationText(calibration),
  );
  return exitCodes.fine;
}

function calibrationText({ entries }: Calibration): string {
  const table = alignedTable(calibrationTable(entries));
  return `${[table, ...unmeasuredLines(entries), '', 'Times in ms.'].join('\n')}\n`;
}

/** The short calibration at the start of a run, with what the run has prepared. */
export function calibrateRun({ cells }: Artifacts, context: Context): Promise<Calibration> {
  const made = [...cells.values()];
  const cloned = made.filter(({ basePoint }) => basePoint !== undefined);
  const chosen = cloned.find(({ guest }) => guest.name === 'tiny') ?? cloned[0];
  const probes = shortProbes({
    tools: toolsOf(context, made[0]?.cpus),
    qemu: () => {
      const [first] = made;
      if (first === undefined)
        throw new Error('nothing could be prepared for any cell of this run');
      return first.qemu.binary;
    },
    base: () => baseOf(chosen),
  });
  return takeCalibration(probes, context.signal, runLimitMs);
}

async function baseOf(artifacts: CellArtifacts | undefined): Promise<Machine> {
  if (artifacts?.basePoint === undefined) throw new Error('no cell of this run is cloned');
  return artifacts.basePoint.current(artifacts.basePoint.tenant);
}

interface MadeCell {
  readonly cell: Cell;
  readonly artifacts: CellArtifacts;
}

/** As a scenario has it, so that the host is judged and all is prepared as for a run. */
const tinyScenario = `name: calibration
timeout: 5s
matrix:
  - { guest: tiny, tier: [cold, fork-loaded], accel: auto, machine: microvm, firmware: qboot, memory: 32M }
`;

/** Cells of the tiny guest, prepared when they are first asked for. */
class TinyCells implements AsyncDisposable {
  readonly #made = new Map<TierName, Promise<MadeCell>>();
  readonly #artifacts: Artifacts[] = [];

  private constructor(
    private readonly name: string,
    private readonly plan: Plan,
    private readonly guests: readonly DeclaredGuest[],
    private readonly surveyed: Survey,
    private readonly cache: Cache,
    private readonly context: Context,
  ) {}

  static async survey(qemu: string, context: Context): Promise<TinyCells> {
    const guests = await readGuests(context.home);
    const names = guests.map(({ name }) => name);
    const scenarios = [parseScenario(tinyScenario, 'calibration', context.cwd, names)];
    const cache = await Cache.open(context);
    const options = { qemu: [qemu] };
    const surveyed = await survey(scenarios, guests, options, cache, context);
    const planned = plan(scenarios, guests, surveyed.host, options);
    return new TinyCells(qemu, planned, guests, surveyed, cache, context);
  }

  /** @throws Error with what is wrong with it */
  qemu(): string {
    const found = this.surveyed.host.qemus.get(this.name);
    if (found?.state === 'usable') return found.qemu.binary;
    throw new Error(`${this.name} cannot be used: ${found?.why ?? 'it was not found'}`);
  }

  /** @throws Error with why this host cannot run it */
  made(tier: TierName): Promise<MadeCell> {
    const known = this.#made.get(tier) ?? this.#make(tier);
    this.#made.set(tier, known);
    return known;
  }

  async #make(tier: TierName): Promise<MadeCell> {
    const cell = this.plan.cells.find((one) => one.tier === tier);
    if (cell === undefined) {
      const skipped = this.plan.skipped.find((one) => one.cell.tier === tier);
      throw new Error(skipped?.because ?? 'this host cannot run the tiny guest');
    }
    const { host, facts } = this.surveyed;
    const [one, identity] = [{ ...this.plan, cells: [cell] }, hostFingerprint(facts)];
    const note = () => undefined;
    const made = await prepare(one, this.guests, host, identity, this.cache, this.context, note);
    this.#artifacts.push(made);
    const artifacts = made.cells.get(cell.id);
    if (artifacts === undefined) throw new Error(made.failed.get(cell.id)?.failure);
    return { cell, artifacts };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#made.values());
    for (const made of this.#artifacts) await made[Symbol.asyncDispose]();
  }
}

/** The same start with and without the library: its `ready` in ms. */
async function coldStart(
  { cell, artifacts }: MadeCell,
  preloaded: boolean,
  context: Context,
  signal: AbortSignal,
): Promise<number> {
  const plain = plainLaunch(
    toolsOf(context),
    artifacts.qemu.binary,
    qemuArguments(artifacts.spec, 'cold'),
  );
  const launch = preloaded ? withLibrary(plain, context) : plain;
  const { qemuVersion, workingSetMiB, timeoutMs } = cell;
  const spec: StartSpec = {
    ...{ tier: 'cold', qemuVersion, workingSetMiB, timeoutMs, identity: 'seed', observeMs: 0 },
    traced: undefined,
    ramMiB: 0,
    proof: { nonce: 0n, counter: 1 },
    frames: artifacts.spec.frames,
    prepare: () => Promise.resolve((listener) => Machine.spawn(() => launch, listener)),
  };
  const outcome = await startOnce(spec, sequences.cold, signal);
  if (outcome.state === 'failed') throw new Error(outcome.failure);
  return outcome.marks.ready ?? NaN;
}

function withLibrary(launch: Launch, { home }: Context): Launch {
  return { ...launch, env: { ...launch.env, ...libraryEnvironment(home) }, control: true };
}
