/** Names of the kernel's functions: from what it logs, or from its System.map. Pure. */

/** Addresses in hexadecimal without leading zeros, and the names there. */
export type Symbols = ReadonlyMap<string, string>;

export function parseSystemMap(text: string): Symbols {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, address, name] = /^0*([0-9a-f]+) \w (\S+)$/.exec(line) ?? [];
    if (address !== undefined && name !== undefined && !found.has(address))
      found.set(address, name);
  }
  return found;
}

/**
 * The function's name without offset and size. An address that the map does not have stays as it is:
 * there is no map, or the kernel was placed elsewhere (KASLR).
 */
export function functionName(symbol: string, symbols: Symbols): string {
  const [, address] = /^(?:0x)?0*([0-9a-f]{8,16})$/.exec(symbol) ?? [];
  if (address !== undefined) return symbols.get(address) ?? `0x${address}`;
  return symbol.replace(/\+0x[0-9a-f]+\/0x[0-9a-f]+$/, '');
}

export function isAddress(name: string): boolean {
  return /^(?:0x)?[0-9a-f]{8,16}$/.test(name);
}
