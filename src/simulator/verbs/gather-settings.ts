/** The attributes of `<Gather>`, checked, with Twilio's defaults. */
import type { CollectorSettings } from '../input-collector.ts';
import type { TwimlElement } from '../twiml-parse.ts';
import { integerOf } from '../verb-context.ts';
import type { VerbContext } from '../verb-context.ts';

const DEFAULT_TIMEOUT_S = 5;
const MAX_SPEECH_S = 60;
const MAX_HINTS = 500;
const MAX_HINT_CHARACTERS = 100;

/** How long a pause ends speech with `speechTimeout="auto"`, in call time. */
const AUTO_END_OF_SPEECH_MS = 1_000;

/** Reads them; what is wrong is warned about and its default taken. */
export function gatherSettings(element: TwimlElement, context: VerbContext): CollectorSettings {
  const { attributes } = element;
  const { speech, dtmf } = inputOf(attributes.input, context);
  const timeoutS = integerOf(element, 'timeout', DEFAULT_TIMEOUT_S, context);
  checkHints(attributes.hints, context);
  return {
    speech,
    dtmf,
    timeoutMs: timeoutS * 1_000,
    speechTimeoutMs: speechTimeoutMs(element, timeoutS, context),
    finishOnKey: finishKeyOf(attributes.finishOnKey, context),
    numDigits: integerOf(element, 'numDigits', Number.POSITIVE_INFINITY, context, 1),
    maxSpeechMs:
      1_000 * Math.min(MAX_SPEECH_S, integerOf(element, 'maxSpeechTime', MAX_SPEECH_S, context, 1)),
    bargeIn: booleanOf(element, 'bargeIn', true, context),
    fastForward: context.fastForward,
  };
}

/** A boolean attribute, written `true` or `false`. */
export function booleanOf(
  element: TwimlElement,
  name: string,
  fallback: boolean,
  context: VerbContext,
): boolean {
  const value = element.attributes[name];
  if (value === undefined) return fallback;
  if (value !== 'true' && value !== 'false') {
    context.warn(12200, `${element.name} ${name} must be true or false`);
    return fallback;
  }
  return value === 'true';
}

function inputOf(input = 'dtmf', context: VerbContext): { speech: boolean; dtmf: boolean } {
  const kinds = input.split(/\s+/).filter((kind) => kind !== '');
  if (kinds.length === 0 || !kinds.every((kind) => kind === 'speech' || kind === 'dtmf')) {
    context.warn(12200, 'Gather input must be dtmf, speech or both');
    return { speech: false, dtmf: true };
  }
  return { speech: kinds.includes('speech'), dtmf: kinds.includes('dtmf') };
}

function speechTimeoutMs(element: TwimlElement, timeoutS: number, context: VerbContext): number {
  const { speechTimeout, speechModel = 'default' } = element.attributes;
  if (speechTimeout !== 'auto') {
    return 1_000 * integerOf(element, 'speechTimeout', timeoutS, context);
  }
  if (speechModel !== 'default') {
    context.warn(12200, 'speechTimeout must be a number when a speechModel is given');
  }
  return AUTO_END_OF_SPEECH_MS;
}

function finishKeyOf(key = '#', context: VerbContext): string {
  if (/^[0-9#*]?$/.test(key)) return key;
  context.warn(12200, 'finishOnKey must be one key or empty');
  return '#';
}

function checkHints(hints: string | undefined, context: VerbContext): void {
  if (hints === undefined) return;
  const entries = hints.split(',');
  if (entries.length > MAX_HINTS) context.warn(12200, `Gather has over ${MAX_HINTS} hints`);
  if (entries.some((entry) => entry.trim().length > MAX_HINT_CHARACTERS)) {
    context.warn(12200, `a hint has over ${MAX_HINT_CHARACTERS} characters`);
  }
}
