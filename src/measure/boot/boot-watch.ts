/** What is seen of one boot while it is traced, each with the instant at which the harness saw it. */
import { guestCodes } from '../../marks.js';
import { loadingOf, type Loading } from '../../qemu/trace.js';

export class BootWatch {
  /** When QEMU was told to begin; undefined where it was not held up. */
  beganNs: bigint | undefined;
  readonly #loaded: { readonly loading: Loading; readonly heardNs: bigint }[] = [];
  /** Each time the early console's port was set up: by setup code, decompressor and kernel. */
  readonly kernelNs: bigint[] = [];
  readonly syncNs: bigint[] = [];
  /** The decompressor was done; only kernels with CONFIG_X86_VERBOSE_BOOTUP say so. */
  bootingNs: bigint | undefined;
  log = '';
  #rest = '';

  mark(code: number, atNs: bigint): void {
    if (code === guestCodes.KERNEL) this.kernelNs.push(atNs);
    if (code === guestCodes.SYNC) this.syncNs.push(atNs);
  }

  /** A line on the early console. */
  printed(line: string, atNs: bigint): void {
    if (line.startsWith('Booting the kernel')) this.bootingNs ??= atNs;
  }

  /** Of QEMU's standard error. */
  said(text: string, atNs: bigint): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const loading = loadingOf(line);
      if (loading !== undefined) this.#loaded.push({ loading, heardNs: atNs });
    }
  }

  /**
   * The loader's accesses to parts of the kernel, as QEMU timed them: lines that come together were not
   * written together. Its clock is turned into ours by the line that was heard soonest.
   */
  get loadedNs(): readonly bigint[] {
    const delays = this.#loaded.flatMap(({ loading: { wallNs }, heardNs }) =>
      wallNs === undefined ? [] : [heardNs - wallNs],
    );
    const [first = 0n, ...rest] = delays;
    const offset = rest.reduce((least, delay) => (delay < least ? delay : least), first);
    return this.#loaded.map(({ loading: { wallNs }, heardNs }) =>
      wallNs === undefined ? heardNs : wallNs + offset,
    );
  }
}
