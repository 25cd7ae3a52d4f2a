#!/usr/bin/env node
/** The only file that touches the process. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { exitCodes } from './errors.js';
import { exitCodeFor, main } from './main.js';

const home = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${home}/package.json`, 'utf8')) as { version: string };
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupt.abort(new Error('interrupted'));
  });
}

// A reader that has seen enough, such as `head`, is no defect: what is left is written to nobody.
// A full disk is trouble of the host: the run ends as at an interrupt, and never like a regression.
const args = process.argv.slice(2);
let isBroken = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || isBroken) return;
    isBroken = true;
    interrupt.abort(error);
    if (stream === process.stdout) {
      process.stderr.write(`basepoint: cannot write what it has to say: ${error.message}\n`);
    }
    process.once('exit', () => {
      process.exitCode = exitCodeFor(args, exitCodes.environment);
    });
  });
}

process.exitCode = await main(args, {
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
