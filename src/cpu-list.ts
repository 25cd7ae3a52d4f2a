/** Lists of CPUs as Linux writes them: `0-3,8`. */

/** More than Linux can be built for. */
const mostCpus = 8192;

/** In rising order, each once; undefined when it is no such list. */
export function parseCpuList(text: string): readonly number[] | undefined {
  const cpus = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim()) ?? [];
    if (first === undefined || Number(first) > Number(last) || Number(last) >= mostCpus) {
      return undefined;
    }
    for (let cpu = Number(first); cpu <= Number(last); cpu++) cpus.add(cpu);
  }
  return [...cpus].sort((a, b) => a - b);
}

/** As the kernel shows it in /proc/PID/status. */
export function showCpuList(cpus: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const cpu of cpus) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === cpu - 1) range[1] = cpu;
    else ranges.push([cpu, cpu]);
  }
  return ranges
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
    .join(',');
}
