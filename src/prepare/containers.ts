/** Everything a container's start needs, and whether a runtime can start one here at all. */
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { ContainerMaker, type ContainerProgram } from '../container/maker.js';
import { findRuntime, type FoundRuntime, type Runtime } from '../container/runtime.js';
import type { Context } from '../context.js';
import { messageOf } from '../errors.js';
import { sha256Of } from '../host/qemu.js';
import { guestCodes } from '../marks.js';
import { Dialogue, within } from '../qemu/dialogue.js';
import { goFrame } from '../qemu/frames.js';
import type { RuntimeName } from '../tiers.js';
import { contentKey, type Cache } from './cache.js';
import { compile, containerProgram, programInputs } from './compile.js';

const programName = 'init';
/** The folders a runtime mounts upon; it would make them in the cache itself. */
const mountPoints = ['proc', 'dev', 'sys'];
const trialMiB = 32;
const trialLimitMs = 10_000;

/** @throws EnvironmentError with the compiler's words */
export async function readyProgram(cache: Cache, context: Context): Promise<ContainerProgram> {
  const inputs = await programInputs(containerProgram, context);
  const { path } = await cache.folder('containers', contentKey(inputs), async (folder) => {
    const rootfs = join(folder, 'rootfs');
    for (const name of mountPoints) await mkdir(join(rootfs, name), { recursive: true });
    await compile(containerProgram, join(rootfs, programName), context);
    await chmod(join(rootfs, programName), 0o755);
  });
  const rootfs = join(path, 'rootfs');
  return { rootfs, path: `/${programName}`, sha256: await sha256Of(join(rootfs, programName)) };
}

/** Looks for each of these runtimes and starts one container with it. Never throws for a runtime. */
export async function findRuntimes(
  names: readonly RuntimeName[],
  cache: Cache,
  context: Context,
): Promise<ReadonlyMap<RuntimeName, FoundRuntime>> {
  const found = new Map<RuntimeName, FoundRuntime>();
  for (const name of names) {
    const one = await findRuntime(name, context.env['PATH'] ?? '', context.uid);
    found.set(name, one.state === 'usable' ? await tried(one.runtime, cache, context) : one);
  }
  return found;
}

async function tried(runtime: Runtime, cache: Cache, context: Context): Promise<FoundRuntime> {
  try {
    const program = await readyProgram(cache, context);
    await using maker = await ContainerMaker.create(runtime, program, context);
    await startOne(maker, context.signal);
    return { state: 'usable', runtime };
  } catch (error) {
    context.signal.throwIfAborted();
    const { name, version } = runtime;
    const why = `${version} cannot start a container here: ${messageOf(error)}`;
    return { state: 'unusable', name, why };
  }
}

/** What does not concern a container. */
const untold = { hwrng: false, observeMs: 0, log: false } as const;

/** @throws Error with what the runtime said last */
async function startOne(maker: ContainerMaker, signal: AbortSignal): Promise<void> {
  const begin = await maker.prepare(trialMiB);
  const dialogue = new Dialogue();
  await using container = begin(dialogue);
  const worked = dialogue.wait(guestCodes.WORK);
  const go = { identity: 1n, seed: Buffer.alloc(32), reseed: false, workingSetMiB: 0, ...untold };
  container.sendToGuest(goFrame(go, 'long'));
  const limit = AbortSignal.any([signal, AbortSignal.timeout(trialLimitMs)]);
  try {
    await within(container, worked, limit);
  } catch (error) {
    const [first = ''] = messageOf(error).split('\n');
    const said = container.stderr.trim().split('\n').at(-1) ?? '';
    throw new Error(said === '' ? first : said, { cause: error });
  }
}
