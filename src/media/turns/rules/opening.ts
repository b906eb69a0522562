/** How a talk begins: with a greeting, or in the middle of a conversation that goes on. */
import type { StreamBrief } from '../../../../workflows/stream-contract.ts';
import { GREETING_KEY } from '../../../../workflows/rules/keys.ts';
import { planOf } from '../plan.ts';
import type { Caller, Talk } from '../state.ts';
import { scripted } from './answers.ts';

export function openState(
  brief: StreamBrief,
  { at, hasInterim }: { at: number; hasInterim: boolean },
): Talk {
  const { assistant } = brief.call;
  const state: Talk = {
    status: 'talking',
    assistant,
    plan: planOf(assistant),
    hasInterim,
    caller: silentCaller(at),
    nextKey: brief.nextKey,
    nextReply: 1,
    nextUtterance: 1,
    turnsLeft: brief.turnsLeft,
    silences: brief.silences,
    apologies: brief.apologies ?? 0,
    fillers: 0,
    quietSince: at,
    backOffUntil: at,
    now: at,
    ...(brief.pending && { unanswered: brief.pending }),
  };
  const say = brief.say.trim();
  if (say === '') return state;
  if (brief.isGreeting) state.answer = scripted(GREETING_KEY, [say], at);
  else state.bridge = say;
  return state;
}

/** Until it is known. */
const HANGOVER_MS = 220;

function silentCaller(at: number): Caller {
  return {
    voice: 'off',
    voiceBeganAt: at,
    hangoverMs: HANGOVER_MS,
    endedAt: at,
    recogniser: 'listening',
    flushes: 0,
    flushedAt: at,
    words: [],
    guess: '',
    wordsAt: at,
    keys: '',
    keyAt: at,
    typing: 'no',
  };
}
