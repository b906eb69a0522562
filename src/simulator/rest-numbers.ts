/** The IncomingPhoneNumbers resource: what the account has, and where its calls go. */
import { rfc2822 } from './clock.ts';
import { fieldValue } from './form.ts';
import type { Field } from './form.ts';
import type { NumberStore, PhoneNumber } from './number-store.ts';
import { methodNotAllowed } from './rest-calls.ts';
import { badRequest, notFound } from './rest-errors.ts';
import { methodParam, param } from './rest-params.ts';
import { pageOf } from './rest-paging.ts';
import type { RestAnswer, RestRequest } from './rest-request.ts';
import { API_VERSION } from './voice-fields.ts';
import { parseHttpUrl } from './http-url.ts';

/** `/IncomingPhoneNumbers.json`. */
export function numbersCollection(
  accountSid: string,
  numbers: NumberStore,
  request: RestRequest,
): RestAnswer {
  if (request.method !== 'GET') throw methodNotAllowed();
  const wanted = digitsPattern(param(request.query, 'PhoneNumber'));
  const name = param(request.query, 'FriendlyName');
  const found = numbers.all
    .filter(({ phoneNumber }) => wanted.test(phoneNumber))
    .filter(({ friendlyName }) => name === undefined || friendlyName === name)
    .map((number) => numberResource(accountSid, number));
  const body = pageOf('incoming_phone_numbers', found, request.path, request.query);
  return { status: 200, body };
}

/** A part of a number; a star stands for any digit. */
function digitsPattern(text = ''): RegExp {
  return new RegExp(text.replace(/[^\d*]/g, '').replaceAll('*', '\\d'));
}

/** `/IncomingPhoneNumbers/{sid}.json`. */
export function numberInstance(
  accountSid: string,
  numbers: NumberStore,
  sid: string,
  request: RestRequest,
): RestAnswer {
  const number = numbers.get(sid);
  if (!number) throw notFound(request.path);
  if (request.method === 'POST') numbers.update(sid, changesOf(request.form));
  else if (request.method !== 'GET') throw methodNotAllowed();
  return { status: 200, body: numberResource(accountSid, number) };
}

const URLS = {
  VoiceUrl: 'voiceUrl',
  VoiceFallbackUrl: 'voiceFallbackUrl',
  StatusCallback: 'statusCallback',
} as const;

const METHODS = {
  VoiceMethod: 'voiceMethod',
  VoiceFallbackMethod: 'voiceFallbackMethod',
  StatusCallbackMethod: 'statusCallbackMethod',
} as const;

/** An empty URL takes the setting away. */
function changesOf(form: readonly Field[]): Partial<PhoneNumber> {
  const changes: Partial<PhoneNumber> = {};
  for (const [name, key] of Object.entries(URLS)) {
    const url = fieldValue(form, name);
    if (url === undefined) continue;
    if (url !== '' && !parseHttpUrl(url)) throw badRequest(21502, `Invalid ${name}`);
    changes[key] = url;
  }
  for (const [name, key] of Object.entries(METHODS)) {
    if (fieldValue(form, name) !== undefined) changes[key] = methodParam(form, name);
  }
  return { ...changes, ...labelOf(form), ...destinationOf(form) };
}

const MAX_NAME = 64;

function labelOf(form: readonly Field[]): Partial<PhoneNumber> {
  const friendlyName = fieldValue(form, 'FriendlyName');
  if (friendlyName === undefined) return {};
  if (friendlyName.length > MAX_NAME) throw badRequest(20001, 'FriendlyName is too long');
  return { friendlyName };
}

/** A trunk takes an application away and the other way round; an empty one takes itself away. */
function destinationOf(form: readonly Field[]): Partial<PhoneNumber> {
  const changes: Partial<PhoneNumber> = {};
  const mode = param(form, 'VoiceReceiveMode');
  if (mode !== undefined) {
    if (mode !== 'voice' && mode !== 'fax') throw badRequest(20001, 'Invalid VoiceReceiveMode');
    changes.voiceReceiveMode = mode;
  }
  const application = sidOf(form, 'VoiceApplicationSid', /^(AP[0-9a-fA-F]{32})?$/);
  if (application !== undefined) {
    changes.voiceApplicationSid = application;
    if (application !== '') changes.trunkSid = '';
  }
  const trunk = sidOf(form, 'TrunkSid', /^(TK[0-9a-fA-F]{32})?$/);
  if (trunk !== undefined) {
    changes.trunkSid = trunk;
    if (trunk !== '') changes.voiceApplicationSid = '';
  }
  return changes;
}

function sidOf(form: readonly Field[], name: string, pattern: RegExp): string | undefined {
  const sid = fieldValue(form, name);
  if (sid !== undefined && !pattern.test(sid)) throw badRequest(20001, `Invalid ${name}`);
  return sid;
}

function numberResource(accountSid: string, number: PhoneNumber) {
  return {
    sid: number.sid,
    account_sid: accountSid,
    friendly_name: number.friendlyName,
    phone_number: number.phoneNumber,
    voice_url: number.voiceUrl,
    voice_method: number.voiceMethod,
    voice_fallback_url: number.voiceFallbackUrl,
    voice_fallback_method: number.voiceFallbackMethod,
    status_callback: number.statusCallback,
    status_callback_method: number.statusCallbackMethod,
    voice_caller_id_lookup: false,
    voice_application_sid: number.voiceApplicationSid,
    voice_receive_mode: number.voiceReceiveMode,
    trunk_sid: number.trunkSid === '' ? null : number.trunkSid,
    sms_url: '',
    sms_method: 'POST',
    sms_fallback_url: '',
    sms_fallback_method: 'POST',
    sms_application_sid: '',
    capabilities: { voice: number.takesCalls, sms: false, mms: false, fax: false },
    status: 'in-use',
    origin: 'twilio',
    beta: false,
    type: 'local',
    api_version: API_VERSION,
    address_sid: null,
    address_requirements: 'none',
    identity_sid: null,
    bundle_sid: null,
    emergency_status: 'Inactive',
    emergency_address_sid: null,
    date_created: rfc2822(number.createdAtMs),
    date_updated: rfc2822(number.updatedAtMs),
    uri: `/${API_VERSION}/Accounts/${accountSid}/IncomingPhoneNumbers/${number.sid}.json`,
  };
}
