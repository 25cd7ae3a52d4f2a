import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

import { launcher } from './support/context.js';

/** What the launcher makes of a program, as that program sees it. */
async function read(file: string, ...options: readonly string[]): Promise<string> {
  const program = ['/bin/cat', file];
  const { stdout } = await execa(launcher, [...options, String(process.pid), '3', ...program]);
  return stdout;
}

describe('the launcher', () => {
  it('lets a program be killed before others where memory runs out, if it is told to', async () => {
    const own = await read('/proc/self/oom_score_adj');
    expect(own).not.toBe('500');
    expect(await read('/proc/self/oom_score_adj', '--dies-first')).toBe('500');
  });

  it('takes its options together', async () => {
    const status = await read('/proc/self/status', '--dies-first', '--no-thp', '--cpus', '0');
    expect(status).toMatch(/^Cpus_allowed_list:\s+0$/m);
    expect(status).toMatch(/^THP_enabled:\s+0$/m);
  });

  it('says what is wrong with its words', async () => {
    const ended = await execa(launcher, ['--dies-first', '1'], { reject: false });
    expect(ended.exitCode).toBe(127);
    expect(ended.stderr).toContain('usage: basepoint-launch [--dies-first]');
  });
});
