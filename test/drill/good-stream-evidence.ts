/**
 * The evidence of a call over two media streams, made by hand: the caller is greeted and answered, the
 * first stream is lost in the middle of the second answer and of nothing else, the second one bridges and
 * answers again, and at last the caller interrupts an answer, presses keys and hangs up.
 */
import type { Evidence } from '../../src/drill/evidence.ts';
import type { TruthEntry, TruthEvent } from '../../src/simulator/index.ts';
import { databaseOf, goodEvidence, GREETING, historyOf } from './good-evidence.ts';
import type { Call, SpokenTurn } from './good-evidence.ts';
import { inboundCallId } from '../../src/ids.ts';

const callSid = `CA${'4'.repeat(32)}`;
export const FIRST_TOKEN = 'token-of-the-first-stream';
export const STREAM_TURNS: SpokenTurn[] = [
  { key: '1', words: 'Do you have fresh pineapple?', reply: 'Of course we have, every day.' },
  { key: '2', words: 'And what about ripe papaya?', reply: 'Those come on Monday morning again.' },
  { key: '12', words: 'Then tell me a story.', reply: 'Once upon a time', isInterrupted: true },
  { key: '13', words: '42', reply: 'Forty two it is.', isKeys: true },
];

export function goodStreamEvidence(): { call: Call; evidence: Evidence } {
  const evidence = goodEvidence();
  const call = { callSid, callId: inboundCallId(evidence.run.accountSid, callSid) };
  const startedMs = (evidence.truth.at(-1)?.atMs ?? 0) + 1_000;
  const talk = new Talk(startedMs);
  talk.call('ringing');
  talk.call('in-progress');
  talk.stream('MZ1', 'started', { parameters: { token: FIRST_TOKEN } });
  talk.hears(GREETING);
  talk.says('Do you have fresh pineapple?');
  talk.hears('Of course we have, every day.');
  talk.says('And what about ripe papaya?');
  talk.hears('Those come on');
  talk.stream('MZ1', 'over', { by: 'application', closeCode: 1006 });
  talk.stream('MZ2', 'started');
  talk.hears('Sorry, the line was gone for a moment.');
  talk.hears('Those come on Monday morning again.');
  talk.says('Then tell me a story.');
  talk.hears('Once upon a time there');
  talk.keys('42');
  talk.hears('Forty two it is.');
  talk.says('And what else', { isComplete: false });
  talk.stream('MZ2', 'over', { by: 'ended' });
  talk.call('completed', 'caller-hung-up');
  talk.entries.forEach((entry, at) => {
    evidence.truth.push({ ...entry, seq: evidence.truth.length, atMs: startedMs + at * 10_000 });
  });
  const database = databaseOf([[call, STREAM_TURNS]]);
  const customer = evidence.database;
  customer.calls.push(...database.calls);
  customer.turns.push(...database.turns);
  customer.events.push(...database.events);
  // Nobody wants to be told of this call: it is another customer's.
  customer.outbox.push(
    ...database.outbox.map((event) => ({ ...event, workspaceId: 'ws_of_another_customer' })),
  );
  evidence.histories.push(historyOf(call, STREAM_TURNS, { isOverStreams: true }));
  // A guess that was asked early and again.
  for (const lastUser of ['Do you have fresh', ...STREAM_TURNS.map(({ words }) => words)]) {
    const asked = { atMs: startedMs, lastUser, outcome: 'answered' as const };
    evidence.model.push(asked, asked);
  }
  return { call, evidence };
}

/** Writes down a call over streams, as the simulated Twilio does. */
class Talk {
  readonly entries: TruthEntry[] = [];
  readonly #startedMs: number;
  #streamSid = '';
  #utterances = 0;

  constructor(startedMs: number) {
    this.#startedMs = startedMs;
  }

  call(status: string, reason?: string): void {
    const parties = { from: '+14155550123', to: '+15005550006' };
    const more = reason === undefined ? {} : { reason };
    this.#add({ kind: 'call', callSid, status, direction: 'inbound', ...parties, ...more });
  }

  stream(streamSid: string, state: 'started' | 'over', more: object = {}): void {
    this.#streamSid = streamSid;
    this.#add({ kind: 'stream', callSid, streamSid, state, url: 'wss://voca.test/media', ...more });
  }

  hears(text: string): void {
    const { streamSid } = this.#place();
    this.#add({ kind: 'heard', callSid, source: 'stream', text, streamSid });
  }

  says(text: string, { isComplete = true } = {}): void {
    this.#speak('speech', text, isComplete);
  }

  keys(text: string): void {
    this.#speak('dtmf', text, true);
  }

  #speak(input: 'speech' | 'dtmf', text: string, isComplete: boolean): void {
    this.#utterances += 1;
    const utteranceId = `over-a-stream-${this.#utterances}`;
    this.#add({ kind: 'spoke', callSid, utteranceId, input, text, heard: true });
    const endsAtMs = this.#startedMs + this.entries.length * 10_000;
    const times = { beginsAtMs: endsAtMs - 1_000, endsAtMs };
    this.#add({ kind: 'stream-voice', ...this.#place(), utteranceId, text, ...times, isComplete });
  }

  #place() {
    return { callSid, streamSid: this.#streamSid };
  }

  #add(event: TruthEvent): void {
    this.entries.push({ seq: 0, atMs: 0, ...event } as TruthEntry);
  }
}
