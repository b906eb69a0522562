import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { carriedState } from '../../workflows/conversation.ts';
import { nextDeadline } from '../../workflows/rules/deadlines.ts';
import { ASSISTANT, frozen, inboundInput, outboundInput, SID, speech } from './builders.ts';
import type { Happening } from './builders.ts';
import { checkStep, checkWhole } from './invariants.ts';
import { NEWS_AT, replyOf, StreamCall } from './stream-builders.ts';
import { anything } from './twilio-model.ts';
import type { Timed } from './twilio-model.ts';

const STREAMING = { ...ASSISTANT, mode: 'stream' as const };
const assistants = fc.constantFrom(
  STREAMING,
  { ...STREAMING, firstMessage: '' },
  { ...STREAMING, limits: { callSeconds: 30, turns: 2, farewell: 'Stop.' } },
);

const streams = fc.integer({ min: 1, max: 4 });
const keys = fc.integer({ min: 0, max: 14 }).map(String);
const heard = fc.constantFrom(
  speech('a table'),
  speech(''),
  { kind: 'silence' as const },
  { kind: 'keys' as const, digits: '1' },
);
const replies = fc
  .record({
    text: fc.constantFrom('', 'yes', 'no'),
    isInterrupted: fc.boolean(),
    source: fc.constantFrom('model' as const, 'script' as const, 'apology' as const),
    end: fc.constantFrom(undefined, undefined, undefined, 'assistant-ended' as const),
  })
  .map(({ text, end, ...more }) => replyOf(text, { ...more, ...(end && { end }) }));

const told = fc.record({ stream: streams, key: keys, heard }).map((news): Happening => ({
  type: 'stream-news',
  news: { ...news, at: NEWS_AT, what: 'heard' },
}));
const said = fc.record({ stream: streams, key: keys, reply: replies }).map((news): Happening => ({
  type: 'stream-news',
  news: { ...news, at: NEWS_AT, what: 'said' },
}));
const attached = fc
  .record({ stream: streams, streamSid: fc.constantFrom('MZ1', 'MZ2') })
  .map((request): Happening => ({
    type: 'attached',
    request: { ...request, callSid: SID, taskQueue: 'media-1' },
  }));
const reconnected = streams.map((stream): Happening => ({
  type: 'reconnected',
  request: { callSid: SID, stream },
}));
const sessionOver = fc
  .record({
    stream: streams,
    why: fc.constantFrom(
      ...(['stopped', 'lost', 'moved', 'refused', 'died', 'speech-failed'] as const),
    ),
  })
  .map((over): Happening => ({ type: 'session-over', ...over }));

const overStreams = fc.oneof(
  { weight: 6, arbitrary: told },
  { weight: 6, arbitrary: said },
  { weight: 4, arbitrary: attached },
  { weight: 3, arbitrary: reconnected },
  { weight: 3, arbitrary: sessionOver },
);

/** What happens over streams, in any order, with the rest of the world now and then. */
const wildStreams: fc.Arbitrary<Timed[]> = fc.array(
  fc.record({
    happening: fc.oneof(
      { weight: 6, arbitrary: overStreams },
      { weight: 1, arbitrary: anything.filter(({ type }) => type !== 'dialled') },
    ),
    afterMs: fc.constantFrom(0, 10, 1_000, 2_500, 21_000),
  }),
  { maxLength: 40 },
);

function play(call: StreamCall, timed: Timed[], happened: Happening[] = []): Happening[] {
  for (const { happening, afterMs } of timed) {
    const before = call.state;
    call.happen(happening, afterMs);
    happened.push(happening);
    checkStep(before, call, happened);
  }
  checkWhole(call, happened);
  return happened;
}

function begun(assistant = STREAMING): StreamCall {
  return new StreamCall(inboundInput()).loaded(assistant).begun();
}

describe('whatever happens to a call over streams', () => {
  test('the rules hold after every event', () => {
    fc.assert(
      fc.property(assistants, wildStreams, (assistant, timed) => {
        const call = begun(assistant);
        expect(play(call, timed)).toHaveLength(timed.length);
        const sessions = call.effects.flatMap((effect) =>
          effect.do === 'run-session' ? [effect.stream] : [],
        );
        expect(new Set(sessions).size).toBe(sessions.length);
      }),
      { numRuns: 1_000 },
    );
  });

  test('the rules hold when it was not even begun', () => {
    fc.assert(
      fc.property(wildStreams, (timed) => {
        const call = new StreamCall(outboundInput()).loaded(STREAMING);
        expect(play(call, timed)).toHaveLength(timed.length);
      }),
      { numRuns: 400 },
    );
  });

  test('every turn is kept once, and an answer that was told is never lost', () => {
    fc.assert(
      fc.property(wildStreams, (timed) => {
        const call = begun();
        for (const { happening, afterMs } of timed) {
          const before = call.state;
          call.happen(happening, afterMs);
          for (const { key, reply } of before.turns) {
            const now = call.turn(key);
            expect(now?.reply ?? '').toContain(reply ?? '');
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  test('it goes on the same in a new run', () => {
    fc.assert(
      fc.property(wildStreams, wildStreams, (first, second) => {
        const call = begun();
        play(call, first);
        const copy = new StreamCall(inboundInput());
        copy.now = call.now;
        copy.state = frozen(JSON.parse(JSON.stringify(carriedState(call.state))));
        for (const each of second) {
          call.happen(each.happening, each.afterMs);
          copy.happen(each.happening, each.afterMs);
          expect(copy.asked).toEqual(call.asked);
        }
        expect(copy.turns()).toEqual(call.turns());
      }),
      { numRuns: 400 },
    );
  });

  test.each(['fails', 'over', 'until-hung-up'] as const)(
    'it is closed after a bounded time when nothing more is heard (Twilio: %s)',
    (carrier) => {
      fc.assert(
        fc.property(wildStreams, (timed) => {
          const call = begun();
          play(call, timed);
          for (let steps = 0; !call.isClosed(); steps += 1) {
            if (steps > 400) throw new Error(`Open for ever: ${JSON.stringify(call.state)}`);
            call.happen(...nextInQuiet(call, carrier));
          }
          expect(call.state.endReason).toBeDefined();
          expect(call.turns().filter((turn) => turn.endsWith('thinking'))).toEqual([]);
        }),
        { numRuns: 400 },
      );
    },
  );
});

/** Sessions die, questions are answered, time passes. */
function nextInQuiet(
  call: StreamCall,
  carrier: 'fails' | 'over' | 'until-hung-up',
): [Happening, number] {
  const { stream, mode, thinkingKey, status } = call.state;
  if (stream?.is === 'attached' && status !== 'ended') {
    return [{ type: 'session-over', stream: stream.number, why: 'died' }, 2_500];
  }
  if (mode !== 'stream' && thinkingKey !== undefined) {
    return [{ type: 'reply-failed', key: thinkingKey }, 20_000];
  }
  if (call.deeds().includes('ask-carrier')) {
    if (carrier === 'fails') return [{ type: 'carrier-failed' }, 200];
    const isHungUp = call.deeds(call.effects).some((deed) => deed.startsWith('hang-up'));
    const word = carrier === 'over' || isHungUp ? 'completed' : 'in-progress';
    return [{ type: 'carrier-answered', call: { callSid: SID, status: word } }, 200];
  }
  const next = nextDeadline(call.state);
  if (!next) throw new Error(`Not looked after: ${JSON.stringify(call.state)}`);
  return [{ type: 'time' }, Math.max(0, next.at - call.now)];
}
