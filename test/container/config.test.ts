import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { containerDescriptors, ociConfig } from '../../src/container/config.js';
import { home } from '../support/context.js';

const spec = {
  id: 'one',
  rootfs: '/cache/rootfs',
  program: '/init',
  memoryMiB: 32,
  cgroup2: false,
};

interface Config {
  readonly process: { readonly terminal: boolean; readonly args: readonly string[] };
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly linux: {
    readonly cgroupsPath: string;
    readonly resources: { readonly memory: { readonly limit: number } };
    readonly namespaces: readonly { readonly type: string }[];
  };
}

const configOf = (replaced: Partial<typeof spec> = {}) =>
  ociConfig({ ...spec, ...replaced }) as Config;

describe('the bundle of a container', () => {
  it('has a read-only root, our program, a memory limit and a cgroup of its own name', () => {
    const { process, root, linux } = configOf();
    expect(process).toMatchObject({ terminal: false, args: ['/init'] });
    expect(root).toEqual({ path: '/cache/rootfs', readonly: true });
    expect(linux.cgroupsPath).toBe('/one');
    expect(linux.resources.memory.limit).toBe(32 * 1024 * 1024);
  });

  it('has the namespaces of `runc spec`, on either version of cgroups', () => {
    const types = (cgroup2: boolean) =>
      configOf({ cgroup2 }).linux.namespaces.map(({ type }) => type);
    expect(types(false)).toEqual(['pid', 'network', 'ipc', 'uts', 'mount']);
    expect(types(true)).toEqual(['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup']);
  });

  it('hands on the descriptors that PID 1 looks for', () => {
    const source = readFileSync(join(home, 'kernels/container/main.c'), 'utf8');
    const number = (name: string) => new RegExp(`#define ${name} (\\d+)`).exec(source)?.[1];
    expect(number('MARKS')).toBe(String(containerDescriptors.marks));
    expect(number('GO')).toBe(String(containerDescriptors.go));
  });
});
