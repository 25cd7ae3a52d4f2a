import { describe, expect, it } from 'vitest';

import { UsageError } from '../../src/errors.js';
import { parseScenario } from '../../src/parse/scenario.js';

function parse(guest: string) {
  const text = `name: x\nmatrix:\n  - guest: ${guest}\n    tier: cold\n`;
  return parseScenario(text, 'a.yaml', '/scenarios', ['tiny']);
}

function errorOf(guest: string): string {
  try {
    parse(guest);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  return 'accepted';
}

const ready = (words: string) => errorOf(`{ kernel: /v, ready: { ${words} } }`);

describe('a guest without our PID 1', () => {
  it('has its ready line, what it is asked, and a disk beside the scenario', () => {
    const { blocks } = parse(
      "{ kernel: v, initramfs: my.cpio, disk: { path: root.ext4, mode: readonly }, ready: { console: 'login:$', send: \"say {nonce}\\n\", answer: '^heard {nonce}' } }",
    );
    expect(blocks[0]?.guest[0]).toMatchObject({
      ...{ kernel: '/scenarios/v', initramfs: '/scenarios/my.cpio' },
      disk: { path: '/scenarios/root.ext4', mode: 'readonly' },
      ready: { line: 'login:$', ask: { send: 'say {nonce}\n', answer: '^heard {nonce}' } },
    });
  });

  it('needs no question', () => {
    const [guest] = parse("{ kernel: /v, ready: { console: 'up' } }").blocks[0]?.guest ?? [];
    expect(guest).toMatchObject({ ready: { line: 'up', ask: undefined } });
  });

  it.each([
    [
      "console: '(up'",
      /^a\.yaml:3:44: "console" must be a regular expression \(.*(group|paren).*\), got "\(up"$/,
    ],
    ["console: ''", /^a\.yaml:3:44: "console" must be .*, got ""$/],
    ["console: up, send: '{nonce}'", /^a\.yaml:3:54: "send" must be together with "answer"/],
    ["console: up, answer: '{nonce}'", /^a\.yaml:3:56: "answer" must be together with "send"/],
    [
      "console: up, send: hello, answer: '{nonce}'",
      /^a\.yaml:3:54: "send" must be text with \{nonce\} in it, got "hello"$/,
    ],
    [
      "console: up, send: 'say {nonce}', answer: heard",
      /^a\.yaml:3:77: "answer" must be a pattern with \{nonce\} in it/,
    ],
    [
      "console: up, send: 'say {nonce}', answer: '{nonce}'",
      /^a\.yaml:3:77: "answer" must be a pattern that does not match "send" itself/,
    ],
    [
      "console: say, send: 'say {nonce}', answer: '^heard {nonce}'",
      /^a\.yaml:3:44: "console" must be a pattern that does not match "send" itself, which the terminal echoes: a clone/,
    ],
    [
      "console: up, send: 'say {nonce}', answer: '[{nonce}'",
      /^a\.yaml:3:77: "answer" must be a regular expression \(/,
    ],
    ['consol: up', /^a\.yaml:3:35: unknown key "consol" \(did you mean "console"\?\)$/],
  ])('is refused where it stands: %s', (words, message) => {
    expect(ready(words)).toMatch(message);
  });

  it('has a disk in one of two modes', () => {
    expect(errorOf('{ kernel: /v, disk: { path: d, mode: rw } }')).toMatch(
      /"mode" must be one of readonly, overlay, got "rw"$/,
    );
  });
});
