/** The fields of every request and callback that concerns a call. */
import type { CallState } from './call-state.ts';
import type { Field } from './form.ts';

export const API_VERSION = '2010-04-01';

const PLACES = ['City', 'State', 'Zip', 'Country'] as const;

/** Identity, state and geography; the latter is often empty with Twilio, so here it always is. */
export function voiceFields(call: CallState): Field[] {
  const { accountSid, direction, from, to, extraFields = [] } = call.identity;
  const { forwardedFrom, callerName } = call.identity;
  const geography = ['Called', 'To', 'Caller', 'From'].flatMap((party) =>
    PLACES.map((place): Field => [party + place, '']),
  );
  return [
    ['AccountSid', accountSid],
    ['ApiVersion', API_VERSION],
    ['CallSid', call.sid],
    ['CallStatus', call.status],
    ['Called', to],
    ['Caller', from],
    ['Direction', direction],
    ['From', from],
    ['To', to],
    ...geography,
    ...extraFields,
    ...optional('ForwardedFrom', forwardedFrom),
    ...optional('CallerName', callerName),
    ...optional('AnsweredBy', call.answeredBy),
    ...optional('MachineDetectionDuration', call.machineDetectionMs?.toString()),
  ];
}

/** What inbound calls carry beside that. The token is percent-encoded JSON, opaque to the receiver. */
export function inboundFields(from: string, to: string, stirVerstat: string): Field[] {
  const token = { parentCallInfoToken: Buffer.from(`${from} ${to}`).toString('base64url') };
  return [
    ['CallToken', encodeURIComponent(JSON.stringify(token))],
    ['StirVerstat', stirVerstat],
  ];
}

function optional(name: string, value: string | undefined): Field[] {
  return value === undefined ? [] : [[name, value]];
}
