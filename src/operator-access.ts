/** How somebody on this machine gives an operator access to what is sealed. */
import { CallRequestError } from './call-manager.ts';
import type { CliConfig, Environment } from './config-types.ts';
import { knownDataDirs } from './data-dirs.ts';
import { findInstance } from './running.ts';
import { createOperatorTokens, TOKEN_LIFE_MS } from './sealing/index.ts';

export interface OperatorAccess {
  /** The page on which a browser signs in; it carries a token behind `#`. */
  link: string;
  /** For `Authorization: Bearer`. */
  token: string;
  /** Where the Temporal Web UI has payloads opened. */
  codecEndpoint: string;
  linkMinutes: number;
  tokenMinutes: number;
}

const MINUTE_MS = 60_000;

/**
 * @param url the base URL on which the operator's browser reaches us; left out: that of the instance
 * on this machine, else the public one
 * @throws {CallRequestError} when there is no key or no address.
 */
export function operatorAccess(
  config: CliConfig,
  env: Environment,
  url: string | undefined,
): OperatorAccess {
  const { secretKeys } = config.rest;
  if (secretKeys.length === 0) {
    throw new CallRequestError(
      'VOCA_SECRET_KEY is not set here: nothing is sealed, or set it as it is set for the instance.',
    );
  }
  const tokens = createOperatorTokens(secretKeys);
  const base = baseUrl(url ?? localUrl(config, env) ?? config.twilio.webhookUrl);
  return {
    link: `${base}/operator/sign-in#${tokens.mint('link')}`,
    token: tokens.mint('bearer'),
    codecEndpoint: `${base}/codec`,
    linkMinutes: TOKEN_LIFE_MS.link / MINUTE_MS,
    tokenMinutes: TOKEN_LIFE_MS.bearer / MINUTE_MS,
  };
}

function baseUrl(url: string | undefined): string {
  if (url !== undefined && /^https?:\/\/[^?#]+$/i.test(url) && URL.canParse(url)) {
    return url.replace(/\/+$/, '');
  }
  throw new CallRequestError('Give the address of the api: --url https://voice.example.com');
}

/** A Web UI on this machine is asked from this machine; another one needs the public address. */
function localUrl(config: CliConfig, env: Environment): string | undefined {
  for (const dataDir of knownDataDirs(config, env)) {
    const running = findInstance(dataDir);
    if (!running) continue;
    const isLocalUi = /^http:\/\/(127\.|localhost|\[::1\])/.test(running.temporalUiUrl ?? '');
    return isLocalUi ? running.apiUrl : undefined;
  }
  return undefined;
}
