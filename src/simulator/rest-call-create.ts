/** What `POST /Calls.json` asks for. */
import type { OutboundOrder } from './account.ts';
import type { TwimlDocument } from './answer-document.ts';
import type { Field } from './form.ts';
import type { MachineDetection } from './machine-detection.ts';
import type { NumberStore } from './number-store.ts';
import { badRequest } from './rest-errors.ts';
import { integerParam, isDialable, isE164, methodParam } from './rest-params.ts';
import { param, statusParams, urlParam } from './rest-params.ts';
import { parseTwiml } from './twiml-parse.ts';
import type { Target } from './verb-context.ts';

const MAX_TWIML_CHARACTERS = 4_000;
const MAX_TIMEOUT_S = 600;
const DEFAULT_TIMEOUT_S = 60;
const MAX_TIME_LIMIT_S = 14_400;

/** Checks a create request; throws Twilio's refusal. */
export function outboundOrder(form: readonly Field[], numbers: NumberStore): OutboundOrder {
  const to = param(form, 'To');
  if (to === undefined) throw badRequest(21201, "No 'To' number specified");
  if (!isDialable(to)) throw badRequest(21211, "The 'To' number is not a valid phone number");
  const from = callerId(form, numbers);
  const start = startParams(form);
  if (!start) throw badRequest(21205, 'Url, Twiml or ApplicationSid is required');
  return {
    from,
    to,
    fallback: fallbackParams(form),
    status: statusParams(form),
    plan: {
      start,
      timeoutMs: 1_000 * integerParam(form, 'Timeout', DEFAULT_TIMEOUT_S, MAX_TIMEOUT_S),
      timeLimitMs: 1_000 * integerParam(form, 'TimeLimit', MAX_TIME_LIMIT_S, MAX_TIME_LIMIT_S),
      machineDetection: machineDetection(form),
    },
  };
}

/** Url (which wins) or Twiml, for a new call or a live one. */
export function startParams(form: readonly Field[]): Target | TwimlDocument | undefined {
  const url = urlParam(form, 'Url', 21205);
  const method = methodParam(form, 'Method');
  const twiml = param(form, 'Twiml');
  if (url !== undefined) return { url, method, purpose: 'voice', fields: [] };
  if (twiml === undefined) return undefined;
  if (twiml.length > MAX_TWIML_CHARACTERS) {
    throw badRequest(32018, 'Twiml is over 4,000 characters');
  }
  const parsed = parseTwiml(twiml);
  if (!parsed.ok) throw badRequest(12100, `Twiml cannot be parsed: ${parsed.reason}`);
  return { verbs: parsed.verbs, method: 'POST' };
}

export function fallbackParams(form: readonly Field[]): OutboundOrder['fallback'] {
  const url = urlParam(form, 'FallbackUrl', 21205);
  return url === undefined ? undefined : { url, method: methodParam(form, 'FallbackMethod') };
}

function callerId(form: readonly Field[], numbers: NumberStore): string {
  const from = param(form, 'From') ?? param(form, 'CallerId');
  if (from === undefined) throw badRequest(21213, "No 'From' number specified");
  if (from.startsWith('client:')) return from;
  if (!isE164(from)) throw badRequest(21212, "The 'From' number is not a valid phone number");
  if (!numbers.byNumber(from)) {
    throw badRequest(21210, "The 'From' number is not owned by or verified for this account");
  }
  return from;
}

function machineDetection(form: readonly Field[]): MachineDetection | undefined {
  const mode = param(form, 'MachineDetection');
  // SendDigits switches detection off.
  if (mode === undefined || param(form, 'SendDigits') !== undefined) return undefined;
  if (mode !== 'Enable' && mode !== 'DetectMessageEnd') {
    throw badRequest(20001, 'MachineDetection must be Enable or DetectMessageEnd');
  }
  const url = urlParam(form, 'AsyncAmdStatusCallback', 21609);
  const method = methodParam(form, 'AsyncAmdStatusCallbackMethod');
  return {
    mode,
    async: param(form, 'AsyncAmd') === 'true',
    callback: url === undefined ? undefined : { url, method },
  };
}
