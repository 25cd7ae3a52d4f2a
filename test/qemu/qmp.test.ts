import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import { Qmp, QmpError, type QmpEvent } from '../../src/qemu/qmp.js';

/** The monitor's end of a stream in memory: keeps what was asked, says what it is told to. */
function monitor() {
  const asked: { execute: string; arguments?: unknown }[] = [];
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      for (const line of chunk.toString().trimEnd().split('\n')) {
        asked.push(JSON.parse(line) as (typeof asked)[number]);
      }
      done();
    },
  });
  const say = async (text: string) => {
    stream.push(text);
    await turn();
  };
  return { qmp: new Qmp(stream), stream, asked, say };
}

const greeting = '{"QMP": {"version": {}, "capabilities": ["oob"]}}\r\n';

describe('a command', () => {
  it('may be written before QEMU has greeted', async () => {
    const { qmp, asked, say } = monitor();
    const ready = qmp.execute('qmp_capabilities');
    const status = qmp.execute('query-status');
    expect(asked).toEqual([{ execute: 'qmp_capabilities' }, { execute: 'query-status' }]);
    await say(`${greeting}{"return": {}, "id": 1}\r\n{"return": {"running": true}, "id": 2}\r\n`);
    expect(await ready).toEqual({});
    expect(await status).toEqual({ running: true });
  });

  it('carries its arguments', () => {
    const { qmp, asked } = monitor();
    void qmp.execute('migrate-incoming', { uri: 'file:x' });
    expect(asked).toEqual([{ execute: 'migrate-incoming', arguments: { uri: 'file:x' } }]);
  });

  it('that was begun before a fork is finished by the clone, and the next one is whole', () => {
    const base = monitor();
    const clone = monitor();
    let sent = '';
    base.stream.write = (text: string) => (sent += text) !== '';
    base.qmp.begin({ command: 'migrate-incoming', args: { uri: 'file:x' } });
    clone.stream.write = (text: string) => (sent += text) !== '';
    const qmp = new Qmp(clone.stream, base.qmp.begun);
    void qmp.execute('migrate-incoming', { uri: 'file:x' });
    void qmp.execute('cont');
    expect(sent.split('\n')).toEqual([
      '{"execute":"migrate-incoming","arguments":{"uri":"file:x"}}',
      '{"execute":"cont"}',
      '',
    ]);
  });

  it('other than the one that was begun is refused, and nothing is sent of it', async () => {
    const { stream, asked } = monitor();
    const refused = new Qmp(stream, '{"execute":"cont"').execute('query-status');
    await expect(refused).rejects.toThrow('sent the beginning of another command');
    expect(asked).toEqual([]);
  });

  it('is answered in its turn: QEMU keeps the order', async () => {
    const { qmp, say } = monitor();
    const answers = [qmp.execute('a'), qmp.execute('b')];
    await say('{"return": "first"}\n');
    await say('{"return": "second"}\n');
    expect(await Promise.all(answers)).toEqual(['first', 'second']);
  });

  it('that QEMU refuses fails alone, with its name and what QEMU said', async () => {
    const { qmp, say } = monitor();
    const refused = qmp.execute('cont');
    const other = qmp.execute('query-status');
    const error = '{"class": "GenericError", "desc": "Resetting the VM is required"}';
    await say(`{"error": ${error}, "id": 1}\n{"return": 7, "id": 2}\n`);
    await expect(refused).rejects.toThrow(
      new QmpError('cont', 'GenericError', 'Resetting the VM is required'),
    );
    await expect(refused).rejects.toMatchObject({
      message: 'QMP command "cont" failed: Resetting the VM is required',
      errorClass: 'GenericError',
    });
    expect(await other).toBe(7);
  });

  it('is not answered by what is for none', async () => {
    const { qmp, say } = monitor();
    const answer = qmp.execute('a');
    await say(`${greeting}{"event": "STOP", "data": {}}\n[]\n3\nnull\n`);
    await say('{"return": "mine"}\n');
    expect(await answer).toBe('mine');
  });
});

describe('a stream', () => {
  it('may split and join lines anywhere, inside a character too', async () => {
    const { qmp, stream } = monitor();
    const answers = [qmp.execute('a'), qmp.execute('b')];
    const bytes = Buffer.from('{"return": "Grüße €", "id": 1}\r\n\n{"return": "𝄞", "id": 2}\n');
    for (const byte of bytes) stream.push(Buffer.from([byte]));
    expect(await Promise.all(answers)).toEqual(['Grüße €', '𝄞']);
  });

  it('that is not QMP fails what waits and what comes after', async () => {
    const { qmp, say } = monitor();
    const waiting = qmp.execute('a');
    await say('qemu-system-x86_64: what?\n');
    const error = 'the monitor sent what is not JSON: qemu-system-x86_64: what?';
    await expect(waiting).rejects.toThrow(error);
    await expect(qmp.execute('b')).rejects.toThrow(error);
  });

  it('that closes fails what waits and what comes after', async () => {
    const { qmp, stream } = monitor();
    const waiting = [qmp.execute('a'), qmp.execute('b')];
    stream.destroy();
    for (const one of [...waiting, qmp.execute('c')]) {
      await expect(one).rejects.toThrow('the monitor closed its connection');
    }
  });

  it('that breaks says why', async () => {
    const { qmp, stream } = monitor();
    const waiting = qmp.execute('a');
    stream.destroy(new Error('read ECONNRESET'));
    await expect(waiting).rejects.toThrow('read ECONNRESET');
  });

  it('that closes leaves no rejection behind for a command nobody waits for', async () => {
    const { qmp, stream } = monitor();
    void qmp.execute('a');
    stream.destroy();
    await turn();
  });
});

describe('an event', () => {
  const migration = (status: string) =>
    `{"event": "MIGRATION", "data": {"status": "${status}"}, "timestamp": {"seconds": 1}}\n`;

  it('goes to every listener until it stops', async () => {
    const { qmp, say } = monitor();
    const seen: QmpEvent[] = [];
    const stop = qmp.onEvent((event) => seen.push(event));
    await say(`${migration('setup')}{"event": "RESUME"}\n`);
    stop();
    await say(migration('completed'));
    expect(seen).toEqual([
      { event: 'MIGRATION', data: { status: 'setup' } },
      { event: 'RESUME', data: {} },
    ]);
  });

  it('between a command and its answer is not taken for the answer', async () => {
    const { qmp, say } = monitor();
    const answer = qmp.execute('migrate');
    await say(`${migration('setup')}{"return": {}, "id": 1}\n`);
    expect(await answer).toEqual({});
  });

  it('may be waited for', async () => {
    const { qmp, say } = monitor();
    const done = qmp.waitEvent(({ data }) => data['status'] === 'completed');
    await say(migration('active') + migration('completed') + migration('completed'));
    expect(await done).toEqual({ event: 'MIGRATION', data: { status: 'completed' } });
  });
});
