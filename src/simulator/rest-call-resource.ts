import { rfc2822 } from './clock.ts';
import type { CallState } from './call-state.ts';
import { API_VERSION } from './voice-fields.ts';

const SUBRESOURCES = {
  events: 'Events',
  notifications: 'Notifications',
  payments: 'Payments',
  recordings: 'Recordings',
  siprec: 'Siprec',
  streams: 'Streams',
  transcriptions: 'Transcriptions',
  user_defined_message_subscriptions: 'UserDefinedMessageSubscriptions',
  user_defined_messages: 'UserDefinedMessages',
};

/** A call as REST shows it: numbers are strings, times RFC 2822, the unknown is null. */
export function callResource(call: CallState) {
  const { accountSid, direction, from, to, phoneNumberSid } = call.identity;
  const path = `/${API_VERSION}/Accounts/${accountSid}/Calls/${call.sid}`;
  const time = (atMs: number | undefined) => (atMs === undefined ? null : rfc2822(atMs));
  return {
    sid: call.sid,
    account_sid: accountSid,
    parent_call_sid: null,
    to,
    to_formatted: to,
    from,
    from_formatted: from,
    phone_number_sid: phoneNumberSid,
    // The resource does not know `initiated`: the call has left the queue and nothing rings yet.
    status: call.status === 'initiated' ? 'queued' : call.status,
    direction,
    start_time: time(call.answeredAtMs ?? (direction === 'inbound' ? call.createdAtMs : undefined)),
    end_time: time(call.endedAtMs),
    duration: call.isOver ? String(call.durationSeconds) : null,
    price: null,
    price_unit: 'USD',
    answered_by: call.answeredBy ?? null,
    api_version: API_VERSION,
    annotation: null,
    forwarded_from: call.identity.forwardedFrom ?? null,
    caller_name: call.identity.callerName ?? null,
    group_sid: null,
    queue_time: String(call.queueTimeMs),
    trunk_sid: null,
    date_created: time(call.createdAtMs),
    date_updated: time(call.updatedAtMs),
    uri: `${path}.json`,
    subresource_uris: Object.fromEntries(
      Object.entries(SUBRESOURCES).map(([name, folder]) => [name, `${path}/${folder}.json`]),
    ),
  };
}
