/**
 * The one declaration of what a scenario file may say. The parser checks against it, the JSON
 * Schema for editors is generated from it (scenarios/scenario.schema.json), and so are the types.
 */
import { z } from 'zod';

import { identityNames } from '../identity.js';
import { packingNames } from '../packings.js';
import { noTenant } from '../tenants.js';
import { tierNames } from '../tiers.js';
import { traceNames } from '../boot-stages.js';
import { consoleReadySchema, diskSchema } from './console-schema.js';
import { limitsSchema } from './limits-schema.js';
import { parseCpuList } from '../cpu-list.js';
import { parseMiB, parseMs } from './units.js';

/** A string that a function turns into a number; the message completes `"key" must be ...`. */
function measured(parse: (text: string) => number | undefined, expected: string, pattern: string) {
  return z
    .string(expected)
    .meta({ pattern })
    .transform((text, context) => {
      const value = parse(text);
      if (value !== undefined && value > 0) return value;
      context.issues.push({ code: 'custom', message: expected, input: text });
      return z.NEVER;
    });
}

const sizePattern = String.raw`^\d+\s*[MG](i?B)?$`;
const size = measured(parseMiB, 'a size such as 256M', sizePattern);

function mostMiB(most: number): (text: string) => number | undefined {
  return (text) => {
    const mib = parseMiB(text);
    return mib === undefined || mib > most ? undefined : mib;
  };
}

// Node.js turns a timer of more than 2^31 ms into one of 1 ms.
const mostMs = 24 * 3_600_000;
const duration = measured(
  (text) => {
    const ms = parseMs(text);
    return ms === undefined || ms > mostMs ? undefined : ms;
  },
  'a duration such as 500ms, 60s or 5m, at most 24h',
  String.raw`^\d+(\.\d+)?\s*(ms|s|m|h)$`,
);

/** A working set may be nothing at all; a guest is told it in 16 bits (kernels/protocol.h). */
const workingSet = z.union(
  [z.literal(0), measured(mostMiB(63 * 1024), '', sizePattern)],
  '0 or a size such as 8M, at most 63G',
);

const durationOrNothing = z.union([z.literal(0), duration], '0 or a duration such as 20ms');

function oneOrMany<T extends z.ZodType>(value: T) {
  return z.union([value, z.array(value).min(1)]);
}

const name = z
  .string('a name')
  .regex(/^[a-z0-9][a-z0-9.-]*$/, 'lower-case letters, digits, "-" and "."');

const tenant = z
  .string('a name')
  .regex(/^[a-z][a-z0-9-]{0,15}$/, 'a lower-case letter, then at most 15 letters, digits and "-"');

const guestByPath = z.strictObject({
  name: name.optional().describe('how the guest is called in results; the file name otherwise'),
  kernel: z.string().describe('vmlinux or bzImage, relative to this file'),
  initramfs: z
    .string()
    .default('default')
    .describe('"default" (our PID 1), "none", or a path relative to this file'),
  commandLine: z.string().optional().describe('kernel arguments; those of debian-cloud otherwise'),
  frames: z
    .enum(['short', 'long'])
    .default('long')
    .describe('what PID 1 reads of the harness: kernels/protocol.h; our Linux ones take long'),
  needsNativeKvm: z
    .boolean()
    .default(true)
    .describe("whether it is hopeless where KVM emulates the guest's kernel mode"),
  disk: diskSchema.optional().describe('a disk of its own, on virtio: /dev/vda'),
  ready: consoleReadySchema
    .optional()
    .describe('how it shows that it is ready where PID 1 is not ours'),
});

const guestChoice = z.strictObject({
  firstOf: z
    .array(name)
    .min(1)
    .describe('folders under kernels/: the first whose kernel need not be built before'),
});

/** A base point keeps at most 1024 clones alive. */
const mostAtOnce = 1000;

/** The knobs of the matrix; each takes one value or a list. */
export const knobs = {
  tier: oneOrMany(z.enum(tierNames)).describe('ways to start the guest'),
  guest: oneOrMany(z.union([name, guestByPath, guestChoice])).describe(
    'a folder under kernels/, a kernel by path, or the first of several that is at hand',
  ),
  accel: oneOrMany(z.enum(['kvm', 'tcg', 'auto']))
    .default('auto')
    .describe('auto: KVM where it can run this guest, else TCG, and the result says which'),
  memory: oneOrMany(size).prefault('256M').describe('guest memory'),
  vcpus: oneOrMany(z.int().min(1).max(288)).default(1).describe('virtual CPUs'),
  machine: oneOrMany(
    z.string().regex(/^[\w.-]+(,[\w.=-]+)*$/, 'a QEMU machine type such as microvm or pc'),
  )
    .default('microvm')
    .describe('QEMU machine type, with options if need be: microvm,rtc=off'),
  firmware: oneOrMany(z.string().min(1))
    .default('default')
    .describe("qboot, seabios, default (QEMU's own choice), or a path"),
  cpu: oneOrMany(z.string().min(1))
    .default('auto')
    .describe('CPU model; auto: host on KVM, qemu64 under TCG'),
  qemu: oneOrMany(z.string().min(1))
    .default('qemu-system-x86_64')
    .describe(
      'QEMU binary: a name on PATH, a path, or "backports": what scripts/fetch-qemu.sh has unpacked',
    ),
  kernelArguments: oneOrMany(z.string())
    .default('')
    .describe("added to the guest's own command line"),
  backing: oneOrMany(
    z.string().regex(/^(tmpfs|hugetlbfs|\/.*)$/, 'tmpfs, hugetlbfs or an absolute folder'),
  )
    .default('tmpfs')
    .describe("where the template's RAM lives: tmpfs, hugetlbfs, or a folder"),
  workingSet: oneOrMany(workingSet).prefault('8M').describe('memory PID 1 touches before `work`'),
  pageCache: oneOrMany(z.enum(['warm', 'cold']))
    .default('warm')
    .describe('cold: QEMU, firmware, kernel, initramfs and state are evicted before each start'),
  identity: oneOrMany(z.enum(identityNames))
    .default('seed')
    .describe('what makes the random numbers of clones differ; seed: what the harness sends'),
  observe: oneOrMany(durationOrNothing)
    .default(0)
    .describe('how long after ready a guest tells what makes it itself; 0: not at all'),
  thp: oneOrMany(z.enum(['host', 'never']))
    .default('host')
    .describe('transparent huge pages of QEMU: as the host has them, or none (PR_SET_THP_DISABLE)'),
  tenant: oneOrMany(tenant)
    .default(noTenant.name)
    .describe(
      'whose clones these are: each tenant has templates of its own; none: nobody in particular',
    ),
  concurrency: oneOrMany(z.int().min(1).max(mostAtOnce))
    .default(1)
    .describe('starts asked for at the same instant'),
  alive: oneOrMany(z.int().min(0).max(mostAtOnce))
    .default(0)
    .describe('VMs kept alive and measured together; 0: each ends before the next one starts'),
  rate: oneOrMany(z.number().min(0).max(5000))
    .default(0)
    .describe(
      'starts a second, asked for at instants fixed before; 0: the next start waits for the one before',
    ),
  image: oneOrMany(z.enum(['vmlinux', 'bzImage']))
    .default('vmlinux')
    .describe('vmlinux, entered through PVH; bzImage, which first unpacks itself in the guest'),
  initramfsPacking: oneOrMany(z.enum(packingNames))
    .default('none')
    .describe('how our initramfs is packed, as far as the kernel can unpack it'),
  initramfsFill: oneOrMany(z.union([z.literal(0), size], '0 or a size such as 8M'))
    .prefault(0)
    .describe("how much of the kernel's own image our initramfs carries, as something to unpack"),
  trace: oneOrMany(z.enum(traceNames))
    .default('none')
    .describe('initcalls: the boot tells its stages and initcalls, and is in no other figure'),
} as const;

export type KnobName = keyof typeof knobs;
export const knobNames = Object.keys(knobs) as readonly KnobName[];

const tracedRuns = z
  .int()
  .min(1)
  .max(1000)
  .default(5)
  .describe('starts of each cell with "trace"; of its warm-up there is one at most');

const sampleCount = z.int().min(6).max(100_000);

/** Sampling until the medians are known well enough; see docs/method.md. */
const until = z.strictObject({
  relative_ci: z
    .number()
    .min(0.001)
    .max(1)
    .default(0.03)
    .describe("how far the ends of the median's 95 % interval may be from it, as a part of it"),
  min: sampleCount
    .default(20)
    .describe('successful measured starts of each cell before that counts'),
  max: sampleCount.default(200).describe('measured starts of each cell at most'),
  time: duration.prefault('5m').describe('no round of measured starts begins after that'),
});

/** How VMs are asked for at a rate; see docs/density.md. */
export const loadSchema = z.strictObject({
  time: duration
    .prefault('2s')
    .describe('how long one step asks for VMs; longer where fewer than 60 would come in it'),
  arrivals: z
    .enum(['poisson', 'even'])
    .default('poisson')
    .describe('by chance, as from many who do not know of each other, or at equal distances'),
  p95Limit: oneOrMany(duration)
    .prefault('50ms')
    .describe('the rate is told at which 95 % of the VMs are ready within this'),
  aliveLimit: z
    .int()
    .min(1)
    .max(mostAtOnce)
    .default(300)
    .describe('a step ends early when so many of its VMs are alive at once'),
});

const cpuList = z
  .string('a list of CPUs such as "0-3,8"')
  .meta({ pattern: String.raw`^\s*\d+(-\d+)?\s*(,\s*\d+(-\d+)?\s*)*$` })
  .transform((text, context) => {
    const cpus = parseCpuList(text);
    if (cpus !== undefined) return cpus;
    context.issues.push({
      code: 'custom',
      message: 'a list of CPUs such as "0-3,8"',
      input: text,
    });
    return z.NEVER;
  });

const pin = z.strictObject({
  qemu: cpuList.optional().describe('CPUs of every QEMU, base point, clone and floor program'),
  harness: cpuList.optional().describe('CPUs of the harness while it measures'),
});

export const scenarioSchema = z.strictObject({
  name: name.describe('names the run and its folder'),
  description: z.string().optional(),
  runs: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('measured starts of each cell; 30 where neither this nor "until" is given'),
  until: until
    .optional()
    .describe('in place of "runs": start until the medians are known this well'),
  warmup: z
    .int()
    .min(0)
    .max(1000)
    .default(2)
    .describe('starts of each cell before the measured ones'),
  tracedRuns,
  timeout: duration.prefault('60s').describe('limit for one start'),
  memoryReserve: size
    .prefault('1G')
    .describe('memory the host keeps available: no further VM is kept alive below that'),
  load: loadSchema.optional().describe('how VMs are asked for, where the matrix has a "rate"'),
  tenants: z
    .record(
      tenant,
      z.strictObject({
        uid: z
          .int()
          .min(1)
          .max(2 ** 31 - 1),
      }),
    )
    .default({})
    .describe(
      "users that own the tenants' templates where the harness is root; else from the name",
    ),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1)
    .describe('of the order of starts'),
  pin: pin.prefault({}).describe('keeps processes to CPUs, each a list such as "0-3,8"'),
  matrix: z
    .array(z.strictObject(knobs))
    .min(1)
    .describe('each entry is a full matrix of its knobs'),
});

export type ScenarioFile = z.output<typeof scenarioSchema>;
export type GuestByPath = z.output<typeof guestByPath>;

/** One folder of kernels/: where a guest comes from and how it is started. */
export const guestSchema = z.strictObject({
  name,
  description: z.string(),
  source: z.union([
    z.strictObject({ build: z.enum(['tiny']) }),
    z.strictObject({
      package: z.string().describe('a package of the distribution, downloaded but not installed'),
      file: z.string().describe('the kernel image inside the package'),
    }),
    z.strictObject({
      package: z.string().describe("the package with the kernel's source"),
      tarball: z.string().describe('the source archive inside the package'),
      fragment: z
        .string()
        .describe('beside this file: what the configuration has, each line with its reason'),
      objects: z
        .int()
        .min(1)
        .describe('how many objects the build compiles, roughly: for its progress'),
    }),
  ]),
  version: z.string(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, '64 hex digits')
    .optional()
    .describe('of the downloaded package'),
  initramfs: z.string().describe('"default" (our PID 1), "none", or a path relative to this file'),
  disk: diskSchema.optional(),
  ready: consoleReadySchema.optional(),
  commandLine: z.string(),
  marks: z.array(z.enum(['kernel', 'init'])),
  frames: z
    .enum(['short', 'long'])
    .default('long')
    .describe('what PID 1 reads of the harness: kernels/protocol.h'),
  needsNativeKvm: z.boolean(),
  minimumMemory: size,
  identity: z
    .array(z.enum(identityNames))
    .default(['seed', 'none'])
    .describe('the ways to its own random numbers that this kernel knows'),
  modules: z
    .array(z.string())
    .max(10)
    .default([])
    .describe('drivers of virtio-rng inside the package, in the order in which they are loaded'),
});

export type GuestFile = z.output<typeof guestSchema>;

/** JSON Schemas for editors, by file name. */
export function editorSchemas(): Readonly<Record<string, unknown>> {
  const schemaOf = (schema: z.ZodType) =>
    z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
  return {
    'scenarios/scenario.schema.json': schemaOf(scenarioSchema),
    'kernels/guest.schema.json': schemaOf(guestSchema),
    'limits/limits.schema.json': schemaOf(limitsSchema),
  };
}
