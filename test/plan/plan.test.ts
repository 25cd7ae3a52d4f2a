import { describe, expect, it } from 'vitest';

import { planText } from '../../src/commands/plan.js';
import { UsageError } from '../../src/errors.js';
import { firmwareKey, groupsOf } from '../../src/plan/cell.js';
import { plan } from '../../src/plan/plan.js';
import {
  emulated,
  guests,
  hostWith,
  idsOf,
  native,
  noKvm,
  planOf,
  qemuOf,
  scenarioOf,
} from './planning.js';

const ladder = [
  'guest: tiny, tier: [cold, restore], memory: 32M',
  'guest: linux, tier: [cold, restore], memory: [128M, 256M], machine: pc',
];

describe('the order of starts', () => {
  const { starts, cells } = planOf(ladder, { runs: 5 });

  it('is the same for the same scenario, host and options', () => {
    expect(planOf(ladder, { runs: 5 })).toEqual(planOf(ladder, { runs: 5 }));
  });

  it('differs with the seed', () => {
    const one = planOf(ladder, { seed: 1 }).starts.map(({ cell }) => cell);
    const other = planOf(ladder, { seed: 2 }).starts.map(({ cell }) => cell);
    expect(other).not.toEqual(one);
    expect([...other].sort()).toEqual([...one].sort());
  });

  it.each(['warmup', 'measure'] as const)('has each cell once in every %s round', (phase) => {
    const due = starts.filter((start) => start.phase === phase);
    const rounds = phase === 'warmup' ? [1, 2] : [1, 2, 3, 4, 5];
    expect([...new Set(due.map(({ round }) => round))]).toEqual(rounds);
    for (const number of rounds) {
      const started = due.filter(({ round }) => round === number).map(({ cell }) => cell);
      expect(started.sort()).toEqual(cells.map(({ id }) => id).sort());
    }
  });

  it('is not the same in every round', () => {
    const firsts = [1, 2, 3, 4, 5].map(
      (round) => starts.find((start) => start.phase === 'measure' && start.round === round)?.cell,
    );
    expect(new Set(firsts).size).toBeGreaterThan(1);
  });

  it('puts all warm-ups before the first measured start', () => {
    const phases = starts.map(({ phase }) => phase);
    expect(phases.lastIndexOf('warmup')).toBeLessThan(phases.indexOf('measure'));
    expect(phases.filter((phase) => phase === 'warmup')).toHaveLength(2 * cells.length);
  });

  it('is numbered from 1, rounds after one another', () => {
    expect(starts.map(({ order }) => order)).toEqual(starts.map((_, index) => index + 1));
    const rounds = starts.filter(({ phase }) => phase === 'measure').map(({ round }) => round);
    expect(rounds).toEqual([...rounds].sort((a, b) => a - b));
  });

  it('ends a cell of few runs early', () => {
    const short = scenarioOf(['guest: tiny, tier: cold'], 'name: short\nruns: 2\nwarmup: 0');
    const long = scenarioOf(['guest: tiny, tier: cold'], 'name: long\nruns: 4\nwarmup: 1');
    const { starts: all } = plan([short, long], guests, hostWith(), {});
    const of = (name: string) =>
      all
        .filter(({ cell }) => cell.endsWith(`/${name}`))
        .map(({ phase, round }) => `${phase} ${round}`);
    expect(of('short')).toEqual(['measure 1', 'measure 2']);
    expect(of('long')).toEqual(['warmup 1', 'measure 1', 'measure 2', 'measure 3', 'measure 4']);
  });

  it('never has a skipped cell', () => {
    const made = planOf(['guest: tiny, tier: cold, memory: [8M, 32M]']);
    expect(made.skipped.map(({ cell }) => cell.id)).toEqual(['cold/tiny/kvm/8M']);
    expect(new Set(made.starts.map(({ cell }) => cell))).toEqual(new Set(['cold/tiny/kvm/32M']));
  });
});

describe('a plan of sampling until the medians are known', () => {
  const scenario = scenarioOf(ladder, 'name: x\nuntil: { max: 40 }\nwarmup: 1');

  it('has the most rounds there may be, and its cells carry the rule', () => {
    const { starts, cells } = plan([scenario], guests, hostWith(), {});
    expect(starts).toHaveLength(41 * cells.length);
    for (const cell of cells) {
      expect(cell).toMatchObject({ runs: 40, sampling: { kind: 'until', max: 40 } });
    }
  });

  it('is one of fixed runs where --runs is given', () => {
    const { cells } = plan([scenario], guests, hostWith(), { runs: 7 });
    for (const cell of cells) {
      expect(cell).toMatchObject({ runs: 7, sampling: { kind: 'fixed', runs: 7 } });
    }
  });
});

describe('the id of a cell', () => {
  const entry = 'guest: tiny, tier: cold, memory: 32M';

  it('is tier, guest, accelerator and memory where that is enough', () => {
    expect(idsOf(ladder)).toEqual([
      'cold/tiny/kvm/32M',
      'restore/tiny/kvm/32M',
      'cold/linux/kvm/128M',
      'restore/linux/kvm/128M',
      'cold/linux/kvm/256M',
      'restore/linux/kvm/256M',
    ]);
  });

  it.each([
    ['machine: [microvm, pc]', ['microvm', 'pc']],
    ['firmware: [qboot, /fw/bios.bin]', ['qboot', 'bios.bin']],
    ['firmware: [/a/bios.bin, /b/bios.bin]', ['/a/bios.bin', '/b/bios.bin']],
    ['cpu: [auto, max]', ['host', 'max']],
    ['vcpus: [1, 2]', ['1cpu', '2cpu']],
    ['workingSet: [0, 8M]', ['work-0M', 'work-8M']],
    ['backing: [tmpfs, /mnt]', ['tmpfs', '/mnt']],
    ['pageCache: [warm, cold]', ['warm-cache', 'cold-cache']],
    ['identity: [seed, none]', ['identity-seed', 'identity-none']],
    ['kernelArguments: ["", quiet]', ['plain', 'quiet']],
    ['qemu: [qemu-system-x86_64, /opt/10/qemu]', ['qemu-7.2.22', 'qemu-10.0.8']],
    ['qemu: [/opt/10/qemu, /opt/10b/qemu]', ['/opt/10/qemu', '/opt/10b/qemu']],
  ])('adds %s and nothing else', (knob, added) => {
    expect(idsOf([`${entry}, ${knob}`])).toEqual(added.map((text) => `cold/tiny/kvm/32M/${text}`));
  });

  it('tells apart what differs in two ways', () => {
    const ids = idsOf([`${entry}, qemu: [/opt/10/qemu, /opt/10b/qemu], machine: [microvm, pc]`]);
    expect(ids).toEqual([
      'cold/tiny/kvm/32M//opt/10/qemu/microvm',
      'cold/tiny/kvm/32M//opt/10/qemu/pc',
      'cold/tiny/kvm/32M//opt/10b/qemu/microvm',
      'cold/tiny/kvm/32M//opt/10b/qemu/pc',
    ]);
  });

  it('does not depend on what another guest or memory varies', () => {
    const varied = 'guest: tiny, tier: cold, memory: 64M, vcpus: [1, 2]';
    expect(idsOf([entry, varied])).toContain('cold/tiny/kvm/32M');
  });

  it('ends with the scenario where a plan has several', () => {
    const scenarios = ['a', 'b'].map((name) => scenarioOf([entry], `name: ${name}`));
    const ids = plan(scenarios, guests, hostWith(), {}).cells.map(({ id }) => id);
    expect(ids).toEqual(['cold/tiny/kvm/32M/a', 'cold/tiny/kvm/32M/b']);
  });
});

describe('twins are refused', () => {
  const entry = 'guest: tiny, tier: cold';

  it('in two entries', () => {
    expect(() => planOf([entry, entry])).toThrow(
      new UsageError('x.yaml:4:5: the cell "cold/tiny/kvm/256M" is declared already at x.yaml:3:5'),
    );
  });

  it('in one list', () => {
    expect(() => planOf(['guest: tiny, tier: [cold, cold]'])).toThrow(
      new UsageError('x.yaml:3:5: the cell "cold/tiny/kvm/256M" is declared twice here'),
    );
  });

  it('that only a default or auto makes alike', () => {
    expect(() => planOf([entry, `${entry}, accel: kvm, memory: 256M`])).toThrow('already at');
  });

  it('of scenarios', () => {
    const scenarios = [scenarioOf([entry]), scenarioOf([entry], 'seed: 2\nname: x')];
    expect(() => plan(scenarios, guests, hostWith(), {})).toThrow(
      new UsageError('x.yaml:2:7: "x" is also the name of x.yaml; give one of them another name'),
    );
  });

  it('of guests that are called the same and are not', () => {
    const twins = 'guest: [{ kernel: a/vmlinux }, { kernel: b/vmlinux }], tier: cold';
    expect(() => planOf([twins])).toThrow(
      new UsageError(
        'x.yaml:3:5: another guest is called "vmlinux" too; give one of them a "name" of its own',
      ),
    );
  });

  it('of a guest by path that takes the name of a declared one', () => {
    const own = 'guest: { name: tiny, kernel: a }, tier: cold, memory: 1G';
    expect(() => planOf([entry, own])).toThrow('x.yaml:4:5: another guest is called "tiny" too');
  });
});

describe('the command line overrides the scenario', () => {
  it('--only', () => {
    expect(idsOf(ladder, { only: ['restore'] })).toEqual([
      'restore/tiny/kvm/32M',
      'restore/linux/kvm/128M',
      'restore/linux/kvm/256M',
    ]);
  });

  it('--only that leaves nothing is an error', () => {
    expect(() => planOf(['guest: tiny, tier: cold'], { only: ['restore'] })).toThrow(
      new UsageError('nothing to start: none of the tiers of --only is in x.yaml'),
    );
  });

  it('--accel', () => {
    const cells = planOf([`${ladder[0] ?? ''}, accel: kvm`], { accel: 'tcg' }).cells;
    expect(cells.map(({ accel, cpu }) => `${accel} ${cpu}`)).toEqual(['tcg qemu64', 'tcg qemu64']);
  });

  it('--qemu', () => {
    const { cells } = planOf(ladder, { qemu: ['/opt/10/qemu'] });
    expect(new Set(cells.map(({ qemu }) => qemu))).toEqual(new Set(['/opt/10/qemu']));
    expect(new Set(cells.map(({ qemuVersion }) => qemuVersion))).toEqual(new Set(['10.0.8']));
  });

  it('--runs and --seed', () => {
    const made = planOf(ladder, { runs: 7, seed: 99 });
    expect(made.seed).toBe(99);
    expect(made.cells.every(({ runs, warmup }) => runs === 7 && warmup === 2)).toBe(true);
    expect(made.starts).toHaveLength(made.cells.length * (7 + 2));
  });
});

describe('accel: auto', () => {
  const accels = (kvm: typeof native | typeof noKvm, qemu = qemuOf('7.2.22')) =>
    planOf(
      ['guest: [tiny, linux], tier: cold'],
      {},
      hostWith({ kvm, qemus: new Map([['qemu-system-x86_64', qemu]]) }),
    ).cells.map(({ guest, accel }) => `${guest.name} ${accel}`);

  it('is KVM where KVM is native', () => {
    expect(accels(native)).toEqual(['tiny kvm', 'linux kvm']);
  });

  it("is KVM only for guests that bear it where KVM emulates the guest's kernel", () => {
    expect(accels(emulated)).toEqual(['tiny kvm', 'linux tcg']);
  });

  it('is TCG where there is no KVM', () => {
    expect(accels(noKvm)).toEqual(['tiny tcg', 'linux tcg']);
  });

  it('is TCG for a QEMU built without KVM', () => {
    expect(accels(native, qemuOf('9.1.0', ['tcg']))).toEqual(['tiny tcg', 'linux tcg']);
  });
});

describe('a cell the host cannot run is skipped, because', () => {
  const reason = (entry: string, host = hostWith()) => {
    const made = planOf([entry], {}, host);
    expect(made.cells).toEqual([]);
    expect(made.starts).toEqual([]);
    return made.skipped.map(({ because }) => because);
  };
  const tiny = 'guest: tiny, tier: restore';

  it('its QEMU is not there', () => {
    const why = { state: 'unusable', binary: '/q', why: 'no such file' } as const;
    const host = hostWith({ qemus: new Map([['/q', why]]) });
    expect(reason(`${tiny}, qemu: /q`, host)).toEqual([
      'QEMU "/q" cannot be used: no such file; install it or give another with --qemu PATH',
    ]);
  });

  it.each(['fork', 'fork-loaded', 'floor'])('no page cache can be cold for %s', (tier) => {
    expect(reason(`guest: tiny, tier: ${tier}, pageCache: cold`)).toEqual([
      `only a start that spawns QEMU can have a cold page cache, and one of tier "${tier}" does not`,
    ]);
  });

  it('its QEMU lacks the machine type', () => {
    expect(reason(`${tiny}, machine: "isapc,usb=off"`)).toEqual([
      'QEMU 7.2.22 has no machine type "isapc"',
    ]);
  });

  it('its QEMU lacks the accelerator', () => {
    const host = hostWith({ qemus: new Map([['/q', qemuOf('9.1.0', ['tcg'])]]) });
    expect(reason(`${tiny}, qemu: /q, accel: kvm`, host)).toEqual([
      'QEMU 9.1.0 was built without the accelerator "kvm"; give another with --qemu PATH',
    ]);
  });

  it('there is no KVM', () => {
    expect(reason(`${tiny}, accel: kvm`, hostWith({ kvm: noKvm }))).toEqual([
      'KVM cannot be used: no /dev/kvm; see "basepoint doctor", or use --accel tcg',
    ]);
  });

  it('its guest needs a native KVM', () => {
    const host = hostWith({ kvm: emulated });
    expect(reason('guest: linux, tier: cold, accel: kvm', host)).toEqual([
      `KVM emulates the guest's kernel mode here (2.1 million instructions a second) and "linux" needs it native; use --accel tcg or auto`,
    ]);
  });

  it('its firmware is missing', () => {
    const key = firmwareKey('qemu-system-x86_64', 'microvm', 'qboot');
    const missing = { state: 'missing', message: 'no qboot; install it' } as const;
    const host = hostWith({ firmware: new Map([[key, missing]]) });
    expect(reason(`${tiny}, firmware: qboot`, host)).toEqual(['no qboot; install it']);
  });

  it.each([
    ['tiny', '15M', '8M', 16],
    ['linux', '64M', '8M', 96],
    ['tiny', '64M', '64M', 68],
  ])('%s in %s cannot touch %s', (guest, memory, work, needed) => {
    expect(reason(`guest: ${guest}, tier: cold, memory: ${memory}, workingSet: ${work}`)).toEqual([
      `${guest} with a working set of ${parseInt(work)} MiB needs at least ${needed} MiB of memory`,
    ]);
  });

  it('huge pages are too few', () => {
    const host = hostWith({ freeHugepagesMiB: 511 });
    expect(reason(`${tiny}, memory: 256M, backing: hugetlbfs`, host)).toEqual([
      'it needs 512 MiB of huge pages and 511 MiB are free; reserve them: sysctl vm.nr_hugepages=256',
    ]);
  });

  it('its memory is no whole number of huge pages', () => {
    expect(reason(`${tiny}, memory: 33M, backing: hugetlbfs`)).toEqual([
      'memory on huge pages must be a multiple of 2 MiB',
    ]);
  });

  it.each([
    ['concurrency: 3', 1024],
    ['alive: 4', 1280],
    ['rate: 5', 301 * 256],
  ])('huge pages are too few for all VMs that live at once: %s', (together, needed) => {
    const host = hostWith({ freeHugepagesMiB: 1023 });
    expect(reason(`${tiny}, memory: 256M, backing: hugetlbfs, ${together}`, host)).toEqual([
      `it needs ${needed} MiB of huge pages and 1023 MiB are free; reserve them: sysctl vm.nr_hugepages=${needed / 2}`,
    ]);
  });

  it('a burst needs more memory than there is', () => {
    const host = hostWith({ memoryAvailableMiB: 2000 });
    expect(reason(`${tiny}, memory: 32M, concurrency: 100`, host)).toEqual([
      '100 at once need at least 3424 MiB (1024 of them as a reserve) and 2000 MiB are available',
    ]);
  });

  it('VMs at once need more open files than are allowed', () => {
    const host = hostWith({ maxOpenFiles: 1024 });
    expect(reason(`${tiny}, memory: 32M, alive: 200`, host)).toEqual([
      '200 VMs at once need about 1400 open files and 1024 are allowed; raise it: ulimit -n 1400',
    ]);
  });

  it.each(['concurrency: 2', 'alive: 2', 'rate: 2'])('the floor cannot be many: %s', (knob) => {
    expect(reason(`guest: tiny, tier: floor, memory: 32M, ${knob}`)).toEqual([
      'the floor is one program that makes one VM after another',
    ]);
  });

  it('as many as a rate may keep alive need more memory than there is', () => {
    const host = hostWith({ memoryAvailableMiB: 2000 });
    expect(reason(`${tiny}, memory: 32M, rate: 50`, host)).toEqual([
      '300 at once need at least 8224 MiB (1024 of them as a reserve) and 2000 MiB are available',
    ]);
  });

  it('the starts of a step, all prepared before, need more open files than are allowed', () => {
    const host = hostWith({ maxOpenFiles: 2048 });
    expect(reason(`${tiny}, memory: 32M, rate: 200`, host)).toEqual([
      '300 VMs at once need about 2400 open files and 2048 are allowed; raise it: ulimit -n 2400',
    ]);
  });

  it('but huge pages do not matter to a cold boot, which has no template', () => {
    const host = hostWith({ freeHugepagesMiB: 0 });
    expect(planOf(['guest: tiny, tier: cold, backing: hugetlbfs'], {}, host).skipped).toEqual([]);
  });
});

describe('what was asked for by name', () => {
  const asked = (entry: string, options = {}) =>
    planOf([entry], options, hostWith({ kvm: noKvm })).skipped.map((cell) => cell.asked);

  it('is told from what auto left out', () => {
    expect(asked('guest: tiny, tier: cold, accel: kvm')).toEqual([true]);
    expect(asked('guest: tiny, tier: cold', { accel: 'kvm' })).toEqual([true]);
    expect(asked('guest: tiny, tier: cold, memory: 8M')).toEqual([false]);
    expect(asked('guest: tiny, tier: cold, accel: tcg, qemu: /nowhere')).toEqual([true]);
    // Which is taken where it has been fetched.
    expect(asked('guest: tiny, tier: cold, accel: tcg, qemu: backports')).toEqual([false]);
    const bare = hostWith({ runtimes: new Map() });
    expect(planOf(['guest: tiny, tier: crun'], {}, bare).skipped).toMatchObject([{ asked: false }]);
  });
});

describe('the text of a plan', () => {
  it('reads as its golden file', async () => {
    const made = planOf(
      [...ladder, 'guest: linux, tier: cold, memory: 64M, accel: kvm'],
      { runs: 3 },
      hostWith({ kvm: emulated }),
    );
    await expect(planText(made)).toMatchFileSnapshot('../golden/plan.txt');
  });
});

describe('the first of several guests', () => {
  const entry = ['guest: { firstOf: [linux, tiny] }, tier: cold, memory: 128M'];

  it('is the first whose kernel need not be built before', () => {
    const { cells, settled } = planOf(entry);
    expect(cells.map(({ guest }) => guest)).toEqual([{ kind: 'declared', name: 'linux' }]);
    expect(settled).toEqual([
      { names: ['linux', 'tiny'], chosen: 'linux', because: 'its kernel is at hand' },
    ]);
  });

  it('is the next where that one has not been built, and the plan says so', () => {
    const made = planOf(entry, {}, hostWith({ notBuilt: new Set(['linux']) }));
    expect(made.cells.map(({ id }) => id)).toEqual(['cold/tiny/kvm/128M']);
    expect(planText(made)).toContain(
      'guest tiny, because linux has not been built (basepoint kernels build linux)',
    );
  });

  it('is skipped where none is built, and so is a guest by name', () => {
    const host = hostWith({ notBuilt: new Set(['linux', 'tiny']) });
    for (const text of [entry, ['guest: tiny, tier: cold, memory: 128M']]) {
      const { skipped } = planOf(text, {}, host);
      expect(skipped).toMatchObject([
        {
          because: 'the kernel of tiny has not been built; basepoint kernels build tiny',
          asked: true,
        },
      ]);
    }
  });

  it('must be declared', () => {
    expect(() => scenarioOf(['guest: { firstOf: [linus] }, tier: cold'])).toThrow(
      'unknown guest "linus" (did you mean "linux"?)',
    );
  });
});

describe('starts that belong together', () => {
  it('follow one another in each round; the warm-up of VMs kept alive is a single one', () => {
    const entries = [
      'guest: tiny, tier: cold, memory: 32M, concurrency: [1, 3]',
      'guest: tiny, tier: cold, memory: 64M, alive: 2',
    ];
    const { starts } = planOf(entries, { runs: 2 });
    const groups = groupsOf(starts).map((group) => {
      const [first] = group;
      return `${first?.phase ?? ''} ${first?.cell.split('/').slice(3).join(' ') ?? ''}: ${group
        .map(({ member }) => member)
        .join()}`;
    });
    const measured = ['32M 1-at-once: 1', '32M 3-at-once: 1,2,3', '64M: 1,2'];
    expect(groups.filter((text) => text.startsWith('measure')).sort()).toEqual(
      [...measured, ...measured].map((text) => `measure ${text}`).sort(),
    );
    expect(groups.filter((text) => text.startsWith('warmup 64M'))).toEqual(
      Array(2).fill('warmup 64M: 1'),
    );
    expect(starts.map(({ order }) => order)).toEqual(starts.map((_, index) => index + 1));
  });

  it('at a rate are each due at an instant of the plan; the warm-up is a single one', () => {
    const { starts } = planOf(['guest: tiny, tier: cold, memory: 32M, rate: 100'], { runs: 2 });
    expect(groupsOf(starts).map((group) => group.length)).toEqual([1, 1, 200, 200]);
    const [warmup, , first = [], second = []] = groupsOf(starts).map((group) =>
      group.map(({ dueMs }) => dueMs),
    );
    expect(warmup).toEqual([0]);
    for (const due of [first, second]) {
      expect(due).toEqual([...due].sort((a, b) => a - b));
      expect(Math.max(...due)).toBeLessThan(2000);
    }
    expect(first).not.toEqual(second);
    expect(planText(planOf(['guest: tiny, tier: cold, memory: 32M, rate: 100']))).toContain(
      'cold/tiny/kvm/32M: a run is a step of 200 starts in 2 s, 100 a second, by chance (Poisson); it ends early at 300 alive',
    );
  });
});

describe('kernels', () => {
  const because = (entry: string, host = hostWith()) =>
    planOf([entry], {}, host).skipped.map((one) => one.because);

  it('have no bzImage where they are no Linux', () => {
    expect(because('guest: tiny, tier: cold, image: bzImage')).toEqual([
      'tiny has no bzImage: it is no Linux',
    ]);
  });

  it('unpack an initramfs only as they were built to, where that is known', () => {
    const host = hostWith({ packings: new Map([['linux', ['none', 'gzip']]]) });
    const entry = 'guest: linux, tier: cold, initramfsPacking: [none, gzip, xz]';
    expect(because(entry, host)).toEqual([
      'linux was built without CONFIG_RD_XZ: its kernel cannot unpack an initramfs that xz packed',
    ]);
    expect(because(entry)).toEqual([]);
    expect(because('guest: tiny, tier: cold, initramfsFill: 8M')).toEqual([
      'only our own initramfs is packed and filled, and tiny does not have it',
    ]);
  });

  it('are traced where they boot, with our PID 1, one at a time', () => {
    expect(because('guest: linux, tier: [cold, restore], trace: initcalls')).toEqual([
      'only a boot is traced, and tier "restore" has none',
    ]);
    expect(because('guest: tiny, tier: cold, trace: initcalls')).toEqual([
      "only our PID 1 tells the kernel's log, and tiny does not have it",
    ]);
    expect(because('guest: linux, tier: cold, trace: initcalls, concurrency: 2')).toEqual([
      'boots are traced one at a time',
    ]);
  });

  it('that are traced have a number of starts of their own, whatever ends sampling', () => {
    const { cells } = planOf(['guest: linux, tier: cold, trace: [none, initcalls]'], { runs: 50 });
    expect(cells.map(({ runs, warmup }) => [runs, warmup])).toEqual([
      [50, 2],
      [5, 1],
    ]);
    const fewer = planOf(['guest: linux, tier: cold, trace: initcalls'], { runs: 2 });
    expect(fewer.cells.map(({ runs }) => runs)).toEqual([2]);
    const until = scenarioOf(
      ['guest: linux, tier: cold, trace: [none, initcalls]'],
      'name: x\nuntil: {}\ntracedRuns: 3',
    );
    const planned = plan([until], guests, hostWith(), {});
    expect(planned.cells.map(({ sampling }) => sampling.kind)).toEqual(['until', 'fixed']);
  });

  it('measure what stands in braces only where our PID 1 tells of it', () => {
    expect(because("guest: tiny, tier: cold, kernelArguments: 'lpj={lpj}'")).toEqual([
      'only our PID 1 tells what its kernel measured, and tiny does not have it',
    ]);
    expect(() => scenarioOf(["guest: linux, tier: cold, kernelArguments: 'a={lpi}'"])).toThrow(
      'x.yaml:3:50: unknown measured value "{lpi}" (did you mean "lpj"?); known: {lpj}, {tsc_khz}',
    );
  });
});
