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
    'streams follow each other':
      (before.stream?.number ?? 0) <= (state.stream?.number ?? 0) &&
      (state.stream?.number ?? 0) <= (before.stream?.number ?? 0) + 1,
    'a stream is let in once':
      before.stream?.streamSid === undefined ||
      before.stream.number !== state.stream?.number ||
      before.stream.streamSid === state.stream.streamSid,
    'no stream follows once they are given up': before.mode !== 'gather' || state.mode === 'gather',
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
  if (effect.do === 'run-session' || effect.do === 'redirect') {
    return state.callSid !== undefined && state.stream?.number === effect.stream;
  }
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
        state.status !== 'listening' ||
        next?.kind === 'stream' ||
        (next?.kind === 'listen' &&
          // No media worker tells of turns that were never given to it.
          (!hasHeard(state, next.key) ||
            happened.some((each) => toldOver(each)?.key === next.key))),
      'a call over streams has its newest stream open':
        state.mode !== 'stream' ||
        !['listening', 'thinking'].includes(state.status) ||
        (next?.kind === 'stream' && next.stream === state.stream?.number),
      'no stream is led that was not let in':
        state.stream?.is !== 'attached' || state.stream.streamSid !== undefined,
      'a call that is ending has last words open':
        state.status !== 'speaking' || next?.kind === 'hangup',
      'a call ends for its models when they have failed so often, and only then':
        state.stream !== undefined ||
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
    const told = each.type === 'spoke' ? each : toldOver(each);
    if (!told || !parseKey(told.key)?.turn || first.has(told.key)) continue;
    first.set(told.key, told.heard.kind === 'silence' ? undefined : told.heard);
  }
  return [...first].filter(([, heard]) => heard !== undefined);
}

function toldOver(happening: Happening) {
  if (happening.type !== 'stream-news' || happening.news.what !== 'heard') return undefined;
  return happening.news;
}

function report(rules: Record<string, boolean>, happened: Happening[]): void {
  for (const [rule, holds] of Object.entries(rules)) {
    if (!holds) throw new Error(`Broken: ${rule}, after ${JSON.stringify(happened)}`);
  }
}
