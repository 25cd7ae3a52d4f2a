import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';

import { Control, parseStamps } from '../../src/qemu/control.js';
import type { Exit } from '../../src/qemu/running.js';

/** The library's end of the channel: what it was told, and a way to speak. */
function library(): {
  control: Control;
  told: () => string;
  say: (text: string) => void;
  hangUp: () => void;
} {
  let told = '';
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      told += chunk.toString();
      done();
    },
  });
  return {
    control: new Control(stream),
    told: () => told,
    say: (text) => stream.push(text),
    hangUp: () => stream.destroy(),
  };
}

interface Heard {
  pid?: number;
  refused?: Error;
  exit?: Exit;
}

function listener(heard: Heard) {
  return {
    cloned: (pid: number) => (heard.pid = pid),
    refused: (error: Error) => (heard.refused = error),
    exited: (exit: Exit) => (heard.exit = exit),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the control channel', () => {
  it('parks the base point, and hears how much of its code is in huge pages', async () => {
    const { control, told, say } = library();
    const parked = control.park();
    expect(told()).toBe('park\n');
    say('parked huge=4194304\n');
    expect(await parked).toBe(2 ** 22);
  });

  it('asks for a clone and hears of its life, whatever comes between', async () => {
    const { control, told, say } = library();
    const [one, two]: [Heard, Heard] = [{}, {}];
    control.clone('one', ['fd:3=connect:@a', 'fd:8=reopen'], listener(one));
    control.clone('two', [], listener(two));
    expect(told()).toBe('clone one fd:3=connect:@a fd:8=reopen\nclone two \n');
    say('basepoint 1 version=0.1.0 pid=9\ncloned two pid=22 park_ns=1 fork_ns=2\nclon');
    say('ed one pid=11 park_ns=1\nexited one pid=11 code=0\nexited two pid=22 signal=9\n');
    await settled();
    expect([one.pid, two.pid]).toEqual([11, 22]);
    expect(one.exit).toMatchObject({ code: 0, signal: null });
    expect(two.exit).toMatchObject({ code: null, signal: 'signal 9' });
    expect(await control.hello).toContain('version=0.1.0');
  });

  it('says why a clone was refused', async () => {
    const { control, say } = library();
    const heard: Heard = {};
    control.clone('a', [], listener(heard));
    say('refused a vcpu-ran a vCPU has executed KVM_RUN\n');
    await settled();
    expect(heard.refused?.message).toBe(
      'the base point refused to be forked (vcpu-ran): a vCPU has executed KVM_RUN',
    );
  });

  it('takes the end of the base point for the end of its clones', async () => {
    const { control, say, hangUp } = library();
    const [living, asked, late]: [Heard, Heard, Heard] = [{}, {}, {}];
    control.clone('living', [], listener(living));
    say('cloned living pid=5\n');
    await settled();
    control.clone('asked', [], listener(asked));
    const stamps = control.stamps('living');
    hangUp();
    await settled();
    expect(living.exit?.signal).toBe('SIGKILL');
    expect(asked.refused?.message).toMatch(/base point has ended/);
    expect(await stamps).toBeUndefined();
    control.clone('late', [], listener(late));
    expect(late.refused?.message).toMatch(/base point has ended/);
    await expect(control.hello).rejects.toThrow(/base point has ended/);
  });
});

describe('the stamps of a clone', () => {
  it('are read as the library writes them', () => {
    const stamps = parseStamps(
      'stages x request=100 parked=200 forked=300 descriptors=- kvm=- revived=- run=- mark=900 marks=94@900,96@950 lost=0',
    );
    expect(stamps.stages).toEqual({ request: 100n, parked: 200n, forked: 300n, mark: 900n });
    expect(stamps.marks).toEqual([
      { code: 0x94, atNs: 900n },
      { code: 0x96, atNs: 950n },
    ]);
  });

  it('may hold no mark at all', () => {
    expect(parseStamps('stages x request=- marks=- lost=0').marks).toEqual([]);
  });

  it('name only stages the library has', async () => {
    const { readFile } = await import('node:fs/promises');
    const header = await readFile(
      new URL('../../native/basepoint/protocol.h', import.meta.url),
      'utf8',
    );
    const words = [...header.matchAll(/^ {4}X\([A-Z]+, "(\w+)", /gm)].map(([, word]) => word);
    for (const word of [
      'request',
      'parked',
      'forked',
      'warmed',
      'vm',
      'descriptors',
      'kvm',
      'revived',
      'run',
      'mark',
    ]) {
      expect(words).toContain(word);
    }
  });
});
