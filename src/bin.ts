#!/usr/bin/env node
/** The only file that touches the process. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { main } from './main.js';

const home = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${home}/package.json`, 'utf8')) as { version: string };
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupt.abort(new Error('interrupted'));
  });
}

process.exitCode = await main(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  pid: process.pid,
  uid: process.getuid?.() ?? 0,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
  home,
  version,
  nodeVersion: process.version,
});
