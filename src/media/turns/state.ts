/** The state of who speaks when. All of it is JSON; times are those of the events. */
import type { Reply } from '../../../activities/ports.ts';
import type { Assistant } from '../../../workflows/assistant.ts';
import type { Heard, ModelTry, Tokens, TurnKey, TurnTimings } from '../../../workflows/contract.ts';
import type { StreamReply } from '../../../workflows/stream-contract.ts';
import type { TalkAction } from './action.ts';
import type { TalkPlan } from './plan.ts';

export interface Talk {
  /** `ended`: nothing happens any more. */
  status: 'talking' | 'ended';
  assistant: Assistant;
  plan: TalkPlan;
  /** Whether the recogniser tells what it has understood so far. */
  hasInterim: boolean;
  caller: Caller;
  /** What the assistant is saying, or is about to say, to the turn that is open. */
  answer?: Answer;
  /** Asked for on a likely end of the caller's turn, which may not be one. */
  early?: EarlyReply;
  /** What bridges a lost stream: to be said before all else. */
  bridge?: string;
  /** What is being said in passing; it is not recorded. */
  aside?: Aside;
  /** A turn that is to be answered once the first words were said. */
  unanswered?: { key: TurnKey; heard: Heard };
  nextKey: TurnKey;
  nextReply: number;
  nextUtterance: number;
  /** So many more answers of a model may be heard. */
  turnsLeft: number;
  /** Silences in a row. */
  silences: number;
  /** Apologies in a row. */
  apologies: number;
  /** Fillers so far: they are said in turn. */
  fillers: number;
  /** When the assistant was silent last, or the caller meant something: silence counts from here. */
  quietSince: number;
  /** Not before this does the assistant speak. */
  backOffUntil: number;
  /** The time of the newest event. */
  now: number;
  /** When to look again, though nothing happened. */
  wakeAt?: number;
}

export interface Caller {
  /** `noise`: it has gone on for so long without a word that only words count. */
  voice: 'off' | 'on' | 'noise';
  voiceBeganAt: number;
  /** How much later than its end a voice is noticed to have ended. */
  hangoverMs: number;
  /** When the words so far ended: the waits are counted from here. */
  endedAt: number;
  /** `flushing`: asked for what it has. `late`: it did not answer in time, and may yet. */
  recogniser: 'listening' | 'flushing' | 'late';
  /** Flushes that were not answered yet. */
  flushes: number;
  flushedAt: number;
  /** Final, and part of no turn yet. */
  words: string[];
  /** The lowest confidence in `words`. */
  confidence?: number;
  /** What the recogniser believes that it hears after `words`. */
  guess: string;
  /** A guess that had to be taken for words: the final that is late says it again. */
  borrowed?: { text: string; at: number };
  /** When `words` or `guess` changed last. */
  wordsAt: number;
  /** When the first and the last of `words` came. */
  firstWordsAt?: number;
  recognisedAt?: number;
  /** Pressed, and part of no turn yet. */
  keys: string;
  keyAt: number;
  /** `typing` until `#`. */
  typing: 'no' | 'typing' | 'done';
}

export interface Answer {
  /** The turn that it answers, `0` for the greeting. */
  key: TurnKey;
  /**
   * `thinking`: nothing of it is being said. `speaking`: some of it is. `stopping`: it was stopped, and
   * it is not known yet how much was heard. `held`: the caller is speaking; it goes on unless he has
   * said something.
   */
  phase: 'thinking' | 'speaking' | 'stopping' | 'held';
  source: StreamReply['source'];
  /** The question to the model that is still being answered. */
  reply?: number;
  /** Not said yet. */
  clauses: string[];
  /** The newest utterance of it, and its clauses. */
  utterance?: number;
  said: string[];
  /** Its end was said, so it is over when all of it was heard. */
  isSaidToEnd: boolean;
  /** What was heard of earlier utterances, and of this one. */
  heardBefore: string;
  heard: string;
  /** When the newest utterance began to be heard. */
  audibleAt?: number;
  end?: NonNullable<StreamReply['end']>;
  model?: string;
  tokens?: Tokens;
  tries?: ModelTry[];
  timings: TurnTimings;
  /** When the caller had ended; none when he did not speak. */
  askedAt?: number;
  /** Since when the caller has waited for it, or when a filler was said last. */
  waitingSince: number;
  /** Fillers that were said for it. */
  fillers: number;
  /** When the model or the voice was last asked for something, or gave something. */
  movedAt: number;
  /** So often was it stopped for nothing. */
  falseAlarms: number;
}

export interface EarlyReply {
  reply: number;
  /** The words that it answers. */
  text: string;
  clauses: string[];
  firstTokenAt?: number;
  model?: string;
  result?: Reply;
  hasFailed?: boolean;
}

export interface Aside {
  /** `bridge`: after a lost stream. `filler`: while the model thinks. */
  purpose: 'bridge' | 'filler';
  utterance: number;
  isAudible: boolean;
  saidAt: number;
  text: string;
}

/** A state being changed, and what is to be done about it. */
export interface Draft {
  state: Talk;
  actions: TalkAction[];
  at: number;
}

/**
 * What a rule does with a state: something (`again`: all rules look once more), or nothing until this
 * time, or nothing until something happens.
 */
export type Look = 'again' | number | undefined;
export type Rule = (draft: Draft) => Look;
