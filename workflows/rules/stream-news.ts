/**
 * What a media worker tells of its conversation: what it heard, and what the caller heard of the
 * answers. It leads the conversation; here it is kept, and it is seen whether the call may go on. Each
 * thing may be told twice, or late, when another stream leads already.
 */
import type { Turn, TurnKey } from '../contract.ts';
import type { StreamNews, StreamReply } from '../stream-contract.ts';
import { endNow } from './ending.ts';
import { compareKeys, GREETING_KEY, parseKey } from './keys.ts';
import { isTurnKnown, modelReplies, summarizeWhenLong } from './memory.ts';
import type { Conversation, Draft } from './state.ts';
import { record } from './state.ts';
import { abandonThinking, completeTurn, isFallback, newTurn } from './turns.ts';
import { noteCut } from './cut-answers.ts';

export function takeNews(draft: Draft, news: StreamNews): void {
  const { state } = draft;
  state.carrierFailures = 0;
  if (news.what === 'heard') hearOver(draft, news);
  else if (!state.stream)
    return; // nobody could say anything
  else if (news.key === GREETING_KEY) takeFirstWords(draft, news.stream, news.reply);
  else takeSaid(draft, news.stream, news.key, news.reply, news.at);
}

function hearOver(draft: Draft, news: Extract<StreamNews, { what: 'heard' }>): void {
  const { state } = draft;
  const { key, heard, at } = news;
  if (!parseKey(key)?.turn || state.decided[key] || isTurnKnown(state, key)) return; // a duplicate
  state.isGreeted = true; // whoever answers has been spoken to
  const told = (status: Turn['status']): Turn => ({
    ...newTurn(draft, key, heard, status),
    heardAt: at,
  });
  if (!isCurrent(draft, news.stream, key)) {
    if (heard.kind !== 'silence') completeTurn(draft, told('unanswered'));
    return;
  }
  abandonThinking(draft, 'superseded');
  state.latestKey = key;
  state.silences = heard.kind === 'silence' ? state.silences + 1 : 0;
  if (heard.kind !== 'silence') noteWords(draft, news.stream);
  state.turns.push(told('thinking'));
  state.status = 'thinking';
  state.thinkingKey = key;
}

/** Whether these words will still be answered: by this stream, or by the one that is to follow it. */
function isCurrent({ state }: Draft, number: number, key: TurnKey): boolean {
  const { mode, stream, status, latestKey } = state;
  if (mode !== 'stream' || status === 'ended' || status === 'speaking') return false;
  if (number !== stream?.number && stream?.is !== 'offered') return false;
  return latestKey === undefined || compareKeys(key, latestKey) > 0;
}

/** A stream over which somebody spoke: streams work. */
function noteWords({ state }: Draft, number: number): void {
  delete state.barrenStreams;
  if (state.stream?.number === number) state.stream = { ...state.stream, hasTurn: true };
}

/** The greeting, or what bridged a lost stream. */
function takeFirstWords(draft: Draft, number: number, reply: StreamReply): void {
  const { state } = draft;
  // What bridges a lost stream is told in the same way, but by then somebody was greeted.
  if (!state.isGreeted || number === 1) {
    if (reply.isInterrupted && state.heardGreeting === undefined) {
      state.heardGreeting = reply.text;
      state.isGreetingUntold = true;
    }
    state.isGreeted = true;
  }
  endAfter(draft, number, GREETING_KEY, reply);
}

function takeSaid(
  draft: Draft,
  number: number,
  key: TurnKey,
  reply: StreamReply,
  at: string,
): void {
  const { state } = draft;
  const turn = state.turns.find((each) => each.key === key);
  // One that comes when the call has left streams: the turn is being answered over TwiML already.
  const isAnsweredAnew = reply.isCut === true || state.mode !== 'stream';
  if (turn && isAnsweredAnew && noteCut(draft, number, turn, reply)) return;
  const told = turn && toldTurn(draft, number, turn, reply, at);
  if (!told) {
    // Told already, or shrunk to its key in an earlier run: a second end changes nothing either.
    return turn || isTurnKnown(state, key) ? undefined : endAfter(draft, number, key, reply);
  }
  const position = completeTurn(draft, told);
  if (state.thinkingKey === key) {
    delete state.thinkingKey;
    if (state.status === 'thinking') state.status = 'listening';
  }
  noteFailures(draft, key, position, reply);
  endAfter(draft, number, key, reply);
  if (state.status === 'listening') summarizeWhenLong(draft);
}

/** The turn with what the caller heard; nothing when that was told already. */
function toldTurn(
  { state }: Draft,
  number: number,
  turn: Turn,
  reply: StreamReply,
  at: string,
): Turn | undefined {
  const { text, isInterrupted, source, model, tokens, tries, timings } = reply;
  const { stream } = state;
  const isPending =
    stream?.number === number && stream.opening?.pendingKey === turn.key && !stream.isPendingTold;
  if (isPending) state.stream = { ...stream, isPendingTold: true };
  const before = isTold(turn) ? (turn.reply ?? '') : undefined;
  if (before !== undefined && !isPending) return undefined;
  const cut = state.cut?.key === turn.key ? state.cut.text : '';
  // The stream before had begun to answer: the caller has heard both.
  const said = [before ?? cut, text].filter((words) => words !== '').join(' ');
  const { isInterrupted: _before, ...rest } = turn;
  return {
    ...rest,
    status: said === '' && isInterrupted ? 'unheard' : 'answered',
    ...((said !== '' || !isInterrupted) && { reply: said }),
    replySource: source,
    ...(model !== undefined && { model }),
    ...(tokens && { tokens }),
    ...(tries && { tries }),
    ...(timings && { timings }),
    ...(isInterrupted && { isInterrupted }),
    repliedAt: at,
  };
}

function isTold({ status, repliedAt }: Turn): boolean {
  return (status === 'answered' || status === 'unheard') && repliedAt !== undefined;
}

function noteFailures(draft: Draft, turnKey: TurnKey, position: number, reply: StreamReply): void {
  const { state } = draft;
  const { source, model, tries = [] } = reply;
  if (source === 'model') delete state.apologies;
  const degraded = { type: 'call.degraded', turnKey, position, tries } as const;
  if (source === 'apology') {
    state.apologies = (state.apologies ?? 0) + 1;
    record(draft, { ...degraded, cause: 'apology' });
  } else if (isFallback(tries)) {
    const by = model === undefined ? {} : { model };
    record(draft, { ...degraded, cause: 'fallback_model', ...by });
  }
}

/** The last words have been said, or the call has come to one of its limits without any. */
function endAfter(draft: Draft, number: number, key: TurnKey, reply: StreamReply): void {
  const { state } = draft;
  const isLed = state.stream?.number === number && state.stream.is === 'attached';
  // A goodbye that is known late is none any more when the caller has spoken over the next stream.
  if (reply.end && (isLed || !hasSpokenSince(state, key))) return endNow(draft, reply.end, '');
  if (!state.assistant || state.mode !== 'stream') return;
  const { limits, failure } = state.assistant;
  const isSpent = modelReplies(state) >= limits.turns;
  // Whoever talked over the last answer is heard once more, and told the farewell by his media worker.
  const mayGoOn = isLed && reply.isInterrupted;
  if (isSpent && !mayGoOn) return endNow(draft, 'max-turns', limits.farewell);
  const isEnough = failure?.endAfter !== undefined && (state.apologies ?? 0) >= failure.endAfter;
  if (isEnough) endNow(draft, 'models-failed', failure.farewell);
}

function hasSpokenSince({ turns }: Conversation, key: TurnKey): boolean {
  return turns.some((turn) => turn.heard.kind !== 'silence' && compareKeys(turn.key, key) > 0);
}
