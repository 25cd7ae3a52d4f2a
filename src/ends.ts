/**
 * Where a start ends: with what our PID 1 says, or, of a guest without it, on its console. This closed
 * list is the only one. Starts that end elsewhere are never compared.
 */
export interface EndDefinition {
  /** What a cell's id says of it; empty for the usual one. */
  readonly idPart: string;
  /** What follows a guest's name where cells of several ends stand side by side; empty for the usual one. */
  readonly label: string;
  /** When the mark `ready` fires. */
  readonly holds: string;
}

export type EndName = 'guest' | 'line' | 'answer';

export const ends: Readonly<Record<EndName, EndDefinition>> = {
  guest: {
    idPart: '',
    label: '',
    holds: 'guest user space received identity and seed, reseeded, and said so',
  },
  line: {
    idPart: 'ends-at-line',
    label: ' (ends: console)',
    holds: "the guest's own ready line was seen on its console",
  },
  answer: {
    idPart: 'ends-at-answer',
    label: ' (ends: console answer)',
    holds:
      'the guest answered on its console what it was sent, with a number drawn for this start: after its ready line (cold), or after it was resumed',
  },
};

export const endNames = Object.keys(ends) as readonly EndName[];

/** How a guest without our PID 1 shows on its console that it is ready. Patterns are of one line. */
export interface ConsoleReady {
  readonly line: string;
  /** What it is asked and must answer; undefined where it can only be watched. */
  readonly ask: ConsoleAsk | undefined;
}

/** `{nonce}` in both stands for a number that each start draws. */
export interface ConsoleAsk {
  readonly send: string;
  readonly answer: string;
}

export const noncePlace = '{nonce}';

export function endOf(ready: ConsoleReady | undefined): EndName {
  if (ready === undefined) return 'guest';
  return ready.ask === undefined ? 'line' : 'answer';
}

/** A line of text or a pattern of one, with this start's number. */
export function withNonce(text: string, nonce: string): string {
  return text.replaceAll(noncePlace, nonce);
}
