/**
 * `npm run bench -- api`: how long the management API takes where a workspace has a million calls: every
 * filter of the list at every depth, creating assistants, and what signing in adds.
 */
import { cpus, loadavg } from 'node:os';
import { createDatabase } from '../../db/pool.ts';
import type { Database } from '../../db/pool.ts';
import { demoConfig } from '../../demo/demo-config.ts';
import { openApi } from '../../http/api/open.ts';
import { createLogger } from '../../log.ts';
import { ownEnvironment } from '../bench-instance.ts';
import type { BenchInstance } from '../bench-instance.ts';
import { withInstantModel } from '../bench-servers.ts';
import type { Benchmark, BenchContext, BenchResult } from '../benchmark.ts';
import { tenths } from '../statistics.ts';
import { newKey, newWorkspace } from '../workspace.ts';
import { apiGoals, missedOf, renderApi } from './api-figures.ts';
import type { ApiFigures } from './api-figures.ts';
import { measureCreations } from './creation-times.ts';
import { fillCalls, settle } from './fill-calls.ts';
import { filtersFor } from './filters.ts';
import { HttpClient } from './http-client.ts';
import { measureLists } from './list-times.ts';
import { measureSignIn } from './sign-in-cost.ts';
import type { SignInCost } from './sign-in-cost.ts';

type Option = 'rows' | 'other' | 'times' | 'creations' | 'requests';
type Options = Record<Option, number>;

const FILL_TIMEOUT_MS = 600_000;

export const apiBenchmark: Benchmark<Option> = {
  summary: 'the management API with a million calls; fails when it is too slow',
  options: {
    rows: { what: 'calls of the workspace', default: 1_000_000, min: 1000, max: 20_000_000 },
    other: { what: 'calls of another one', default: 100_000, min: 0, max: 20_000_000 },
    times: { what: 'pages of each place of each list', default: 25, min: 1, max: 10_000 },
    creations: { what: 'assistants that are created', default: 200, min: 1, max: 100_000 },
    requests: { what: 'requests to measure the sign-in', default: 2000, min: 10, max: 1_000_000 },
  },
  async run(options, context) {
    return withInstantModel(context, { sealed: 0 }, (bench) => measure(bench, options, context));
  },
};

async function measure(
  bench: BenchInstance,
  options: Options,
  context: BenchContext,
): Promise<BenchResult> {
  const { stopping, instance } = bench;
  const loadBefore = loadavg()[0] ?? 0;
  const owner = createDatabase({
    url: instance.databaseUrl,
    applicationName: 'voca-bench',
    statementTimeoutMs: FILL_TIMEOUT_MS,
  });
  try {
    const filled = await fill(owner, options, context, stopping);
    const measured = await measureAll(bench, owner, filled.workspaceId, options, context);
    const { problems, ...parts } = measured;
    const goals = apiGoals(parts);
    const figures: ApiFigures = {
      benchmark: 'api',
      rows: options.rows,
      otherRows: options.other,
      times: options.times,
      fillSeconds: filled.seconds,
      ...parts,
      goals,
      missed: missedOf(goals),
      errors: problems.length,
      node: process.version,
      cores: cpus().length,
      load: [loadBefore, loadavg()[0] ?? 0],
      interrupted: stopping.aborted,
    };
    return {
      report: renderApi(figures, problems),
      json: { ...figures },
      errors: figures.errors + figures.missed,
      interrupted: stopping.aborted,
    };
  } finally {
    await owner.destroy();
  }
}

/** Two workspaces with calls; the first one is measured. */
async function fill(
  owner: Database,
  { rows, other }: Options,
  { progress }: BenchContext,
  stopping: AbortSignal,
): Promise<{ workspaceId: string; seconds: number }> {
  const [workspaceId, otherId] = [await newWorkspace(owner), await newWorkspace(owner)];
  const startedAt = performance.now();
  const plan = [
    { workspaceId: otherId, calls: other },
    { workspaceId, calls: rows },
  ];
  for (const { calls, ...each } of plan) {
    const onProgress = (done: number) => progress.live(`Making calls: ${done} of ${calls} ...`);
    if (!stopping.aborted) await fillCalls(owner, { ...each, calls, onProgress });
  }
  await settle(owner);
  const seconds = tenths((performance.now() - startedAt) / 1000);
  progress.say(`${rows + other} calls were made in ${seconds} s. Measuring ...`);
  return { workspaceId, seconds };
}

async function measureAll(
  bench: BenchInstance,
  owner: Database,
  workspaceId: string,
  { times, creations, requests }: Options,
  { env, progress }: BenchContext,
) {
  const { stopping, instance } = bench;
  const key = await newKey(owner, workspaceId);
  const client = new HttpClient(instance.running.apiUrl, key);
  try {
    const filters = await filtersFor(owner, workspaceId);
    const listing = { client, owner, workspaceId, filters, times, stopping, progress };
    const { lists, problems } = await measureLists(listing);
    const creating = await measureCreations(client, creations, stopping);
    const signIn = stopping.aborted ? undefined : await signInCost(bench, env, { key, requests });
    const all = [...problems, ...creating.problems, ...(signIn?.problems ?? [])];
    return { lists, creating, signIn: signIn ?? null, problems: all };
  } finally {
    client.close();
  }
}

/** In this process, with all that a process of the api role opens. */
async function signInCost(
  { authToken, dataDir, instance }: BenchInstance,
  env: BenchContext['env'],
  { key, requests }: { key: string; requests: number },
): Promise<SignInCost> {
  const databaseUrl = instance.databaseUrl;
  const nobody = 'http://127.0.0.1:9';
  const own = {
    ...ownEnvironment(env, nobody),
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: instance.running.temporalAddress,
  };
  const place = { authToken, port: 5000, simulatorUrl: nobody, dataDir };
  const { config } = demoConfig(own, place);
  const api = openApi(config, createLogger({ level: 'fatal', role: 'api' }));
  if (!api) throw new Error('There is no database to sign in with.');
  try {
    return await measureSignIn(api.options, { databaseUrl, key, requests });
  } finally {
    await api.close();
  }
}
