/** QEMU's command line, for each role a machine can have. Pure. */
import { diskArguments, type MachineDisk } from './disk.js';
import type { FrameLength } from './frames.js';

/** Descriptors QEMU inherits: what `-chardev socket,fd=N` and `/proc/self/fd/N` name. */
export const descriptors = {
  monitor: 3,
  marks: 4,
  go: 5,
  console: 6,
  ram: 7,
  state: 8,
  control: 9,
} as const;

/** What makes two machines the same machine, whatever way they are started. */
export interface MachineSpec {
  readonly accel: 'kvm' | 'tcg';
  readonly machine: string;
  readonly cpu: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  /** Firmware image; undefined leaves the choice to QEMU. */
  readonly firmware: string | undefined;
  readonly kernel: string;
  readonly initramfs: string | undefined;
  readonly commandLine: string;
  /** Data folders QEMU does not look into by itself: those of one unpacked into a folder. */
  readonly dataDirectories: readonly string[];
  /** Arguments for devices besides the guest's channels. */
  readonly devices: readonly string[];
  /** What the guest takes on its go channel. */
  readonly frames: FrameLength;
  readonly disk?: MachineDisk | undefined;
}

/**
 * `template` writes guest RAM into a shared file; `restore` maps that file copy-on-write; `base` does
 * too and waits to be forked.
 */
export type Role = 'cold' | 'template' | 'restore' | 'base';

/** @param frozen what a template's guest had written to its disk; see {@link diskArguments} */
export function qemuArguments(spec: MachineSpec, role: Role, frozen?: string): string[] {
  return [
    ...['-accel', spec.accel],
    ...['-machine', role === 'cold' ? spec.machine : `${spec.machine},memory-backend=ram`],
    ...['-cpu', spec.cpu],
    ...['-smp', String(spec.vcpus)],
    ...['-m', `${spec.memoryMiB}M`],
    ...spec.dataDirectories.flatMap((folder) => ['-L', folder]),
    ...(spec.firmware === undefined ? [] : ['-bios', spec.firmware]),
    // -no-reboot turns a guest's panic or triple fault into an exit at once, not a timeout.
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...channelArguments(),
    ...spec.devices,
    ...diskArguments(spec.disk, spec.machine, frozen),
    ...['-kernel', spec.kernel],
    ...(spec.initramfs === undefined ? [] : ['-initrd', spec.initramfs]),
    ...(spec.commandLine === '' ? [] : ['-append', spec.commandLine]),
    ...ramArguments(spec, role),
    ...(role === 'restore' || role === 'base' ? ['-incoming', 'defer'] : []),
    // A vCPU that has run could not be forked.
    ...(role === 'base' ? ['-S'] : []),
  ];
}

function channelArguments(): string[] {
  const socket = (id: 'monitor' | 'marks' | 'go' | 'console') => [
    '-chardev',
    `socket,id=${id},fd=${descriptors[id]}`,
  ];
  return [
    ...[...socket('monitor'), '-mon', 'chardev=monitor,mode=control'],
    ...[...socket('marks'), '-device', 'isa-debugcon,iobase=0xe9,chardev=marks'],
    ...[...socket('console'), '-serial', 'chardev:console'],
    ...[...socket('go'), '-device', 'isa-serial,chardev=go,index=1'],
  ];
}

function ramArguments(spec: MachineSpec, role: Role): string[] {
  if (role === 'cold') return [];
  const share = role === 'template' ? 'on' : 'off';
  const path = `/proc/self/fd/${descriptors.ram}`;
  return [
    ...['-global', 'migration.x-events=on'],
    '-object',
    `memory-backend-file,id=ram,size=${spec.memoryMiB}M,mem-path=${path},share=${share}`,
  ];
}

/** A command line as a person would type it, for error messages and logs. */
export function shellQuote(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
