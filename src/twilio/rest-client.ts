/** Twilio's REST client, pointed where we want, with one try and one deadline for each request. */
import { Agent as HttpAgent } from 'node:http';
import twilio from 'twilio';

export interface RestOptions {
  accountSid: string;
  authToken: string;
  /** Used in place of the auth token. */
  apiKey?: { sid: string; secret: string };
  /** A simulator in place of Twilio. */
  baseUrl?: string;
  /** For each request, from its first to its last byte. */
  timeoutMs: number;
}

export type RestClient = ReturnType<typeof twilio>;

/** Twilio answered, though not with success. Its own words are left out: they repeat numbers. */
export class RestAnswerError extends Error {
  override readonly name = 'RestAnswerError';
  readonly messageIsSafe = true;
  readonly httpStatus: number;
  /** Twilio's error code; absent when the answer was not Twilio's. */
  readonly code?: number;

  constructor(httpStatus: number, code?: number) {
    super(`Twilio answered ${httpStatus}${code === undefined ? '' : ` (error ${code})`}`);
    this.httpStatus = httpStatus;
    if (code !== undefined) this.code = code;
  }
}

export function createRestClient(options: RestOptions): RestClient {
  const { accountSid, authToken, apiKey } = options;
  const username = apiKey?.sid ?? accountSid;
  const httpClient = new OneTryClient(options.timeoutMs, options.baseUrl);
  return twilio(username, apiKey?.secret ?? authToken, { accountSid, httpClient });
}

type Request = InstanceType<typeof twilio.RequestClient>['request'];

class OneTryClient extends twilio.RequestClient {
  readonly #baseUrl: string | undefined;

  constructor(timeoutMs: number, baseUrl: string | undefined) {
    // A connection that was kept open may be dead already, and then nobody knows whether a call
    // was placed over it.
    super({ timeout: timeoutMs, keepAlive: false, autoRetry: false });
    this.#baseUrl = baseUrl?.replace(/\/+$/, '');
    this.axios.defaults.httpAgent = new HttpAgent({ keepAlive: false });
    // Axios's own time-out begins again with every byte; this one does not.
    this.axios.interceptors.request.use((config) =>
      Object.assign(config, { signal: AbortSignal.timeout(timeoutMs) }),
    );
  }

  override request: Request = async (request) => {
    const response = await super.request({ ...request, uri: this.#rewritten(request.uri) });
    if (response.statusCode < 200 || response.statusCode >= 300) {
      throw new RestAnswerError(response.statusCode, codeOf(response.body));
    }
    return response as never;
  };

  #rewritten(uri: string): string {
    if (this.#baseUrl === undefined) return uri;
    const { pathname, search } = new URL(uri);
    return `${this.#baseUrl}${pathname}${search}`;
  }
}

/** Both of Twilio's error forms carry `code`. */
function codeOf(body: unknown): number | undefined {
  let parsed = body;
  if (typeof body === 'string') {
    try {
      parsed = JSON.parse(body) as unknown;
    } catch {
      return undefined;
    }
  }
  const code = typeof parsed === 'object' && parsed !== null && 'code' in parsed ? parsed.code : 0;
  return typeof code === 'number' && code > 0 ? code : undefined;
}

const NOT_CONNECTED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EAI_NODATA|EAI_NONAME)$/;
const NO_ROUTE = /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL)$/;
const NO_TRUST =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|ERR_TLS_CERT)/;

/** Whether a request failed before anything of it was sent, so that it surely did nothing. */
export function wasNeverSent(error: unknown): boolean {
  const { code, syscall, cause } = (error ?? {}) as Record<string, unknown>;
  if (typeof code === 'string') {
    if (NOT_CONNECTED.test(code) || NO_TRUST.test(code)) return true;
    if (syscall === 'connect' && NO_ROUTE.test(code)) return true;
  }
  return cause !== undefined && cause !== error && wasNeverSent(cause);
}
