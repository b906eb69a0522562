/** Plays one call as Twilio and a caller would: greeting, turns, hang-up. */
import { setTimeout } from 'node:timers/promises';
import type { Field } from '../simulator/form.ts';
import { API_VERSION, inboundFields } from '../simulator/voice-fields.ts';
import type { TwilioUrls } from '../twilio/urls.ts';
import { listeningAt, WrongAnswer } from './expected-twiml.ts';
import type { Expected } from './expected-twiml.ts';
import type { Kind, Samples } from './samples.ts';
import type { TimedAnswer, TwilioClient } from './twilio-client.ts';

export interface Caller {
  callSid: string;
  accountSid: string;
  from: string;
  to: string;
  /** Which connection Twilio uses for this call. */
  line: number;
}

export interface CallPlan {
  urls: Pick<TwilioUrls, 'voice' | 'status'>;
  greeting: string;
  turns: number;
  /** Before every webhook but the first, in milliseconds: people listen and speak. */
  pauseMs: number;
  /** What the assistant answers to these words. */
  replyTo(words: string): string;
  /** How an answer is checked; by default with all care. */
  read?: typeof listeningAt;
  /** Settles when the caller may hang up, after the last turn. */
  beforeEnd?: () => Promise<void>;
  /** Once aborted, nothing more is said and what fails is nobody's fault. */
  stopping?: AbortSignal;
}

/** The first failure ends the turns, as it would end the call; the status callback comes anyway. */
export async function playCall(
  client: Pick<TwilioClient, 'post'>,
  samples: Samples,
  caller: Caller,
  plan: CallPlan,
): Promise<void> {
  const post = (kind: Kind, url: string, fields: readonly Field[]) =>
    timed(samples, kind, plan.stopping, () => client.post(url, fields, caller.line));
  await talk(samples, caller, plan, post);
  await pause(plan.pauseMs, plan.stopping);
  await plan.beforeEnd?.();
  if (plan.stopping?.aborted) return;
  const over: Field[] = [...fieldsOf(caller, 'completed'), ['CallDuration', '1']];
  const answer = await post('status', plan.urls.status(), over);
  if (answer && answer.status !== 204) samples.failed('status', `HTTP status ${answer.status}`);
}

type Post = (kind: Kind, url: string, fields: readonly Field[]) => Promise<TimedAnswer | undefined>;

async function talk(samples: Samples, caller: Caller, plan: CallPlan, post: Post): Promise<void> {
  const { callSid, from, to } = caller;
  const ringing = [
    ...fieldsOf(caller, 'ringing'),
    ...inboundFields(from, to, 'TN-Validation-Passed-A'),
  ];
  const look = (kind: Kind, answer: TimedAnswer | undefined, expected: Expected) =>
    nextUrl(samples, kind, answer, (given) => (plan.read ?? listeningAt)(given, expected));
  const greeted = { callSid, said: plan.greeting, turn: 1 };
  let url = look('first', await post('first', plan.urls.voice(), ringing), greeted);
  for (let turn = 1; url !== undefined && turn <= plan.turns; turn += 1) {
    await pause(plan.pauseMs, plan.stopping);
    if (plan.stopping?.aborted) return;
    const words = `This is sentence ${turn} of this call`;
    const spoken: Field[] = [
      ...fieldsOf(caller, 'in-progress'),
      ['SpeechResult', words],
      ['Confidence', '0.9'],
      ['Language', 'en-US'],
    ];
    const expected = { callSid, said: plan.replyTo(words), turn: turn + 1 };
    url = look('turn', await post('turn', url, spoken), expected);
  }
}

async function timed(
  samples: Samples,
  kind: Kind,
  stopping: AbortSignal | undefined,
  send: () => Promise<TimedAnswer>,
): Promise<TimedAnswer | undefined> {
  const sentAt = performance.now();
  try {
    const answer = await send();
    samples.took(kind, answer.ms);
    return answer;
  } catch (error) {
    if (stopping?.aborted) return undefined;
    const { code, name } = error as { code?: unknown; name?: unknown };
    samples.took(kind, performance.now() - sentAt); // whoever waited in vain has waited
    samples.failed(kind, `no answer (${String(code ?? name)})`);
    return undefined;
  }
}

function nextUrl(
  samples: Samples,
  kind: Kind,
  answer: TimedAnswer | undefined,
  read: (answer: TimedAnswer) => string,
): string | undefined {
  if (!answer) return undefined;
  try {
    return read(answer);
  } catch (error) {
    if (!(error instanceof WrongAnswer)) throw error;
    samples.failed(kind, error.message);
    return undefined;
  }
}

/** The fields of every webhook about an inbound call; the geography is often empty with Twilio. */
export function fieldsOf(caller: Caller, status: string): Field[] {
  const { accountSid, callSid, from, to } = caller;
  const geography = ['Called', 'To', 'Caller', 'From'].flatMap((party) =>
    ['City', 'State', 'Zip', 'Country'].map((place): Field => [party + place, '']),
  );
  return [
    ['AccountSid', accountSid],
    ['ApiVersion', API_VERSION],
    ['CallSid', callSid],
    ['CallStatus', status],
    ['Called', to],
    ['Caller', from],
    ['Direction', 'inbound'],
    ['From', from],
    ['To', to],
    ...geography,
  ];
}

/** Ends early, without an error, when the signal is aborted. */
export async function pause(ms: number, stopping?: AbortSignal): Promise<void> {
  if (ms <= 0 || stopping?.aborted) return;
  await setTimeout(ms, undefined, { signal: stopping }).catch(() => undefined);
}
