/**
 * Steps as TwiML. Only Twilio's builder writes XML, so no text can become a verb; texts are cleaned
 * first, because the builder throws on characters that XML does not allow. Nothing here throws,
 * whatever is to be said, and no document is larger than Twilio takes.
 */
import twilio from 'twilio';
import type { ListenPlan, Voice } from '../../workflows/assistant.ts';
import type { Step, TurnKey } from '../../workflows/contract.ts';
import { cleanText, cutText, headOf } from './say-text.ts';
import type { StreamGrant, TwilioUrls } from './urls.ts';

type VoiceResponse = InstanceType<typeof twilio.twiml.VoiceResponse>;
type GatherOptions = NonNullable<Parameters<VoiceResponse['gather']>[0]>;
/** Twilio's types list the languages and voices of one day; new ones appear all the time. */
type SayOptions = NonNullable<Exclude<Parameters<VoiceResponse['say']>[0], string>>;

/** Twilio refuses a document above 64 kB; kB taken as 1,000 bytes to be safe. */
export const MAX_TWIML_BYTES = 64_000;
/** More than anybody will listen to; keeps cutting cheap. */
const MAX_TEXT_CHARS = 64_000;
const MAX_HINTS = 500;
const MAX_HINT_CHARS = 100;
/** Leaves room in the document for what is to be said. */
const MAX_HINTS_BYTES = 54_000;
const MAX_LISTEN_SECONDS = 60;
const DEFAULT_LISTEN_SECONDS = 5;

export interface CallRef {
  callSid: string;
  callId: string;
}

/** What is to be heard before something else happens. */
export interface Spoken {
  say: string;
  voice: Voice;
}

/** A decided step of a call. */
export function renderStep(step: Step, call: CallRef, urls: TwilioUrls): string {
  switch (step.next.kind) {
    case 'listen': {
      const { key, listen } = step.next;
      return renderListen(step, listen, key, call, urls);
    }
    case 'stream': {
      const { stream, until } = step.next;
      return renderStream({ callId: call.callId, stream, until }, call, urls);
    }
    case 'resume':
      return renderRedirect(step, urls.processSpeech({ ...call, wait: 1 }));
    case 'hangup':
      return renderGoodbye(step);
  }
}

/** Says something and listens for the turn `key`. Also how a caller is asked to repeat. */
export function renderListen(
  spoken: Spoken,
  listen: ListenPlan,
  key: TurnKey,
  call: CallRef,
  urls: TwilioUrls,
): string {
  const action = urls.processSpeech({ ...call, key });
  return fitting(spoken.say, (text) => {
    const response = new twilio.twiml.VoiceResponse();
    // Speech stops what is said inside the Gather. Nothing stands behind it: an empty result is
    // sent to the action as well, so a Redirect would only answer the same silence twice.
    const gather = response.gather(gatherOptions(listen, spoken.voice, action));
    for (const part of cutText(text)) gather.say(sayOptions(spoken.voice), part);
    return response;
  });
}

/**
 * Hands the call to a media worker, which says whatever is to be said. Twilio comes back to the action
 * when the stream is over, whyever; the Redirect is for a stream that it does not even try. Both name the
 * stream: however often Twilio asks for what follows it, one stream follows.
 */
export function renderStream(grant: StreamGrant, call: CallRef, urls: TwilioUrls): string {
  const { callId, stream } = grant;
  const { url, token } = urls.stream(grant);
  const response = new twilio.twiml.VoiceResponse();
  const back = urls.connect({ callId, stream });
  const connect = response.connect({ action: back, method: 'POST' });
  const media = connect.stream({ url });
  media.parameter({ name: 'call', value: callId });
  media.parameter({ name: 'token', value: token });
  response.redirect({ method: 'POST' }, back);
  return response.toString();
}

/** Says something (a filler, or nothing) and has Twilio come back to `url`. */
export function renderRedirect(spoken: Spoken, url: string): string {
  return fitting(spoken.say, (text) => {
    const response = new twilio.twiml.VoiceResponse();
    for (const part of cutText(text)) response.say(sayOptions(spoken.voice), part);
    response.redirect({ method: 'POST' }, url);
    return response;
  });
}

/** Says something (a farewell, an apology, or nothing) and ends the call. */
export function renderGoodbye(spoken: Spoken, maxBytes: number = MAX_TWIML_BYTES): string {
  const render = (text: string): VoiceResponse => {
    const response = new twilio.twiml.VoiceResponse();
    for (const part of cutText(text)) response.say(sayOptions(spoken.voice), part);
    response.hangup();
    return response;
  };
  return fitting(spoken.say, render, maxBytes);
}

/** An answer without verbs, for requests whose TwiML is ignored. */
export function renderEmpty(): string {
  return new twilio.twiml.VoiceResponse().toString();
}

/** Cleans the text, and shortens it at its end until the document is small enough. */
function fitting(
  say: string,
  render: (text: string) => VoiceResponse,
  maxBytes: number = MAX_TWIML_BYTES,
): string {
  let text = cleanText(headOf(say, MAX_TEXT_CHARS));
  for (;;) {
    const xml = render(text).toString();
    const excess = Buffer.byteLength(xml) - maxBytes;
    if (excess <= 0 || text === '') return xml;
    text = shorten(text, escapedBytes(text) - excess);
  }
}

/** The longest start of a text whose escaped form has at most `maxBytes`, cut behind a sentence. */
function shorten(text: string, maxBytes: number): string {
  let bytes = 0;
  let chars = 0;
  for (const character of text) {
    bytes += escapedBytes(character);
    if (bytes > maxBytes) return headOf(text, chars).trimEnd();
    chars += character.length;
  }
  return text;
}

function escapedBytes(text: string): number {
  const escapes: Record<string, number> = { '&': 5, '<': 4, '>': 4, '"': 6 };
  let bytes = Buffer.byteLength(text);
  for (const character of text.match(/[&<>"]/g) ?? []) bytes += (escapes[character] ?? 1) - 1;
  return bytes;
}

function gatherOptions(listen: ListenPlan, voice: Voice, action: string): GatherOptions {
  const hints = hintsOf(listen.hints);
  return {
    input: listen.keys ? ['dtmf', 'speech'] : ['speech'],
    action,
    method: 'POST',
    timeout: secondsOf(listen.timeoutSeconds),
    speechTimeout:
      listen.speechTimeout === 'auto' ? 'auto' : String(secondsOf(listen.speechTimeout)),
    finishOnKey: '#',
    ...(languageOf(voice) as Pick<GatherOptions, 'language'>),
    ...(hints !== '' && { hints }),
    actionOnEmptyResult: true,
  };
}

function sayOptions(voice: Voice): SayOptions {
  const named = voice.name !== undefined && /^[A-Za-z][A-Za-z0-9._-]{0,99}$/.test(voice.name);
  const options = { ...(named && { voice: voice.name }), ...languageOf(voice) };
  return options as SayOptions;
}

/** A language that is no BCP-47 tag is left to Twilio's default. */
function languageOf(voice: Voice): { language?: string } {
  const fits = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/.test(voice.language);
  return fits ? { language: voice.language } : {};
}

function secondsOf(seconds: number): number {
  if (!Number.isFinite(seconds)) return DEFAULT_LISTEN_SECONDS;
  return Math.min(MAX_LISTEN_SECONDS, Math.max(1, Math.round(seconds)));
}

/** A comma separates hints, so a hint cannot hold one. */
function hintsOf(hints: readonly string[]): string {
  const kept: string[] = [];
  let bytes = 0;
  for (const hint of hints) {
    const clean = cleanText(headOf(hint.replaceAll(',', ' '), 4 * MAX_HINT_CHARS));
    const text = headOf(clean, MAX_HINT_CHARS);
    if (text === '') continue;
    bytes += escapedBytes(text) + 1;
    if (kept.length === MAX_HINTS || bytes > MAX_HINTS_BYTES) break;
    kept.push(text);
  }
  return kept.join(',');
}
