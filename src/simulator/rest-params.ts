/** Reading and checking REST parameters. */
import { fieldValue, fieldValues } from './form.ts';
import type { Field } from './form.ts';
import { badRequest } from './rest-errors.ts';
import type { StatusEvent, StatusSubscription } from './status-callbacks.ts';
import { parseHttpUrl } from './http-url.ts';

const E164 = /^\+[1-9]\d{6,14}$/;
const STATUS_EVENTS: readonly string[] = ['initiated', 'ringing', 'answered', 'completed'];

export const isE164 = (text: string) => E164.test(text);

/** A number in E.164, a client or a SIP address. */
export const isDialable = (text: string) => isE164(text) || /^(client|sip):.+/.test(text);

/** A parameter; an empty one counts as not given. */
export function param(form: readonly Field[], name: string): string | undefined {
  const value = fieldValue(form, name);
  return value === '' ? undefined : value;
}

export function methodParam(form: readonly Field[], name: string): 'GET' | 'POST' {
  const method = (param(form, name) ?? 'POST').toUpperCase();
  if (method !== 'GET' && method !== 'POST') throw badRequest(20001, `Invalid ${name}`);
  return method;
}

export function urlParam(form: readonly Field[], name: string, code: number): string | undefined {
  const text = param(form, name);
  if (text !== undefined && !parseHttpUrl(text))
    throw badRequest(code, `${name} is not a valid URL`);
  return text;
}

export function integerParam(
  form: readonly Field[],
  name: string,
  fallback: number,
  max: number,
): number {
  const text = param(form, name);
  if (text === undefined) return fallback;
  const valid = /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= max;
  if (!valid) throw badRequest(20001, `${name} must be from 1 to ${max}`);
  return Number(text);
}

/** StatusCallback and its company. Host names with underscores are refused. */
export function statusParams(form: readonly Field[]): StatusSubscription | undefined {
  const url = urlParam(form, 'StatusCallback', 21609);
  if (url === undefined) return undefined;
  if (new URL(url).hostname.includes('_')) {
    throw badRequest(21609, 'StatusCallback has an underscore in its host name');
  }
  const named = fieldValues(form, 'StatusCallbackEvent').filter((event) => event !== '');
  if (!named.every(isStatusEvent)) throw badRequest(21626, 'Invalid StatusCallbackEvent');
  const events: StatusEvent[] = named.length > 0 ? named : ['completed'];
  return { url, method: methodParam(form, 'StatusCallbackMethod'), events };
}

function isStatusEvent(text: string): text is StatusEvent {
  return STATUS_EVENTS.includes(text);
}
