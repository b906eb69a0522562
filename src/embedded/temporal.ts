/** An embedded Temporal: the development server on 127.0.0.1, its data in a file of ours. */
import { join } from 'node:path';
import { minimalEnv } from './machine.ts';
import type { MachineEnv } from './machine.ts';
import { boundToParent } from './parent-death.ts';
import { runDir } from './pid-file.ts';
import type { PortName, Ports } from './ports.ts';
import type { ServerSpec } from './server-spec.ts';

export const TEMPORAL_NAME = 'voca-temporal';

export interface TemporalOptions {
  dataDir: string;
  env: MachineEnv;
  /** No Web UI: for tests. */
  headless: boolean;
  /** Names of Keyword search attributes. */
  searchAttributes: readonly string[];
  /** Where the Web UI has sealed payloads opened, such as `http://127.0.0.1:5000/codec`. */
  codecEndpoint?: string | undefined;
  /** Further dynamic configuration, such as `limit.historyCount.suggestContinueAsNew=300` (tests). */
  settings?: readonly string[];
}

/**
 * Without the first two, each shard reads its queues only 20 times a second and every task waits
 * 50 ms for its turn; the eager start saves a round trip per activity. The time shift makes room for
 * clocks of several servers: a timer that is due sooner than that (1 s by default) fires late, which
 * is most of what a killed worker costs; here there is one clock. The last one bounds the time that a
 * workflow task which was lost more than once is given on top (10 minutes by default) before another
 * worker gets it.
 *
 * The server keeps the state of the workflows that it has looked at, closed ones too: up to 128,000
 * by default, of some 20 kB. They are fewer here, but none goes because of its age (when it is asked
 * for, after 1 hour by default): where a workflow's state goes while an update waits for its answer, whoever waits is
 * never told (1.29), and a caller hears a filler in place of an answer that is there.
 */
const SERVER_SETTINGS = [
  'history.transferProcessorMaxPollRPS=1000',
  'history.timerProcessorMaxPollRPS=1000',
  'history.timerProcessorMaxTimeShift="50ms"',
  'system.enableActivityEagerExecution=true',
  'history.workflowTaskRetryMaxInterval="2s"',
  'history.cacheTTL="24h"',
  'history.hostLevelCacheMaxSize=1000',
];

/** Per cent of growth between collections: some memory for about a tenth of the server's work. */
const GARBAGE_COLLECTION = '400';

/** Five times the throughput of the default journal; safe against a killed process. */
const SQLITE_PRAGMAS = ['journal_mode=wal', 'synchronous=normal'];

/** The ports that the server listens on. */
export function temporalPorts(headless: boolean): PortName[] {
  return ['temporal', ...(headless ? [] : (['temporalUi'] as const)), ...OTHER_PORTS];
}
const OTHER_PORTS = ['temporalHttp', 'temporalMetrics'] as const;

/** How to run the server. */
export function temporalSpec(
  options: TemporalOptions,
  program: string,
  ports: Partial<Ports>,
): ServerSpec {
  const { dataDir, env, headless, searchAttributes, codecEndpoint, settings = [] } = options;
  const database = join(dataDir, 'temporal.db');
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--db-filename', database];
  args.push('--port', String(ports.temporal), '--http-port', String(ports.temporalHttp));
  args.push('--metrics-port', String(ports.temporalMetrics), '--log-level', 'warn');
  if (headless) args.push('--headless');
  else args.push('--ui-ip', '127.0.0.1', '--ui-port', String(ports.temporalUi));
  if (!headless && codecEndpoint !== undefined) args.push('--ui-codec-endpoint', codecEndpoint);
  for (const pragma of SQLITE_PRAGMAS) args.push('--sqlite-pragma', pragma);
  for (const setting of [...SERVER_SETTINGS, ...settings]) {
    args.push('--dynamic-config-value', setting);
  }
  for (const name of searchAttributes) args.push('--search-attribute', `${name}=Keyword`);
  return {
    name: TEMPORAL_NAME,
    ...boundToParent(program, args, 'SIGTERM', env),
    // Its own home, so that a configuration of the user's CLI changes nothing.
    env: { ...minimalEnv(env, dataDir), GOGC: GARBAGE_COLLECTION },
    cwd: dataDir,
    logFile: join(dataDir, 'logs', 'temporal.log'),
    runDir: runDir(dataDir),
    signature: database,
    stop: [
      { signal: 'SIGTERM', waitMs: 2500 },
      { signal: 'SIGKILL', waitMs: 1000 },
    ],
    outlives: ['voca-api-', 'voca-worker-', 'voca-media-'],
    graceMs: 6500,
  };
}
