/** The phone network as our activities see it, through Twilio's REST API. */
import type { Carrier, CarrierCall, DialOrder, DialResult } from '../../activities/ports.ts';
import { createRestClient, RestAnswerError, wasNeverSent } from './rest-client.ts';
import type { RestClient, RestOptions } from './rest-client.ts';
import { cleanText } from './say-text.ts';
import { renderGoodbye } from './twiml.ts';
import type { TwilioUrls } from './urls.ts';

export interface CarrierOptions extends RestOptions {
  urls: TwilioUrls;
}

/** Twilio could not be asked, or refused. The message holds no number and nothing of Twilio's. */
export class CarrierError extends Error {
  override readonly name = 'CarrierError';
  readonly messageIsSafe = true;
  readonly retryable: boolean;
  /** Twilio's error code, or `http-<status>`, or `unreachable`. */
  readonly code: string;

  constructor(what: string, error: unknown) {
    const code = codeOf(error);
    super(`${what}: Twilio's REST API failed (${code})`);
    this.code = code;
    this.retryable = !(error instanceof RestAnswerError) || isTransient(error.httpStatus);
  }
}

type Say = NonNullable<Parameters<Carrier['hangUp']>[1]>;
type CallUpdate = Parameters<ReturnType<RestClient['calls']>['update']>[0];

const NOT_IN_PROGRESS = 21220;
const OVER = ['completed', 'busy', 'failed', 'no-answer', 'canceled'];
const NOT_ANSWERED = ['queued', 'initiated', 'ringing'];
/** What Twilio takes as the `Twiml` of a call. */
const MAX_REST_TWIML = 4_000;
const MAX_RING_SECONDS = 600;
const MAX_CALL_SECONDS = 86_400;
/** A call may be answered while it is being ended: then it is looked at again. */
const HANG_UP_ROUNDS = 5;
const CANCEL_ROUNDS = 3;
const HANG_UP_PAUSE_MS = 100;
/** Twilio's times have whole seconds, and its clock is not ours. */
const CLOCK_SLACK_MS = 5_000;

export function createCarrier(options: CarrierOptions): Carrier {
  const client = createRestClient(options);
  return {
    placeCall: (order) => placeCall(client, options.urls, order),
    fetchCall: (callSid) => fetchCall(client, callSid),
    findCall: (query) => findCall(client, query),
    hangUp: (callSid, say) => hangUp(client, callSid, say),
    redirect: (callSid, lost) => redirect(client, callSid, options.urls.connect(lost)),
  };
}

async function placeCall(
  client: RestClient,
  urls: TwilioUrls,
  order: DialOrder,
): Promise<DialResult> {
  let sent = false;
  try {
    const { callId } = order;
    const params = {
      to: order.to,
      from: order.from,
      url: urls.outbound(callId),
      method: 'POST',
      fallbackUrl: urls.fallback(callId),
      fallbackMethod: 'POST',
      statusCallback: urls.status(callId),
      statusCallbackMethod: 'POST',
      statusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
      timeout: within(order.ringSeconds, MAX_RING_SECONDS),
      timeLimit: within(order.limitSeconds, MAX_CALL_SECONDS),
    };
    sent = true;
    const { sid } = await client.calls.create(params);
    return isSid(sid) ? { outcome: 'accepted', callSid: sid } : { outcome: 'unclear' };
  } catch (error) {
    if (!sent) return { outcome: 'refused', code: 'invalid-order' };
    return isRefusal(error) ? { outcome: 'refused', code: codeOf(error) } : { outcome: 'unclear' };
  }
}

/**
 * A 4xx says that nothing was done, except those that a proxy gives when it lost the answer. Code
 * 20429 and its status 429 mean: not processed.
 */
function isRefusal(error: unknown): boolean {
  if (wasNeverSent(error)) return true;
  if (!(error instanceof RestAnswerError)) return false;
  const { httpStatus, code } = error;
  if (httpStatus < 400 || httpStatus >= 500) return false;
  return code !== undefined || ![408, 409, 499].includes(httpStatus);
}

async function fetchCall(client: RestClient, callSid: string): Promise<CarrierCall | undefined> {
  try {
    return carrierCall(await client.calls(callSid).fetch());
  } catch (error) {
    if (error instanceof RestAnswerError && error.httpStatus === 404) return undefined;
    throw carrierError('A call could not be fetched', error);
  }
}

async function findCall(
  client: RestClient,
  query: { from: string; to: string; since: string },
): Promise<CarrierCall | undefined> {
  const since = new Date(query.since).getTime() - CLOCK_SLACK_MS;
  try {
    const found = await client.calls.list({
      from: query.from,
      to: query.to,
      startTimeAfter: new Date(since),
      limit: 50,
      pageSize: 50,
    });
    const ours = found.filter(
      (call) => call.direction === 'outbound-api' && timeOf(call, since) >= since,
    );
    const [only] = ours;
    return only !== undefined && ours.length === 1 ? carrierCall(only) : undefined;
  } catch (error) {
    throw carrierError('Calls could not be listed', error);
  }
}

function timeOf(call: { dateCreated?: unknown; startTime?: unknown }, unknownMs: number): number {
  const time = [call.dateCreated, call.startTime].find((each) => each instanceof Date);
  return time instanceof Date && !Number.isNaN(time.getTime()) ? time.getTime() : unknownMs;
}

async function hangUp(client: RestClient, callSid: string, say?: Say): Promise<void> {
  for (let round = 1; round <= HANG_UP_ROUNDS; round++) {
    // What Twilio shows lags behind: a call that seems to ring for so long was answered.
    if (await endOnce(client, callSid, say, round <= CANCEL_ROUNDS)) return;
    await new Promise((resolve) => setTimeout(resolve, round * HANG_UP_PAUSE_MS));
  }
  throw new CarrierError('A call could not be ended', undefined);
}

/** One look at the call and one request to end it. False: it changed meanwhile. */
async function endOnce(
  client: RestClient,
  callSid: string,
  say: Say | undefined,
  mayCancel: boolean,
): Promise<boolean> {
  const call = await fetchCall(client, callSid);
  if (call === undefined || OVER.includes(call.status)) return true;
  const rings = NOT_ANSWERED.includes(call.status);
  const update: CallUpdate = rings && mayCancel ? { status: 'canceled' } : farewell(say);
  try {
    const { status } = await client.calls(callSid).update(update);
    // Cancelling does nothing to a call that was answered before the request arrived.
    return !rings || OVER.includes(status);
  } catch (error) {
    if (!(error instanceof RestAnswerError)) throw carrierError('A call could not be ended', error);
    if (error.httpStatus === 404) return true;
    if (error.code === NOT_IN_PROGRESS) return !rings;
    if (update.twiml !== undefined && !isTransient(error.httpStatus)) {
      return endOnce(client, callSid, undefined, mayCancel);
    }
    throw carrierError('A call could not be ended', error);
  }
}

async function redirect(client: RestClient, callSid: string, url: string): Promise<boolean> {
  try {
    await client.calls(callSid).update({ url, method: 'POST' });
    return true;
  } catch (error) {
    if (!(error instanceof RestAnswerError)) throw carrierError('A call was not sent on', error);
    if (error.httpStatus === 404 || error.code === NOT_IN_PROGRESS) return false;
    throw carrierError('A call was not sent on', error);
  }
}

function farewell(say?: Say): CallUpdate {
  if (say === undefined || cleanText(say.text) === '') return { status: 'completed' };
  const voice = { language: say.language, ...(say.voice !== undefined && { name: say.voice }) };
  return { twiml: renderGoodbye({ say: say.text, voice }, MAX_REST_TWIML) };
}

function carrierCall(call: {
  sid: string;
  status: string;
  duration: string;
  answeredBy: string;
}): CarrierCall {
  if (!isSid(call.sid) || typeof call.status !== 'string') throw new TypeError('Not a call.');
  const seconds = /^\d{1,9}$/.test(call.duration ?? '') ? Number(call.duration) : undefined;
  return {
    callSid: call.sid,
    status: call.status,
    ...(seconds !== undefined && { durationSeconds: seconds }),
    ...(typeof call.answeredBy === 'string' && { answeredBy: call.answeredBy }),
  };
}

function carrierError(what: string, error: unknown): CarrierError {
  return error instanceof CarrierError ? error : new CarrierError(what, error);
}

function isSid(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z]{2}[A-Za-z0-9]{1,62}$/.test(value);
}

function isTransient(httpStatus: number): boolean {
  return httpStatus >= 500 || [408, 409, 425, 429, 499].includes(httpStatus);
}

function codeOf(error: unknown): string {
  if (error instanceof RestAnswerError) return String(error.code ?? `http-${error.httpStatus}`);
  return wasNeverSent(error) ? 'unreachable' : 'no-answer';
}

function within(seconds: number, max: number): number {
  return Math.min(max, Math.max(1, Math.round(seconds) || 1));
}
