/**
 * `npm start`: reads the configuration and runs a whole instance, or with `--role api|worker` just
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

const ROLES = ['api', 'worker'] as const;
type RunnableRole = (typeof ROLES)[number];

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
  runAsChild({
    title: name,
    log: childLog(log),
    stop: () => stop(),
    start: async () => {
      let isHealthy = () => role === 'api'; // a worker waits for Temporal first
      const observation = await observeProcess(config, log, {
        role,
        name,
        isSupervised: process.send !== undefined,
        isHealthy: () => isHealthy(),
        ...(role === 'worker' && { others: sdkMetrics }),
      });
      const worker = role === 'worker' ? await startCallWorker(config, log) : undefined;
      if (worker) isHealthy = () => worker.isRunning();
      const handed = told.handed ? new HandedConnections() : undefined;
      const running = worker ?? (await startServer(config, log, handed));
      stop = async () => {
        await running.stop();
        await observation.stop();
      };
      log.info('ready');
    },
  });
}

async function startCallWorker(config: Config, log: Log) {
  const worker = await startWorker(
    config,
    log,
    join(import.meta.dirname, '..', 'workflow-bundle.js'),
  );
  worker.finished.catch((error: unknown) => {
    log.fatal('the worker failed', { error });
    process.exit(1);
  });
  return worker;
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
