/** Where the API is, and with which key it is asked. */
import { faceOf } from '../api-key.ts';
import { CallRequestError, NotReadyError } from '../call-errors.ts';
import { isLoopback } from '../config-faults.ts';
import type { CliConfig, Environment } from '../config.ts';
import { knownDataDirs } from '../data-dirs.ts';
import { findInstance } from '../running.ts';
import { SignInError } from './api-errors.ts';

export interface ApiAccess {
  /** Without `/v1` and a trailing slash. */
  url: string;
  key: string;
  /** What somebody should be told before the key goes there. */
  warning?: string;
}

/**
 * What the environment names; else an instance that runs on this machine.
 * @throws {SignInError} without a key, or with what cannot be one; {NotReadyError} when no instance
 * runs; {CallRequestError} when the key would travel in the clear in production.
 */
export function apiAccess(config: CliConfig, env: Environment): ApiAccess {
  const { key } = config.client;
  if (key === undefined) {
    throw new SignInError(
      'VOCA_API_KEY is not set. Make a key with `voca keys create` on the machine that VOCA runs on.',
    );
  }
  if (!faceOf(key)) {
    throw new SignInError('VOCA_API_KEY is not a key of VOCA: it is mistyped or cut off.');
  }
  const url = urlOf(config, env);
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' || isLoopback(hostname)) return { url, key };
  if (config.production) {
    throw new CallRequestError('VOCA_API_URL is not https though NODE_ENV is production.');
  }
  const warning = 'WARNING: VOCA_API_URL is not https: whoever is on the way can read the key.';
  return { url, key, warning };
}

function urlOf(config: CliConfig, env: Environment): string {
  // As it stands in examples of requests.
  const given = config.client.url?.replace(/\/v1$/, '');
  if (given !== undefined) return given;
  const [running] = knownDataDirs(config, env).flatMap((dataDir) => findInstance(dataDir) ?? []);
  if (running) return running.apiUrl;
  throw new NotReadyError(
    'No instance runs on this machine: start one (npm start or npm run demo), or set VOCA_API_URL.',
  );
}
