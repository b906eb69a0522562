/**
 * `npm start`: reads the configuration and runs a whole instance, or with `--role api|worker|media` just
 * that role in this process, as the supervisor and containers want it.
 */
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { pino } from 'pino';
import { ConfigError, loadConfig, readEnvironment } from './config.ts';
import type { Config, Environment } from './config.ts';
import { mainDataDir } from './data-dirs.ts';
import { createProgress } from './embedded/progress.ts';
import { startServer } from './http/server.ts';
import { startInstance } from './instance.ts';
import { createLogger } from './log.ts';
import type { Log } from './log.ts';
import { observeProcess } from './metrics/observe-process.ts';
import { sdkMetrics } from './metrics/sdk-metrics.ts';
import { HandedConnections, runAsChild } from './supervisor/index.ts';
import type { ChildLog } from './supervisor/index.ts';
import { startWorker } from './worker.ts';

const ROLES = ['api', 'worker', 'media'] as const;
type RunnableRole = (typeof ROLES)[number];

const BUNDLE = join(import.meta.dirname, '..', 'workflow-bundle.js');
/** Everything under a supervisor is gone in 10 s: live streams go on elsewhere at once. */
const SUPERVISED_DRAIN_MS = 500;
/** After that, for moving the streams that are left, and for what is still to be told. */
const MOVING_MS = 20_000;

/** What the supervisor tells a process on its command line. */
interface Told {
  name?: string | undefined;
  /** It is handed its connections, in place of listening. */
  handed?: boolean | undefined;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      role: { type: 'string' },
      name: { type: 'string' },
      handed: { type: 'boolean' },
      'log-file': { type: 'string' },
    },
  });
  const env = readEnvironment();
  if (values.role === undefined) return runInstance(env);
  const role = ROLES.find((each) => each === values.role);
  if (!role) throw new Error(`There is no role "${values.role}"; there are: ${ROLES.join(', ')}.`);
  const config = loadConfig(env, { role });
  runRole(
    role,
    config,
    createLogger({
      level: config.rest.logLevel,
      role,
      process: values.name ?? `voca-${role}`,
      ...(values['log-file'] !== undefined && {
        destination: pino.destination({ dest: values['log-file'], append: true, mode: 0o600 }),
      }),
    }),
    values,
  );
}

function runRole(role: RunnableRole, config: Config, log: Log, told: Told): void {
  let stop: () => Promise<void> = async () => undefined;
  const name = told.name ?? `voca-${role}`;
  const isSupervised = process.send !== undefined;
  const mediaDrainMs = isSupervised ? SUPERVISED_DRAIN_MS : config.listen.mediaDrainMs;
  runAsChild({
    title: name,
    log: childLog(log),
    stop: () => stop(),
    ...(role === 'media' && !isSupervised && { drainMs: mediaDrainMs + MOVING_MS }),
    start: async () => {
      let isHealthy = () => role === 'api'; // the others wait for Temporal first
      const observation = await observeProcess(config, log, {
        role,
        name,
        isSupervised,
        isHealthy: () => isHealthy(),
        ...(role !== 'api' && { others: sdkMetrics }),
      });
      const handed = told.handed ? new HandedConnections() : undefined;
      const running = await startRole(role, config, log, { handed, mediaDrainMs });
      if (running.isRunning) isHealthy = running.isRunning;
      stop = async () => {
        await running.stop();
        await observation.stop();
      };
      log.info('ready');
    },
  });
}

interface RunningRole {
  stop(): Promise<void>;
  isRunning?: () => boolean;
}

async function startRole(
  role: RunnableRole,
  config: Config,
  log: Log,
  { handed, mediaDrainMs }: { handed: HandedConnections | undefined; mediaDrainMs: number },
): Promise<RunningRole> {
  if (role === 'api') return startServer(config, log, handed);
  const worker =
    role === 'worker'
      ? await startWorker(config, log, BUNDLE)
      : await startMedia(config, log, handed, mediaDrainMs);
  worker.finished.catch((error: unknown) => {
    log.fatal('the worker failed', { error });
    process.exit(1);
  });
  return worker;
}

/** Loaded when it is asked for: the others have no use for speech and its models. */
async function startMedia(
  config: Config,
  log: Log,
  handed: HandedConnections | undefined,
  drainMs: number,
) {
  const { startMediaWorker } = await import('./media/media-worker.ts');
  const { openSessions } = await import('./media-sessions.ts');
  return startMediaWorker({
    config,
    log,
    sessions: (door) => openSessions(config, log, door),
    drainMs,
    ...(handed && { handed }),
  });
}

async function runInstance(env: Environment): Promise<void> {
  const config = loadConfig(env);
  const log = createLogger({
    level: config.rest.logLevel,
    role: 'supervisor',
    process: 'voca-supervisor',
  });
  for (const warning of config.warnings) process.stderr.write(`Warning: ${warning}\n`);
  const instance = await startInstance({
    config,
    env,
    dataDir: mainDataDir(config, env),
    progress: createProgress(process.stderr),
    log,
  });
  const { apiUrl, temporalUiUrl } = instance.running;
  process.stderr.write(
    `VOCA takes calls at ${apiUrl}, reached by Twilio as ${config.twilio.webhookUrl}.\n` +
      (temporalUiUrl ? `Temporal UI: ${temporalUiUrl}\n` : ''),
  );
  await instance.signalled;
  await instance.stop();
}

/** The roles log as pino does: fields first. */
function childLog(log: Log): ChildLog {
  const at =
    (level: 'info' | 'error' | 'fatal') =>
    (fields: object, message: string): void => {
      const { why, err } = fields as { why?: string; err?: unknown };
      log.foreign(level, message, { ...(why !== undefined && { reason: why }), error: err });
    };
  return { info: at('info'), error: at('error'), fatal: at('fatal') };
}

try {
  await main();
} catch (error) {
  const isForPeople = error instanceof ConfigError || error instanceof Error;
  process.stderr.write(`${isForPeople ? error.message : 'VOCA could not be started.'}\n`);
  process.exit(1);
}
