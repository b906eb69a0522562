/** PostgreSQL and Temporal for one data folder, each kept by a process of its own. */
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { ensureDataDir } from './data-dir.ts';
import { EmbeddedError } from './embedded-error.ts';
import { lockInstance } from './instance-lock.ts';
import { KeptServer } from './kept-server.ts';
import type { MachineEnv } from './machine.ts';
import { runDir } from './pid-file.ts';
import { choosePorts } from './ports.ts';
import type { PortName, Ports } from './ports.ts';
import type { PostgresPlace } from './postgres-binaries.ts';
import { preparePostgres, postgresUrl, waitForPostgres } from './postgres.ts';
import type { Progress } from './progress.ts';
import type { ServerSpec } from './server-spec.ts';
import { postgresUser } from './server-user.ts';
import { findTemporal, temporalFinders } from './temporal-binary.ts';
import type { TemporalFinder } from './temporal-binary.ts';
import { waitForTemporal } from './temporal-ready.ts';
import { temporalPorts, temporalSpec } from './temporal.ts';

export interface StackOptions {
  /** Everything is kept in here. The folder is made when it is missing. */
  dataDir: string;
  /** The environment, for PATH, HOME and what build tools need. */
  env: MachineEnv;
  /** False when DATABASE_URL was given. */
  postgres: boolean;
  /** False when TEMPORAL_ADDRESS was given. */
  temporal:
    | false
    | {
        headless?: boolean;
        searchAttributes: readonly string[];
        codecEndpoint?: string | undefined;
        settings?: readonly string[];
      };
  progress: Progress;
  /** False takes any free ports instead of the usual ones (tests). */
  usualPorts?: boolean;
  /** False trades safety against power cuts for speed (tests). */
  durable?: boolean;
  /** Where to look for the programs, in place of everywhere. */
  postgresPlaces?: readonly PostgresPlace[];
  temporalFinders?: readonly TemporalFinder[];
  /** Something that stops the stack at the right moment, such as a supervisor. */
  supervisor?: { adopt(service: StackService): void };
}

/** What a supervisor needs to know of the stack. */
export interface StackService {
  name: string;
  stop(): Promise<void>;
  kill(): void;
}

export interface EmbeddedStack extends StackService {
  /** With its password: not for logs. Undefined when PostgreSQL was not asked for. */
  databaseUrl?: string;
  temporalAddress?: string;
  /** Undefined when headless. */
  temporalUiUrl?: string;
  postgres?: KeptServer;
  temporal?: KeptServer;
}

const READY_DEADLINE_MS = 120_000;
/** A server that ends so often before it was ready will not become ready. */
const HOPELESS_EXITS = 4;

/**
 * Starts what was asked for and waits until it can be used.
 * @throws EmbeddedError with a message for the person at the terminal; nothing is left running.
 */
export async function startEmbeddedStack(options: StackOptions): Promise<EmbeddedStack> {
  const { dataDir, supervisor } = options;
  ensureDataDir(dataDir, options.postgres ? postgresUser() : undefined);
  const lock = await lockInstance(dataDir);
  let stopped = false;
  const stack: EmbeddedStack = {
    name: 'embedded stack',
    stop: async () => {
      stopped = true;
      // Temporal keeps nothing in PostgreSQL here; the order is that of who may need whom.
      await stack.temporal?.stop();
      await stack.postgres?.stop();
      lock.release();
    },
    kill: () => {
      stack.temporal?.kill();
      stack.postgres?.kill();
    },
  };
  supervisor?.adopt(stack);
  try {
    mkdirSync(runDir(dataDir), { recursive: true });
    const [specForPostgres, temporalProgram] = await allOrFirstError(
      options.postgres ? findPostgres(options) : undefined,
      options.temporal ? findTemporalProgram(options) : undefined,
    );
    // Programs may take minutes to get, and people change their minds.
    if (stopped) throw new EmbeddedError('Stopped before the servers were started.');
    // All at once and last of all, so that what is free now is still free when it is used.
    const ports = await choosePorts(dataDir, portNames(options), {
      usual: options.usualPorts ?? true,
    });
    await allOrFirstError(
      specForPostgres && startPostgres(options, specForPostgres, ports, stack),
      temporalProgram === undefined
        ? undefined
        : startTemporal(options, temporalProgram, ports, stack),
    );
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Waits for all, also when one failed: whatever was begun must be known before it is stopped. */
async function allOrFirstError<A, B>(
  ...tasks: [Promise<A> | undefined, Promise<B> | undefined]
): Promise<[A | undefined, B | undefined]> {
  const [first, second] = await Promise.allSettled([
    Promise.resolve(tasks[0]),
    Promise.resolve(tasks[1]),
  ]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}

function findPostgres(options: StackOptions): Promise<(port: number) => ServerSpec> {
  const { dataDir, env, progress, durable = true, postgresPlaces: places } = options;
  const user = postgresUser();
  return preparePostgres({ dataDir, env, user, progress, durable, ...(places && { places }) });
}

function findTemporalProgram({
  dataDir,
  env,
  progress,
  ...options
}: StackOptions): Promise<string> {
  return findTemporal(options.temporalFinders ?? temporalFinders(env, dataDir, progress));
}

function portNames({ postgres, temporal }: StackOptions): PortName[] {
  return [
    ...(postgres ? (['postgres'] as const) : []),
    ...(temporal ? temporalPorts(temporal.headless ?? false) : []),
  ];
}

async function startPostgres(
  { dataDir }: StackOptions,
  specFor: (port: number) => ServerSpec,
  ports: Partial<Ports>,
  stack: EmbeddedStack,
): Promise<void> {
  const port = ports.postgres ?? 0;
  const server = new KeptServer(specFor(port));
  stack.postgres = server;
  server.start();
  await waitForPostgres(dataDir, port, READY_DEADLINE_MS, () => hopeless(server));
  stack.databaseUrl = postgresUrl(dataDir, port);
}

async function startTemporal(
  { dataDir, env, temporal }: StackOptions,
  program: string,
  ports: Partial<Ports>,
  stack: EmbeddedStack,
): Promise<void> {
  const { headless = false, searchAttributes = [], ...others } = temporal || {};
  const spec = temporalSpec(
    { dataDir, env, headless, searchAttributes, ...others },
    program,
    ports,
  );
  const server = new KeptServer(spec);
  stack.temporal = server;
  server.start();
  const address = `127.0.0.1:${ports.temporal}`;
  const failure = () => hopeless(server);
  await waitForTemporal({ address, searchAttributes, deadlineMs: READY_DEADLINE_MS, failure });
  stack.temporalAddress = address;
  if (!headless) stack.temporalUiUrl = `http://127.0.0.1:${ports.temporalUi}`;
}

function hopeless(server: KeptServer): string | undefined {
  const { name, logFile } = server.spec;
  if (server.stopped) return `${name} was stopped before it was ready.`;
  if (server.failure !== undefined) return `${name} cannot be started: ${server.failure}`;
  if (server.exits < HOPELESS_EXITS) return undefined;
  return `${name} does not start. Its last words (${logFile}):\n${lastWords(server.spec)}`;
}

function lastWords({ logFile }: ServerSpec): string {
  const log = openSync(logFile, 'r');
  try {
    const { size } = fstatSync(log);
    const tail = Buffer.alloc(Math.min(size, 1500));
    readSync(log, tail, 0, tail.length, size - tail.length);
    return tail.toString('utf8').split('\n').slice(-8).join('\n').trim();
  } finally {
    closeSync(log);
  }
}
