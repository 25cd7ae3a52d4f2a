/** A home of its own with packaged guests, and their packages, so that nothing is downloaded. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

import { testContext, type TestContext } from './context.js';
import { bzImage, elf, packed } from './kernel-images.js';

const rest = `initramfs: none
commandLine: ''
marks: [kernel, init]
needsNativeKvm: false
minimumMemory: 16M
`;

/** @param configs of the guests' kernels, by name; the package of `a` is `a.deb` in the folder */
export async function kernelHome(
  folder: string,
  configs: Readonly<Record<string, string>> = { mine: 'CONFIG_PVH=y\n' },
): Promise<TestContext> {
  for (const [name, config] of Object.entries(configs)) {
    const deb = await makePackage(folder, name, config);
    const sha256 = createHash('sha256')
      .update(await readFile(deb))
      .digest('hex');
    const source = `source: { package: linux-image-${name}, file: boot/vmlinuz-${name} }`;
    await declare(folder, name, `${source}\nversion: '1.0'\nsha256: ${sha256}`);
  }
  return { ...testContext(folder), home: folder };
}

/** Adds a guest to the home. */
export async function declare(folder: string, name: string, source: string): Promise<void> {
  const guest = join(folder, 'kernels', name);
  await mkdir(guest, { recursive: true });
  const text = `name: ${name}\ndescription: of a test\n${source}\n${rest}`;
  await writeFile(join(guest, 'guest.yaml'), text);
}

async function makePackage(folder: string, name: string, config: string): Promise<string> {
  const files = {
    [`boot/vmlinuz-${name}`]: bzImage(await packed(elf(), 'zstd')),
    [`boot/config-${name}`]: config,
  };
  return debOf(folder, `linux-image-${name}`, name, files);
}

/** Builds a package of these files as `NAME.deb` in the folder. */
export async function debOf(
  folder: string,
  packageName: string,
  name: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<string> {
  const tree = join(folder, 'package', name);
  const control = `Package: ${packageName}\nVersion: 1.0\nArchitecture: amd64\nMaintainer: a test <test@example.org>\nDescription: of a test\n`;
  for (const [file, content] of Object.entries({ 'DEBIAN/control': control, ...files })) {
    await mkdir(join(tree, file, '..'), { recursive: true });
    await writeFile(join(tree, file), content);
  }
  const deb = join(folder, `${name}.deb`);
  await execa('dpkg-deb', ['--build', '--root-owner-group', '-Znone', tree, deb]);
  return deb;
}
