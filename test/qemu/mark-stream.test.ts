import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';

import { guestCodes } from '../../src/marks.js';
import { answerSize, type Answer } from '../../src/qemu/frames.js';
import { MarkStream } from '../../src/qemu/mark-stream.js';

const { KERNEL, INIT, READY, WORK, DATA, ERROR } = guestCodes;

/** Every byte value there is, so every code too. */
const answerBytes = Buffer.from(Array.from({ length: answerSize }, (_, index) => 0x80 + index));

let heard: unknown[];
let answers: Answer[];
let stream: MarkStream;

beforeEach(() => {
  heard = [];
  answers = [];
  stream = new MarkStream({
    mark: (code, atNs) => heard.push([code, atNs]),
    answer: (answer) => {
      heard.push('answer');
      answers.push(answer);
    },
    error: (text) => heard.push(text),
  });
});

function feed(...bytes: (number | string | Buffer)[]): void {
  const parts = bytes.map((part) =>
    typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part),
  );
  stream.feed(Buffer.concat(parts), 7n);
}

describe('the mark port', () => {
  it('gives every mark the instant its bytes arrived', () => {
    stream.feed(Buffer.from([KERNEL, INIT]), 5n);
    stream.feed(Buffer.from([READY]), 6n);
    expect(heard).toEqual([
      [KERNEL, 5n],
      [INIT, 5n],
      [READY, 6n],
    ]);
  });

  it('never takes console text for a mark', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        heard = [];
        feed(text, '\n\t\x7f\x00');
        expect(heard).toEqual([]);
      }),
    );
  });

  it('keeps console text between marks', () => {
    feed('early ', KERNEL, 'console\n', 0, INIT, 'in ', DATA, answerBytes, 'use');
    expect(stream.text).toBe('early console\nin use');
  });

  it('keeps no more than the end of a long text', () => {
    feed('a'.repeat(200_000), 'the end');
    expect(stream.text.length).toBeLessThanOrEqual(128 * 1024);
    expect(stream.text).toMatch(/a{65000}the end$/);
  });

  it('passes on a code it does not know', () => {
    feed(0xff, 0x80);
    expect(heard).toEqual([
      [0xff, 7n],
      [0x80, 7n],
    ]);
  });
});

describe('the answer', () => {
  it('may hold any byte, and marks go on behind it', () => {
    feed(WORK, DATA, answerBytes, READY);
    expect(heard).toEqual([[WORK, 7n], 'answer', [READY, 7n]]);
    expect(answers[0]?.random).toEqual(answerBytes.subarray(28));
  });

  it('may be split over chunks anywhere', () => {
    for (let cut = 0; cut <= answerSize; cut++) {
      feed(DATA, answerBytes.subarray(0, cut));
      feed(answerBytes.subarray(cut));
    }
    expect(heard).toEqual(Array.from({ length: answerSize + 1 }, () => 'answer'));
    expect(new Set(answers.map(({ identity }) => identity)).size).toBe(1);
  });

  it('is not there before its last byte', () => {
    feed(DATA, answerBytes.subarray(1));
    expect(heard).toEqual([]);
    feed(0);
    expect(heard).toEqual(['answer']);
  });
});

describe('the error text', () => {
  it('ends at its line, over chunks', () => {
    feed(ERROR, 'no second ');
    expect(heard).toEqual([]);
    feed('serial port: Größe\n', READY);
    expect(heard).toEqual(['no second serial port: Größe', [READY, 7n]]);
  });

  it('may be empty', () => {
    feed(ERROR, '\n');
    expect(heard).toEqual(['']);
  });
});

describe('a log on the mark port', () => {
  const logOf = (text: string) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(Buffer.byteLength(text));
    return Buffer.concat([Buffer.from([guestCodes.LOG]), size, Buffer.from(text)]);
  };

  it('is as long as it says, and may hold what elsewhere is a mark', () => {
    const text = 'x'.repeat(300) + '\u0090\u0094\n';
    const logs: string[] = [];
    const listening = new MarkStream({
      mark: (code) => heard.push(code),
      answer: () => undefined,
      error: () => undefined,
      log: (told) => logs.push(told),
    });
    const bytes = Buffer.concat([logOf(text), Buffer.from([READY])]);
    for (const byte of bytes) listening.feed(Buffer.from([byte]), 7n);
    expect(logs).toEqual([text]);
    expect(heard).toEqual([READY]);
  });

  it('is passed over where nobody listens', () => {
    feed(logOf('x'), READY);
    expect(heard).toEqual([[READY, 7n]]);
  });

  it('gives lines of the early console the instant of their end', () => {
    const lines: unknown[] = [];
    const listening = new MarkStream({
      mark: () => undefined,
      answer: () => undefined,
      error: () => undefined,
      printed: (line, atNs) => lines.push([line, atNs]),
    });
    listening.feed(Buffer.from('done.\nBooting '), 1n);
    listening.feed(Buffer.from('the kernel.\r\n'), 2n);
    expect(lines).toEqual([
      ['done.', 1n],
      ['Booting the kernel.', 2n],
    ]);
  });
});
