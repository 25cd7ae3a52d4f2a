/** What a scenario or a guest.yaml says of a guest that does not have our PID 1. */
import { z } from 'zod';

import { messageOf } from '../errors.js';
import { noncePlace, withNonce, type ConsoleReady } from '../ends.js';

/** Any number would do: it is only to see whether a pattern is one, and what it would match. */
const someNonce = '0123456789abcdef';

const pattern = z
  .string('a regular expression')
  .min(1)
  .superRefine((text, context) => {
    const problem = problemOf(withNonce(text, someNonce));
    if (problem === undefined) return;
    context.addIssue({ code: 'custom', message: `a regular expression (${problem})`, input: text });
  });

function problemOf(source: string): string | undefined {
  try {
    new RegExp(source);
    return undefined;
  } catch (error) {
    return messageOf(error).replace(/^Invalid regular expression: /, '');
  }
}

export const consoleReadySchema = z
  .strictObject({
    console: pattern.describe(
      'a line that the guest prints on its first serial port when it is ready',
    ),
    send: z
      .string()
      .optional()
      .describe('what it is sent there after that line, or when it is resumed, with {nonce} in it'),
    answer: pattern
      .optional()
      .describe('a line with {nonce} in it that it must print then: a clone proves itself by it'),
  })
  .superRefine(({ console: line, send, answer }, context) => {
    const found = askProblem(line, send, answer);
    if (found === undefined) return;
    const [key, message] = found;
    context.addIssue({
      code: 'custom',
      path: [key],
      message,
      input: { console: line, send, answer }[key],
    });
  })
  .transform(({ console: line, send, answer }): ConsoleReady => {
    const ask = send === undefined || answer === undefined ? undefined : { send, answer };
    return { line, ask };
  });

/** The key that a problem is at, and what completes `"key" must be`. */
function askProblem(
  line: string,
  send: string | undefined,
  answer: string | undefined,
): readonly ['console' | 'send' | 'answer', string] | undefined {
  if (send === undefined && answer === undefined) return undefined;
  if (answer === undefined)
    return ['send', 'together with "answer", which says what must come back'];
  if (send === undefined) return ['answer', 'together with "send", which asks for it'];
  if (!send.includes(noncePlace)) return ['send', `text with ${noncePlace} in it`];
  if (!answer.includes(noncePlace)) {
    return ['answer', `a pattern with ${noncePlace} in it, or an old line could pass for it`];
  }
  const other = 'a pattern that does not match "send" itself, which the terminal echoes';
  if (echoMatches(send, answer)) return ['answer', `${other} whoever is there`];
  if (echoMatches(send, line)) return ['console', `${other}: a clone would seem to have booted`];
  return undefined;
}

function echoMatches(send: string, source: string): boolean {
  if (problemOf(withNonce(source, someNonce)) !== undefined) return false;
  const expected = new RegExp(withNonce(source, someNonce));
  return withNonce(send, someNonce)
    .split(/[\r\n]+/)
    .some((line) => expected.test(line));
}

export const diskSchema = z.strictObject({
  path: z.string().min(1).describe('a raw image, relative to this file'),
  mode: z
    .enum(['readonly', 'overlay'])
    .describe('readonly: nobody can write to it; overlay: what a guest writes is gone with it'),
});
