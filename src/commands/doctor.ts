/** `basepoint doctor`: what this host can run, and why not. */
import type { Context } from '../context.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { hostFingerprint, readHostFacts } from '../host/facts.js';
import { findQemus } from '../host/qemu.js';
import { hostReport, hostReportText } from '../host/show.js';
import { readGuests } from '../parse/guests.js';
import { Cache } from '../prepare/cache.js';
import { findRuntimes } from '../prepare/containers.js';
import { kvmSpeed } from '../prepare/survey.js';
import { runtimeNames } from '../tiers.js';

export async function doctorCommand(
  options: { readonly json: boolean; readonly qemu: readonly string[] },
  context: Context,
): Promise<ExitCode> {
  const facts = readHostFacts();
  const qemus = await findQemus({ path: context.env['PATH'] ?? '', extra: options.qemu });
  const cache = await Cache.open(context);
  const guests = await readGuests(context.home);
  const speed = await kvmSpeed(qemus, guests, facts, cache, context);
  const runtimes = await findRuntimes(runtimeNames, cache, context);
  const report = hostReport(facts, qemus, speed, runtimes);
  const json = { fingerprint: hostFingerprint(facts), ...report };
  context.stdout.write(
    options.json ? `${JSON.stringify(json, null, 2)}\n` : hostReportText(report),
  );
  return exitCodes.fine;
}
