/** What must be true of a call after every event, whatever happens to it. */
import { isDeepStrictEqual } from 'node:util';
import { hasHeard, isClosed, snapshotOf, stepFor } from '../../workflows/conversation.ts';
import { nextDeadline } from '../../workflows/rules/deadlines.ts';
import { parseKey } from '../../workflows/rules/keys.ts';
import type { Conversation, Effect } from '../../workflows/rules/state.ts';
import type { Happening, TestCall } from './builders.ts';
import { faultsOf, foldRecords, withoutTimes } from './fold-records.ts';

/** Whether a question is under way whose answer, good or bad, always comes. */
export function isAnswerDue(call: TestCall, happened: Happening[]): boolean {
  const isDialling = call.effects.some((effect) => effect.do === 'dial');
  return (
    call.state.thinkingKey !== undefined ||
    (isDialling && !happened.some((each) => each.type === 'dialled'))
  );
}

/** @throws with the name of the rule that was broken between two states. */
export function checkStep(before: Conversation, call: TestCall, happened: Happening[]): void {
  const { state, asked } = call;
  const rules: Record<string, boolean> = {
    'a decided step never changes': Object.entries(before.decided).every(([key, step]) =>
      isDeepStrictEqual(state.decided[key], step),
    ),
    'a turn keeps its place and its words': before.turns.every(
      ({ key, heard }, i) =>
        state.turns[i]?.key === key && isDeepStrictEqual(state.turns[i].heard, heard),
    ),
    'a terminal state is never left': before.status !== 'ended' || state.status === 'ended',
    'the end reason never changes':
      before.endReason === undefined || state.endReason === before.endReason,
    'the first reason to end stays': before.ending === undefined || state.ending === before.ending,
    'the CallSid never changes': before.callSid === undefined || state.callSid === before.callSid,
    'Twilio is asked about a known call only': asked.every((effect) => isPossible(effect, state)),
    'no model is asked after the end': !(
      state.status === 'ended' && asked.some((effect) => effect.do === 'ask-model')
    ),
    'the end is at most 15 s away':
      state.endedAt === undefined || (state.deadlines.close ?? 0) <= state.endedAt + 15_000,
    'a call that is open is looked after':
      isClosed(state) || nextDeadline(state) !== undefined || isAnswerDue(call, happened),
  };
  report(rules, happened);
  checkState(state, happened);
}

function isPossible(effect: Effect, state: Conversation): boolean {
  if (effect.do === 'hang-up' || effect.do === 'ask-carrier') return state.callSid !== undefined;
  return effect.do === 'find-call' ? state.callSid === undefined : true;
}

/** Apologies since the last answer of a model. */
function failuresInARow({ turns }: Conversation): number {
  const asked = turns.filter(({ replySource }) => replySource && replySource !== 'script');
  return asked.length - 1 - asked.findLastIndex(({ replySource }) => replySource === 'model');
}

function checkState(state: Conversation, happened: Happening[]): void {
  const { next } = state.openStep ?? {};
  const { endAfter = Infinity } = state.assistant?.failure ?? {};
  const keys = state.turns.map((turn) => turn.key);
  report(
    {
      'thinking is one turn': (state.status === 'thinking') === (state.thinkingKey !== undefined),
      'only the turn that is thought about is open': state.turns.every(
        (turn) => (turn.status === 'thinking') === (turn.key === state.thinkingKey),
      ),
      'a call that listens waits for a turn not heard before':
        state.status !== 'listening' || (next?.kind === 'listen' && !hasHeard(state, next.key)),
      'a call that is ending has last words open':
        state.status !== 'speaking' || next?.kind === 'hangup',
      'a call ends for its models when they have failed so often, and only then':
        (state.ending === 'models-failed') === failuresInARow(state) >= endAfter,
      'every turn is kept once': new Set(keys).size === keys.length,
      'nobody waits for a turn that was heard': state.turns.every(
        ({ key }) => key === state.thinkingKey || stepFor(state, key) !== undefined,
      ),
      'the state survives JSON': isDeepStrictEqual(JSON.parse(JSON.stringify(state)), state),
      'the snapshot survives JSON': isDeepStrictEqual(
        JSON.parse(JSON.stringify(snapshotOf(state))),
        snapshotOf(state),
      ),
    },
    happened,
  );
}

/** Rules about everything that a call has asked for. */
export function checkWhole(call: TestCall, happened: Happening[]): void {
  const models = call.deeds(call.effects).filter((deed) => deed.startsWith('ask-model'));
  const settled = call.state.turns
    .map((turn, i) => [String(i + 1), withoutTimes(turn)] as const)
    .filter(([, turn]) => turn.status !== 'thinking');
  report(
    {
      'a turn asks one model, once': new Set(models).size === models.length,
      'nobody is dialled twice': call.effects.filter((effect) => effect.do === 'dial').length <= 1,
      'the records make sense': faultsOf(call.records()).length === 0,
      'the record is the state': isDeepStrictEqual(
        { ...foldRecords(call.records()).turns },
        Object.fromEntries(settled),
      ),
      'every utterance is kept, with its first words': firstWords(happened).every(([key, heard]) =>
        call.state.turns.some((turn) => turn.key === key && isDeepStrictEqual(turn.heard, heard)),
      ),
    },
    happened,
  );
}

/** For each turn whose first message held words or keys: these. */
function firstWords(happened: Happening[]) {
  const first = new Map<string, unknown>();
  for (const each of happened) {
    if (each.type !== 'spoke' || !parseKey(each.key) || first.has(each.key)) continue;
    first.set(each.key, each.heard.kind === 'silence' ? undefined : each.heard);
  }
  return [...first].filter(([, heard]) => heard !== undefined);
}

function report(rules: Record<string, boolean>, happened: Happening[]): void {
  for (const [rule, holds] of Object.entries(rules)) {
    if (!holds) throw new Error(`Broken: ${rule}, after ${JSON.stringify(happened)}`);
  }
}
