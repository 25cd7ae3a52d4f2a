import { isAbsolute, resolve } from 'node:path';

/** A word without a slash is a name to look up; anything else is a path relative to the folder. */
export function pathOrName(word: string, folder: string): string {
  return word.includes('/') && !isAbsolute(word) ? resolve(folder, word) : word;
}
