/** The account's live calls through Twilio's REST API, for the reconciler. */
import type { CarrierLine, LiveCall } from '../../activities/ports.ts';
import { createRestClient } from './rest-client.ts';
import type { RestClient } from './rest-client.ts';
import { CarrierError } from './rest.ts';
import type { CarrierOptions } from './rest.ts';
import type { TwilioUrls } from './urls.ts';

/** A call that has left the queue and does not ring yet is listed as queued. */
const LIVE = ['queued', 'ringing', 'in-progress'] as const;
/** Twilio's largest page. */
const PAGE_SIZE = 1000;
/** Far more than an account has; a list that is cut off costs nothing but time. */
const MAX_LISTED = 10_000;
/** Numbers that hold the digits asked for. */
const MAX_NUMBERS = 20;

export function createCarrierLine(options: CarrierOptions): CarrierLine {
  const client = createRestClient(options);
  return {
    listLive: () => asked('Live calls could not be listed', () => listLive(client)),
    leadsToUs: (number) =>
      asked('A number could not be looked up', () => leadsToUs(client, options.urls, number)),
    beginAgain: (callSid) =>
      asked('A call could not be redirected', async () => {
        await client.calls(callSid).update({
          url: options.urls.voice(),
          method: 'POST',
          fallbackUrl: options.urls.fallback(),
          fallbackMethod: 'POST',
        });
      }),
  };
}

/** One status after the other: Twilio filters by one, and allows few requests at a time. */
async function listLive(client: RestClient): Promise<LiveCall[]> {
  const live = new Map<string, LiveCall>();
  for (const status of LIVE) {
    const listed = await client.calls.list({ status, pageSize: PAGE_SIZE, limit: MAX_LISTED });
    for (const call of listed) {
      // What Twilio shows lags behind its filter, and a call may have moved on meanwhile.
      if (!(LIVE as readonly string[]).includes(call.status)) continue;
      const since = timeOf(call.dateCreated) ?? timeOf(call.startTime);
      live.set(call.sid, {
        callSid: call.sid,
        direction: call.direction,
        status: call.status,
        from: call.from,
        to: call.to,
        ...(since !== undefined && { since }),
      });
    }
  }
  return [...live.values()];
}

function timeOf(time: unknown): string | undefined {
  return time instanceof Date && !Number.isNaN(time.getTime()) ? time.toISOString() : undefined;
}

/** By the number's own settings; an application or a trunk wins over its URL (protocol). */
async function leadsToUs(client: RestClient, urls: TwilioUrls, number: string): Promise<boolean> {
  const found = await client.incomingPhoneNumbers.list({
    phoneNumber: number,
    limit: MAX_NUMBERS,
    pageSize: MAX_NUMBERS,
  });
  const ours = found.find(({ phoneNumber }) => phoneNumber === number);
  if (!ours || ours.voiceApplicationSid || ours.trunkSid) return false;
  return bare(ours.voiceUrl ?? '') === bare(urls.voice());
}

/** Without connection overrides, and as people type it into Twilio's console. */
function bare(url: string): string {
  return (url.split('#')[0] ?? '').replace(/\/+$/, '');
}

async function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new CarrierError(what, error);
  }
}
