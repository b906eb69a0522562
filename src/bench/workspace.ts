/** A workspace for a benchmark, and a key to it. */
import { faceOf, newApiKey } from '../api-key.ts';
import * as apiKeys from '../db/api-keys.ts';
import type { Database } from '../db/pool.ts';
import { inWorkspace } from '../db/scope.ts';
import * as workspaces from '../db/workspaces.ts';
import { newId } from '../ids.ts';

/** Nobody is to be measured at their limits. */
const NO_LIMITS = { reads: 10_000_000, writes: 10_000_000, dials: 10_000_000 };

/** @param owner of the tables */
export async function newWorkspace(owner: Database): Promise<string> {
  const id = newId('ws');
  await workspaces.create(owner, { id, name: 'Benchmark' });
  await inWorkspace(owner, id, 'Lifting the limits', (scope) =>
    workspaces.update(scope, { limits: { key: NO_LIMITS, workspace: NO_LIMITS } }),
  );
  return id;
}

/** One that may do everything. */
export async function newKey(owner: Database, workspaceId: string): Promise<string> {
  const key = newApiKey('live');
  const face = faceOf(key);
  if (!face) throw new Error('A new key has no face.');
  const named = { id: newId('key'), name: 'Benchmark', scopes: ['admin'] };
  await inWorkspace(owner, workspaceId, 'Making a key', (scope) =>
    apiKeys.insert(scope, { ...named, ...face }),
  );
  return key;
}
