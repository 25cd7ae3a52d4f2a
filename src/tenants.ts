/**
 * Tenants: whoever must not learn what another one's guests know. A template's clones share its pages
 * and its kernel's secrets, so each tenant has templates of its own, and nobody else is given them.
 */
import { EnvironmentError } from './errors.js';

export interface Tenant {
  /** {@link noTenant} where the scenario names none. */
  readonly name: string;
  /** Owner of the tenant's templates where the harness is root; undefined: the harness's user. */
  readonly uid: number | undefined;
}

/** Cells of no tenant share their templates with each other, and with no tenant. */
export const noTenant: Tenant = { name: 'none', uid: undefined };

/**
 * Users of tenants that a scenario gives no uid: above what distributions and containers hand out
 * (systemd's last range ends at 1879048191), below 2^31.
 */
const firstUid = 2_000_000_000;
const uidCount = 100_000_000;

/** Follows from the name alone: the templates in the cache belong to it in every run (FNV-1a). */
export function uidOfTenant(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return firstUid + (hash % uidCount);
}

/**
 * What stands between a cell and a template or base point that is not its tenant's.
 *
 * @param what completes "... is WHAT of tenant"
 * @throws EnvironmentError that names both tenants
 */
export function refuseOtherTenant(what: string, owner: string, asker: string): void {
  if (owner === asker) return;
  throw new EnvironmentError(
    `refused: it is ${what} of ${spoken(owner)}, and ${spoken(asker)} asks for it: tenants share neither pages nor secrets`,
  );
}

function spoken(name: string): string {
  return name === noTenant.name ? 'no tenant' : `tenant "${name}"`;
}
