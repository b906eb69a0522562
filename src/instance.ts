/**
 * One whole instance on this machine: the embedded servers that are not given, the api processes
 * and the workers, under one supervisor. Used by `npm start`, the demo, benchmarks and drills.
 */
import type { Config, Environment } from './config.ts';
import { migrateAndSeed } from './database.ts';
import { DatabaseError } from './db/errors.ts';
import { startEmbeddedStack } from './embedded/stack.ts';
import type { EmbeddedStack } from './embedded/stack.ts';
import { pidFiles } from './embedded/pid-file.ts';
import type { Progress } from './embedded/progress.ts';
import { addMedia, addProcesses, mediaAddress } from './instance-processes.ts';
import type { Log } from './log.ts';
import { announceInstance, withdrawInstance } from './running.ts';
import type { RunningInstance } from './running.ts';
import { createKeyRing } from './sealing/index.ts';
import { Supervisor } from './supervisor/index.ts';
import type { SupervisorLog } from './supervisor/index.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/contract.ts';

export interface InstanceOptions {
  config: Config;
  /** What the children's environment is made of. */
  env: Environment;
  dataDir: string;
  progress: Progress;
  log: Log;
  /** Where the children write their logs; left out for our own output. */
  childLogFile?: string;
  /** Any free ports for the embedded servers instead of the usual ones. */
  usualPorts?: boolean;
  /** How many media workers there are; left out: two. */
  mediaProcesses?: number;
  /** What a role takes the servers' addresses to be: a drill puts bad lines in between. */
  addressesFor?: AddressesFor;
}

export type AddressesFor = (
  role: 'api' | 'worker' | 'media',
  addresses: { TEMPORAL_ADDRESS: string; DATABASE_URL: string },
) => Environment | Promise<Environment>;

export interface Instance {
  supervisor: Supervisor;
  stack: EmbeddedStack;
  running: RunningInstance;
  databaseUrl: string;
  /** Settles when a signal has come and everything has stopped because of it. */
  signalled: Promise<NodeJS.Signals>;
  /** Stops everything in order; nothing is left. */
  stop(): Promise<void>;
}

/** The shell's exit code for Ctrl-C. */
const INTERRUPTED = 130;
const STILL_WAITING_MS = 10_000;

/**
 * Starts an instance and waits until its processes are ready.
 * @throws an Error with a message for a person when something cannot be had; nothing is left then.
 */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { config, env, dataDir, progress, log } = options;
  const supervisor = new Supervisor({
    log: supervisorLog(log),
    pidFiles: pidFiles(dataDir),
  });
  const signalled = supervisor.untilSignal();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => progress.say('Stopping ...'));
  }
  let isStarted = false;
  void signalled.then(() => {
    if (!isStarted) process.exit(INTERRUPTED);
  });
  try {
    // First of all: who calls while an instance is started again is held, not refused.
    const listener = await supervisor.listen(config.listen);
    const mediaListener = await supervisor.listen(mediaAddress(config));
    sayWhatIsStarted(config, progress);
    const stack = await startEmbeddedStack({
      dataDir,
      env,
      postgres: config.database.url === undefined,
      temporal: config.temporal.address === undefined && {
        searchAttributes: Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name),
        ...(config.rest.secretKeys.length > 0 && {
          codecEndpoint: `${localUrl(config)}/codec`,
        }),
      },
      progress,
      supervisor,
      usualPorts: options.usualPorts ?? true,
    });
    const running = describeInstance(options, stack);
    const databaseUrl = config.database.url ?? stack.databaseUrl ?? '';
    progress.say('Preparing the database ...');
    await prepareDatabase(config, databaseUrl);
    progress.say('Starting the processes ...');
    const addresses = { TEMPORAL_ADDRESS: running.temporalAddress, DATABASE_URL: databaseUrl };
    const { addressesFor = () => addresses } = options;
    const MEDIA_PORT = String(mediaListener.port);
    addMedia(supervisor, mediaListener, options, {
      ...(await addressesFor('media', addresses)),
      DATABASE_URL: '', // it writes nothing
    });
    addProcesses(supervisor, listener, options, {
      api: {
        TEMPORAL_UI_URL: running.temporalUiUrl,
        // Our own ones, whatever the environment says of others.
        VOCA_MEDIA_HOST: '127.0.0.1',
        MEDIA_PORT,
        ...(await addressesFor('api', addresses)),
      },
      worker: await addressesFor('worker', addresses),
    });
    await untilReady(supervisor, config, progress);
    announceInstance(dataDir, running);
    isStarted = true;
    return {
      signalled,
      supervisor,
      stack,
      running,
      databaseUrl,
      stop: async () => {
        withdrawInstance(dataDir);
        await supervisor.stop();
      },
    };
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}

function describeInstance({ config }: InstanceOptions, stack: EmbeddedStack): RunningInstance {
  const { twilio, temporal } = config;
  const uiUrl = temporal.uiUrl ?? stack.temporalUiUrl;
  const sealingKeyId = createKeyRing(config.rest.secretKeys).sealing?.id;
  return {
    pid: process.pid,
    temporalAddress: temporal.address ?? stack.temporalAddress ?? '',
    namespace: temporal.namespace,
    ...(uiUrl !== undefined && { temporalUiUrl: uiUrl }),
    apiUrl: localUrl(config),
    ...(stack.databaseUrl !== undefined && {
      databasePort: Number(new URL(stack.databaseUrl).port),
    }),
    accountSid: twilio.accountSid,
    phoneNumber: twilio.phoneNumber,
    ...(sealingKeyId !== undefined && { sealingKeyId }),
  };
}

/** Where the api is reached on this machine. */
function localUrl({ listen }: Config): string {
  const host = ['0.0.0.0', '::'].includes(listen.host) ? '127.0.0.1' : listen.host;
  return `http://${host}:${listen.port}`;
}

/** The supervisor logs as pino does: fields first. */
function supervisorLog(log: Log): SupervisorLog {
  const at =
    (level: 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void => {
      const { process: name, pid, signal, err } = fields as Record<string, unknown>;
      log.foreign(level, message, {
        ...(typeof name === 'string' && { name }),
        ...(typeof pid === 'number' && { pid }),
        ...(typeof signal === 'string' && { signal }),
        error: err,
      });
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

function sayWhatIsStarted(config: Config, progress: Progress): void {
  const servers = [
    ...(config.database.url === undefined ? ['PostgreSQL'] : []),
    ...(config.temporal.address === undefined ? ['Temporal'] : []),
  ];
  if (servers.length > 0) progress.say(`Starting ${servers.join(' and ')} ...`);
}

/** @throws an Error that says which variable to look at. */
async function prepareDatabase(config: Config, url: string): Promise<void> {
  try {
    await migrateAndSeed(url, config.twilio.phoneNumber);
  } catch (error) {
    if (config.database.url === undefined || !(error instanceof DatabaseError)) throw error;
    throw new Error(
      `The database at DATABASE_URL cannot be used: ${error.message}\n` +
        'Is PostgreSQL running there, and are host, port, user, password and database right?',
      { cause: error },
    );
  }
}

/** The workers wait for Temporal as long as it takes; the person at the terminal should know. */
async function untilReady(
  supervisor: Supervisor,
  config: Config,
  progress: Progress,
): Promise<void> {
  const isGiven = config.temporal.address !== undefined;
  const timer = setInterval(() => {
    progress.say(
      isGiven
        ? 'Still waiting for the workers: is Temporal running at TEMPORAL_ADDRESS?'
        : 'Still waiting for the workers; the log says why.',
    );
  }, STILL_WAITING_MS);
  try {
    await supervisor.start();
  } finally {
    clearInterval(timer);
  }
}
