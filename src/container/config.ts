/** What a container is told to be: the config.json of an OCI bundle. Pure. */

/** Descriptors PID 1 inherits beside its stdio; kernels/container has the same numbers. */
export const containerDescriptors = { marks: 3, go: 4 } as const;

export interface ContainerSpec {
  /** Names the container, and its cgroup below the root of each hierarchy. */
  readonly id: string;
  /** The folder that is its root, mounted read-only. */
  readonly rootfs: string;
  /** The program in it. */
  readonly program: string;
  readonly memoryMiB: number;
  /** Whether the host mounts cgroups in version 2 alone. */
  readonly cgroup2: boolean;
}

/**
 * As `runc spec` writes it (the same namespaces, mounts, capabilities, masked paths; no seccomp
 * filter, no AppArmor profile), with our program, a memory limit and a cgroup that can be found again.
 */
export function ociConfig(spec: ContainerSpec): object {
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: [spec.program],
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      cwd: '/',
      capabilities: {
        bounding: capabilities,
        effective: capabilities,
        permitted: capabilities,
        ambient: capabilities,
      },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: spec.rootfs, readonly: true },
    hostname: 'basepoint',
    mounts,
    linux: {
      cgroupsPath: `/${spec.id}`,
      resources: {
        devices: [{ allow: false, access: 'rwm' }],
        memory: { limit: spec.memoryMiB * 2 ** 20 },
      },
      namespaces: [...namespaces, ...(spec.cgroup2 ? ['cgroup'] : [])].map((type) => ({ type })),
      maskedPaths,
      readonlyPaths,
    },
  };
}

const capabilities = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'];
const namespaces = ['pid', 'network', 'ipc', 'uts', 'mount'];
const quiet = ['nosuid', 'noexec', 'nodev'];

const mounts = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  {
    destination: '/dev/shm',
    type: 'tmpfs',
    source: 'shm',
    options: [...quiet, 'mode=1777', 'size=65536k'],
  },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: quiet },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...quiet, 'ro'] },
  {
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: [...quiet, 'relatime', 'ro'],
  },
];

const maskedPaths = [
  ...['/proc/acpi', '/proc/asound', '/proc/kcore', '/proc/keys', '/proc/latency_stats'],
  ...['/proc/timer_list', '/proc/timer_stats', '/proc/sched_debug', '/sys/firmware', '/proc/scsi'],
];

const readonlyPaths = [
  ...['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
];
