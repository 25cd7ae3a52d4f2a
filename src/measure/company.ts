/**
 * Starts that are made together: where they wait for one another. Everything of a burst is prepared
 * before its first request is made; nothing is read from /proc while one of them is still under way;
 * and none ends before all were looked at, for the memory they share is divided by their number.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

import { now } from '../clock.js';

export interface Company {
  /**
   * Begins when everything of the others is prepared too.
   *
   * @param act gets the instant that all of them share, where they do
   */
  begin<T>(act: (startNs?: bigint) => T): Promise<T>;
  /** Resolves when the others have come to rest too, or failed. */
  rest(): Promise<void>;
  /** Resolves when the others have been looked at too. */
  lookedAt(): Promise<void>;
  /** Nobody waits for this start any more. */
  leave(): void;
  /** Whether its process is read from /proc; not where that would disturb others that are under way. */
  readonly isLookedAt: boolean;
}

/** A start by itself. */
export const alone: Company = {
  begin: (act) => promised(act),
  rest: () => Promise.resolve(),
  lookedAt: () => Promise.resolve(),
  leave: () => undefined,
  isLookedAt: true,
};

function promised<T>(act: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(act());
  });
}

/** A cyclic barrier: it opens when all who are left have arrived, and closes behind them. */
export class Barrier {
  #arrived: (() => void)[] = [];

  constructor(private members: number) {}

  join(): void {
    this.members += 1;
  }

  leave(): void {
    this.members -= 1;
    this.#openIfFull();
  }

  arrive(): Promise<void> {
    return new Promise((resolve) => {
      this.call(resolve);
    });
  }

  /** As {@link arrive}; all are called back in one turn of the event loop. */
  call(back: () => void): void {
    this.#arrived.push(back);
    this.#openIfFull();
  }

  #openIfFull(): void {
    if (this.#arrived.length < this.members) return;
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const back of arrived) back();
  }
}

/**
 * The company of `count` starts that are asked for at the same instant. Requests for clones are
 * written in one go. A process takes the harness a millisecond or two to spawn, in which it sees no
 * mark: so spawns follow one another without delay, but each in a turn of the event loop of its own.
 */
export function burst(count: number, begins: 'spawn' | 'clone'): Company {
  const barrier = new Barrier(count);
  let startNs: bigint | undefined;
  let turns = Promise.resolve();
  const begin = <T>(act: (startNs?: bigint) => T) =>
    new Promise<T>((resolve) => {
      barrier.call(() => {
        const at = (startNs ??= now());
        const go = () => {
          resolve(promised(() => act(at)));
        };
        if (begins === 'clone') go();
        else turns = turns.then(() => nextTurn()).then(go);
      });
    });
  return {
    begin,
    rest: () => barrier.arrive(),
    lookedAt: () => barrier.arrive(),
    leave: () => {
      barrier.leave();
    },
    isLookedAt: true,
  };
}
