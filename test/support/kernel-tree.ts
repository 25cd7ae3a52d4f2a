/** A tiny tree whose Makefile does what the kernel's own build does, as far as one sees it from outside. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { elf } from './kernel-images.js';

/** Takes every option of the fragment but CONFIG_LOST; each object takes as long as told. */
const makefile = (secondsAnObject: number) => `
allnoconfig:
	@grep -v LOST '$(KCONFIG_ALLCONFIG)' > $(O)/.config
vmlinux: $(foreach n,1 2 3 4 5 6 7 8,object-$(n))
	@mkdir -p $(O)/arch/x86/boot/compressed
	@cp image $(O)/arch/x86/boot/compressed/vmlinux.bin
	@echo '$(KBUILD_BUILD_USER) $(KBUILD_BUILD_TIMESTAMP)' >> $(O)/arch/x86/boot/compressed/vmlinux.bin
	@touch $(O)/System.map
object-%:
	@echo '  CC      kernel/$@.o'
	@sleep ${secondsAnObject}
bzImage: vmlinux
	@cp image $(O)/arch/x86/boot/bzImage
`;

export async function kernelTree(
  folder: string,
  { secondsAnObject = 0, broken = false } = {},
): Promise<string> {
  const tree = join(folder, 'tree');
  await mkdir(tree, { recursive: true });
  const text = makefile(secondsAnObject);
  const wrong = "bzImage: fail\nfail:\n\t@echo 'no rule for this' >&2; exit 1\n";
  await writeFile(join(tree, 'Makefile'), broken ? `${text}${wrong}` : text);
  await writeFile(join(tree, 'Kbuild'), '');
  await writeFile(join(tree, 'image'), elf());
  return tree;
}
