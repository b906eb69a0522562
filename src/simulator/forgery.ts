/** Requests that Twilio would not send (again): for tests of signatures, duplicates and order. */
import type { Account } from './account.ts';
import type { Field } from './form.ts';
import { PhoneError } from './phone-error.ts';
import type { EntryOf } from './truth-log.ts';
import { voiceFields } from './voice-fields.ts';
import type { WebhookClient } from './webhook-client.ts';
import type { WebhookAnswer } from './webhook-tap.ts';

export interface StatusForgery {
  /** `completed`, ...; the call's own state by default. */
  CallStatus?: string;
  /** The next one by default. */
  SequenceNumber?: string;
  /** Further fields, or other values for usual ones. */
  fields?: Readonly<Record<string, string>>;
  /** The call's subscriber by default. */
  url?: string;
  method?: 'GET' | 'POST';
}

export interface ForgedRequest {
  url: string;
  method?: 'GET' | 'POST';
  fields?: readonly Field[];
  callSid?: string;
  /** A wrong auth token; null leaves the signature out; without it the signature is right. */
  signWith?: string | null;
}

/** Sends a status callback that need not be true. It is signed rightly. */
export async function sendStatus(
  account: Account,
  callSid: string,
  forgery: StatusForgery,
): Promise<WebhookAnswer> {
  const live = account.call(callSid);
  const target = live?.callbacks.subscription ?? live?.callbacks.numberCallback;
  const url = forgery.url ?? target?.url;
  if (!live || url === undefined) throw new PhoneError('this call has no status callback');
  const changes: Record<string, string> = { ...forgery.fields };
  if (forgery.CallStatus !== undefined) changes.CallStatus = forgery.CallStatus;
  const { callbacks, state } = live;
  const sequence = forgery.SequenceNumber ?? String(callbacks.nextSequence);
  const usual: Field[] = target
    ? callbacks.progressFields(Number(sequence))
    : [...voiceFields(state), ['SequenceNumber', sequence]];
  return account.parts.client.send({
    callSid,
    purpose: 'forged',
    url,
    method: forgery.method ?? target?.method ?? 'POST',
    fields: changed(usual, { ...changes, SequenceNumber: sequence }),
  });
}

/** Repeats a request from the log: the same URL, headers and body, the same to the byte. */
export async function replay(
  client: WebhookClient,
  entry: EntryOf<'request'>,
): Promise<WebhookAnswer> {
  return client.resend(entry);
}

export async function forge(client: WebhookClient, request: ForgedRequest): Promise<WebhookAnswer> {
  const { url, method = 'POST', fields = [], callSid, signWith } = request;
  return client.send({
    purpose: 'forged',
    url,
    method,
    fields,
    ...(callSid === undefined ? {} : { callSid }),
    ...(signWith === undefined ? {} : { signWith }),
  });
}

function changed(fields: readonly Field[], changes: Readonly<Record<string, string>>): Field[] {
  const kept = fields.map(([name, value]): Field => [name, changes[name] ?? value]);
  const added = Object.entries(changes).filter(([name]) => !fields.some(([key]) => key === name));
  return [...kept, ...added];
}
