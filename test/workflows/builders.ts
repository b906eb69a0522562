/** Builds calls for the tests of the state machine: small verbs for all that can happen to one. */
import {
  carriedState,
  isClosed,
  newConversation,
  reduce,
  snapshotOf,
  stepFor,
} from '../../workflows/conversation.ts';
import type { Assistant } from '../../workflows/assistant.ts';
import type { CallInput, Heard, Step, Turn, TurnKey } from '../../workflows/contract.ts';
import type { CallEventBody } from '../../workflows/events.ts';
import type { CarrierCall, DialResult } from '../../activities/ports.ts';
import { nextDeadline } from '../../workflows/rules/deadlines.ts';
import type { Conversation, ConversationEvent, Effect } from '../../workflows/rules/state.ts';

export const SID = 'CA00000000000000000000000000000001';
export const FOREIGN_SID = 'CA00000000000000000000000000000002';
export const START = Date.parse('2026-03-02T10:00:00.000Z');

/** An event without its time. */
export type Happening = ConversationEvent extends infer E
  ? E extends ConversationEvent
    ? Omit<E, 'at'>
    : never
  : never;

export const ASSISTANT: Assistant = {
  id: 'asst_1',
  version: 3,
  name: 'Receptionist',
  firstMessage: 'Hello, how can I help?',
  instructions: 'Book tables.',
  voice: { language: 'en-GB', name: 'Polly.Amy' },
  listen: { keys: true, timeoutSeconds: 5, speechTimeout: 'auto', hints: [] },
  silence: { prompt: 'Are you there?', prompts: 2, farewell: 'I cannot hear you. Goodbye.' },
  limits: { callSeconds: 600, turns: 50, farewell: 'We have to stop here.' },
  ending: { phrases: ['goodbye', "that's all"], message: 'Thanks for calling.' },
  apology: 'Sorry, could you say that again?',
};

export function inboundInput(): CallInput {
  return {
    callId: 'call_1',
    direction: 'inbound',
    accountSid: 'AC1',
    callSid: SID,
    from: '+4420000001',
    to: '+4420000002',
  };
}

export function outboundInput(): CallInput {
  const { callSid: _, ...call } = inboundInput();
  return { ...call, direction: 'outbound' };
}

export function speech(text: string): Heard {
  return { kind: 'speech', text };
}

export const SILENCE: Heard = { kind: 'silence' };

/** Makes any change of `value` throw, so that a reducer that changes its input is caught. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

/** A call and everything that it has asked for so far. Each event comes a second after the last. */
export class TestCall {
  state: Conversation;
  now = START;
  readonly effects: Effect[] = [];
  /** What the newest event asked for. */
  asked: Effect[] = [];

  constructor(input: CallInput) {
    this.state = frozen(newConversation(input, START));
  }

  happen(happening: Happening, afterMs = 1000): this {
    this.now += afterMs;
    const event = frozen({ ...happening, at: this.now } as ConversationEvent);
    const next = reduce(this.state, event);
    this.state = frozen(next.state);
    this.asked = next.effects;
    this.effects.push(...next.effects);
    return this;
  }

  loaded = (assistant?: Assistant) =>
    this.happen({ type: 'loaded', ...(assistant && { assistant }) });
  begun = (callSid = SID) => this.happen({ type: 'begun', callSid });
  hears = (key: TurnKey, heard: Heard) => this.happen({ type: 'spoke', key, heard });
  says = (key: TurnKey, text = `words ${key}`) => this.hears(key, speech(text));
  silent = (key: TurnKey) => this.hears(key, SILENCE);
  replies = (key: TurnKey, text = `reply ${key}`, end = false) =>
    this.happen({ type: 'replied', key, reply: { text, end, model: 'demo' } });
  replyFails = (key: TurnKey) => this.happen({ type: 'reply-failed', key });
  /** A summary that was asked for is there. */
  isSummedUp(text = 'They talked.'): this {
    const order = this.effects.findLast((effect) => effect.do === 'summarize');
    if (!order) throw new Error('No summary was asked for');
    return this.happen({ type: 'summarized', summary: text, upTo: order.upTo });
  }
  /** A webhook takes the decided step of `key` away. */
  takes = (key: TurnKey) => this.happen({ type: 'collected', key });
  /** One whole turn: said, answered, and heard. */
  exchanges = (key: TurnKey) => this.says(key).replies(key).takes(key);
  twilioSays = (callStatus: string, durationSeconds?: number, callSid = SID) =>
    this.happen({
      type: 'status',
      status: { callSid, callStatus, ...(durationSeconds !== undefined && { durationSeconds }) },
    });
  dialled = (result: DialResult) => this.happen({ type: 'dialled', result });
  carrierAnswers = (call?: Partial<CarrierCall> & { status: string }) =>
    this.happen({ type: 'carrier-answered', ...(call && { call: { callSid: SID, ...call } }) });
  carrierFails = () => this.happen({ type: 'carrier-failed' });
  operatorEnds = (message = '') => this.happen({ type: 'end-requested', message });

  /** Lets time pass until the next deadline, and lets it ring. */
  reachesDeadline(): this {
    const next = nextDeadline(this.state);
    if (!next) throw new Error('The call has no deadline');
    return this.happen({ type: 'time' }, Math.max(0, next.at - this.now));
  }

  passes(ms: number): this {
    return this.happen({ type: 'time' }, ms);
  }

  /** The call goes on in a new run of its workflow. */
  moves(): this {
    this.state = frozen(JSON.parse(JSON.stringify(carriedState(this.state))) as Conversation);
    return this;
  }

  step = (key: TurnKey): Step | undefined => stepFor(this.state, key);
  turn = (key: TurnKey): Turn | undefined => this.state.turns.find((turn) => turn.key === key);
  /** Key and status of every turn, in order: `['1 answered', '2 thinking']`. */
  turns = () => this.state.turns.map((turn) => `${turn.key} ${turn.status}`);
  snapshot = () => snapshotOf(this.state);
  isClosed = () => isClosed(this.state);

  /** Everything asked for but the record, as short words. */
  deeds(effects = this.asked): string[] {
    return effects
      .filter((effect) => effect.do !== 'record')
      .map((effect) => {
        if ('key' in effect) return `${effect.do} ${effect.key}`;
        return effect.do === 'hang-up' && effect.say ? `hang-up: ${effect.say}` : effect.do;
      });
  }

  records(effects = this.effects): CallEventBody[] {
    return effects.flatMap((effect) => (effect.do === 'record' ? [effect.event] : []));
  }
}

export function inbound(assistant: Partial<Assistant> = {}): TestCall {
  return new TestCall(inboundInput()).loaded({ ...ASSISTANT, ...assistant });
}

/** An inbound call that has heard its greeting. */
export function greeted(assistant: Partial<Assistant> = {}): TestCall {
  return inbound(assistant).begun().takes('0');
}

export function outbound(assistant: Partial<Assistant> = {}): TestCall {
  return new TestCall(outboundInput()).loaded({ ...ASSISTANT, ...assistant });
}

/** An outbound call that Twilio has agreed to place. */
export function placed(assistant: Partial<Assistant> = {}): TestCall {
  return outbound(assistant).dialled({ outcome: 'accepted', callSid: SID });
}
