/** The processes of an instance: how many of each role there are, and what each is started with. */
import { join } from 'node:path';
import { childEnv } from './child-env.ts';
import type { Config, Environment } from './config.ts';
import type { ListenAddress, Listener, Supervisor } from './supervisor/index.ts';

/** What they share. */
export interface ProcessOptions {
  /** What their environment is made of. */
  env: Environment;
  /** Where they write their logs; left out for our own output. */
  childLogFile?: string;
  /** How many media workers there are; left out: two. */
  mediaProcesses?: number;
}

const API_PROCESSES = 2;
const WORKER_PROCESSES = 2;
/** The streams of one that dies go on at the other. */
const MEDIA_PROCESSES = 2;
/** Of the 10 s in which everything must be gone. */
const MEDIA_STOP_MS = 4_000;
/** In this time its streams are at the other one. */
const MEDIA_REST_MS = 2_500;

const MAIN = join(import.meta.dirname, 'main.js');

function argumentsFor(role: string, { childLogFile }: ProcessOptions): string[] {
  return ['--role', role, ...(childLogFile === undefined ? [] : ['--log-file', childLogFile])];
}

/** To be added before all others, as groups stop in this order: streams are moved while everybody else is there. */
export function addMedia(
  supervisor: Supervisor,
  listener: Listener,
  options: ProcessOptions,
  addresses: Environment,
): void {
  supervisor.addServing(
    {
      name: 'voca-media',
      count: options.mediaProcesses ?? MEDIA_PROCESSES,
      exec: MAIN,
      args: argumentsFor('media', options),
      env: childEnv(options.env, addresses),
      stopMs: MEDIA_STOP_MS,
      restMs: MEDIA_REST_MS,
    },
    listener,
  );
}

/** Where streams come in: for the outside only when it was told so. */
export function mediaAddress({ listen }: Config): ListenAddress {
  return listen.mediaUrl === undefined
    ? { host: '127.0.0.1', port: 0 }
    : { host: listen.host, port: listen.mediaPort, variable: 'MEDIA_PORT' };
}

/** The api processes, which serve what comes in at the listener, and the workers. */
export function addProcesses(
  supervisor: Supervisor,
  listener: Listener,
  options: ProcessOptions,
  addresses: { api: Environment; worker: Environment },
): void {
  const exec = MAIN;
  const args = (role: string) => argumentsFor(role, options);
  supervisor.addServing(
    {
      name: 'voca-api',
      count: API_PROCESSES,
      exec,
      args: args('api'),
      env: childEnv(options.env, addresses.api),
    },
    listener,
  );
  supervisor.addFork({
    name: 'voca-worker',
    count: WORKER_PROCESSES,
    exec,
    args: args('worker'),
    env: childEnv(options.env, addresses.worker),
  });
}
