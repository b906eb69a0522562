/** What a benchmark asks Temporal and the database of its instance, and the model it gives it. */
import { createDatabase } from '../db/pool.ts';
import type { Database } from '../db/pool.ts';
import { linkToTemporal } from '../temporal/connection.ts';
import type { TemporalLink } from '../temporal/connection.ts';
import { withInstance } from './bench-instance.ts';
import type { BenchInstance } from './bench-instance.ts';
import type { BenchContext } from './benchmark.ts';
import { startInstantModel } from './instant-model.ts';
import type { InstantModel } from './instant-model.ts';
import { untilAllClosed } from './open-calls.ts';

/** A call closes 15 s after its end. */
const CLOSE_MS = 60_000;

/** An instance whose model answers at once. @throws Interrupted as `withInstance` does. */
export async function withInstantModel<T>(
  context: BenchContext,
  { sealed }: { sealed: number },
  use: (bench: BenchInstance, model: InstantModel) => Promise<T>,
): Promise<T> {
  const model = await startInstantModel();
  try {
    const surroundings = { modelUrl: model.baseUrl, isSealed: sealed === 1 };
    return await withInstance(context, surroundings, (bench) => use(bench, model));
  } finally {
    await model.close();
  }
}

/** A client of the instance's Temporal, which opens what is sealed. */
export async function withTemporal<T>(
  { instance, secretKeys }: BenchInstance,
  use: (client: TemporalLink['client']) => Promise<T>,
): Promise<T> {
  const { temporalAddress: address, namespace } = instance.running;
  const link = linkToTemporal({ address, namespace, secretKeys });
  try {
    return await use(link.client);
  } finally {
    await link.close();
  }
}

export async function withDatabase<T>(
  { instance }: BenchInstance,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  const database = createDatabase({ url: instance.databaseUrl, applicationName: 'voca-bench' });
  try {
    return await use(database);
  } finally {
    await database.destroy();
  }
}

/** @returns the calls that do not close; undefined when that is not known. */
export function callsLeftOpen(bench: BenchInstance): Promise<string[] | undefined> {
  return withTemporal(bench, (client) => untilAllClosed(client, CLOSE_MS, bench.stopping));
}
