/**
 * Where a tenant's templates lie, and that nobody else can read them: a folder of its own in the cache,
 * folders 0700 and files 0600, owned by the tenant's user where the harness may give them away.
 */
import { chmod, chown, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Context } from '../context.js';
import { noTenant, type Tenant } from '../tenants.js';

/** Below the cache. Names of tenants are shorter than the keys of templates, so neither is the other. */
export function tenantFolder({ name }: Tenant): string {
  return name === noTenant.name ? 'templates' : join('templates', name);
}

const root = 0;

type Harness = Pick<Context, 'uid'>;

/** Only root can give files away: else all belong to the harness's user, and modes must do. */
export function ownerOf({ uid }: Tenant, harness: Harness): number {
  return harness.uid === root ? (uid ?? root) : harness.uid;
}

/** Whether a template's folder is as {@link lockUp} left it. */
export async function closeToOthers(
  folder: string,
  tenant: Tenant,
  harness: Harness,
): Promise<boolean> {
  if (tenant.name === noTenant.name) return true;
  const { uid, mode } = await stat(folder);
  return uid === ownerOf(tenant, harness) && (mode & 0o077) === 0;
}

/** Does nothing to templates of no tenant: the cache itself is closed to others. */
export async function lockUp(folder: string, tenant: Tenant, harness: Harness): Promise<void> {
  if (tenant.name === noTenant.name) return;
  const names = await readdir(folder);
  const files = names.map((name) => join(folder, name));
  const wanted = [
    ...files.map((path) => ({ path, mode: 0o600 })),
    ...[folder, dirname(folder)].map((path) => ({ path, mode: 0o700 })),
  ];
  for (const { path, mode } of wanted) {
    await chmod(path, mode);
    if (harness.uid === root) await chown(path, ownerOf(tenant, harness), root);
  }
}
