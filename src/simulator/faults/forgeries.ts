/** Requests that look like one of Twilio's and were not signed by it. */
import { newSid } from '../ids.ts';
import type { Field } from '../form.ts';
import type { WebhookRequest } from '../webhook-client.ts';
import type { OutgoingWebhook } from '../webhook-tap.ts';
import type { Forgery } from './fault-script.ts';

const FOREIGN_TOKEN = 'the-token-of-another-account';

/** A forgery of a webhook that is about to be sent; tried once, without connection overrides. */
export function forgeryOf(webhook: OutgoingWebhook, how: Forgery): WebhookRequest {
  const url = webhook.url.replace(/#.*$/, '');
  const { method, fields, callSid } = webhook;
  const forged: WebhookRequest = {
    purpose: 'forged',
    method,
    url: `${url}#rc=0`,
    fields,
    ...(callSid !== undefined && { callSid }),
  };
  switch (how) {
    case 'unsigned':
      return { ...forged, signWith: null };
    case 'wrong-token':
      return { ...forged, signWith: FOREIGN_TOKEN };
    case 'other-account':
      return {
        ...forged,
        signWith: FOREIGN_TOKEN,
        fields: fields.map(([name, value]) => [name, name === 'AccountSid' ? newSid('AC') : value]),
      };
    case 'tampered-field':
      return { ...forged, fields: tampered(fields), signedAs: { fields } };
    case 'tampered-url':
      return { ...forged, url: `${tamperedUrl(url)}#rc=0`, signedAs: { url } };
  }
}

/** What was said or pressed, or else how the call stands, is another thing now. */
function tampered(fields: readonly Field[]): Field[] {
  const said = ['SpeechResult', 'Digits'].find((name) => fields.some(([key]) => key === name));
  const target = said ?? 'CallStatus';
  return fields.map(([key, old]) => (key === target ? [key, otherThan(key, old)] : [key, old]));
}

function otherThan(name: string, old: string): string {
  if (name === 'SpeechResult') return `forged words, not ${old}`;
  if (name === 'Digits') return `${old}9`;
  return old === 'completed' ? 'in-progress' : 'completed';
}

/** The next turn, or the same route with a parameter that nobody signed. */
function tamperedUrl(url: string): string {
  const target = new URL(url);
  const turn = target.searchParams.get('turn');
  target.searchParams.set('turn', String(Number.parseInt(turn ?? '0', 10) + 1));
  return target.href;
}
