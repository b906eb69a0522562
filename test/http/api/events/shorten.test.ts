/** However much was said and noted, an event stays under 20 KB, and says what it leaves out. */
import { describe, expect, test } from '@jest/globals';
import { EVENT_SCHEMAS } from '../../../../src/http/api/events/event-schema.ts';
import { viewCallEvent } from '../../../../src/http/api/events/event-data.ts';
import { shortened } from '../../../../src/http/api/events/shorten.ts';
import { eventBody } from '../../../../src/webhooks/event-body.ts';
import type { StoredCall } from '../../../../src/db/calls.ts';
import type { ModelTry } from '../../../../workflows/contract.ts';
import type { CallEvent } from '../../../../workflows/events.ts';

const AT = '2026-03-01T12:00:00.000Z';
const LIMIT_BYTES = 20_000;
const longId = (prefix: string) => `${prefix}_${'0'.repeat(43)}`;

/** 50 notes with the longest names and texts, in characters that take the most bytes. */
const metadata = Object.fromEntries(
  Array.from({ length: 50 }, (_, nth) => [`${'語'.repeat(38)}${nth + 10}`, '語'.repeat(500)]),
);
const call: StoredCall = {
  ...{ id: longId('call'), workspaceId: 'ws_1', direction: 'outbound', accountSid: 'AC1' },
  ...{ from: '+15005550006', to: '+14155550100', status: 'ended', createdAt: AT, lastSequence: 9 },
  ...{ metadata, callSid: `CA${'0'.repeat(32)}`, sessionId: longId('sess') },
};
const tries: ModelTry[] = Array.from({ length: 100 }, (_, nth) => ({
  ...{ model: `openai/${'m'.repeat(200)}${nth}`, ms: 8_000, outcome: 'rate-limit' },
}));
const turnOf = (text: string) => ({
  ...({ key: '3', heard: { kind: 'speech', text }, status: 'answered', reply: text } as const),
  ...({ replySource: 'model', model: 'm'.repeat(200), tries, heardAt: AT, repliedAt: AT } as const),
});

function bodyOf(event: CallEvent) {
  const { type, sequence } = event;
  const data = viewCallEvent(event, call);
  return eventBody({ id: longId('evt'), type, occurredAt: AT, sequence, data });
}

const numbered = { sequence: 2_000_000_000, at: AT };
const HUGE: Record<string, string> = {
  'plain words': 'words '.repeat(20_000),
  'characters of four bytes': '😀'.repeat(20_000),
  'what JSON writes with six characters': '\u0001'.repeat(20_000),
  quotes: '"\\'.repeat(20_000),
};

describe('an event', () => {
  test.each(Object.entries(HUGE))('of the longest turn stays small: %s', (_name, text) => {
    const body = bodyOf({
      ...numbered,
      type: 'call.turn.completed',
      position: 3,
      turn: turnOf(text),
    });
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(LIMIT_BYTES);
    expect(EVENT_SCHEMAS['call.turn.completed'].safeParse(body).error).toBeUndefined();
    const { turn, shortened: isShort } = body.data as {
      turn: { reply: string };
      shortened: boolean;
    };
    expect(isShort).toBe(true);
    expect(text.startsWith(turn.reply.slice(0, -1))).toBe(true);
    expect(turn.reply).toMatch(/^\P{Cs}{50,}…$/u);
  });

  test.each<[CallEvent]>([
    [{ ...numbered, type: 'call.ended', reason: 'silence' }],
    [{ ...numbered, type: 'call.summarized', text: HUGE['quotes'] ?? '', model: 'm' }],
    [{ ...numbered, type: 'call.degraded', turnKey: '3', position: 3, cause: 'apology', tries }],
  ])('of the most is small and says so: $type', (event) => {
    const body = bodyOf(event);
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(LIMIT_BYTES);
    const schema = EVENT_SCHEMAS[event.type];
    expect(schema.safeParse(body).error).toBeUndefined();
    expect(body.data).toMatchObject({ shortened: true });
  });

  test('keeps the tries that came last, the answer among them', () => {
    const answered: ModelTry = { model: 'b', ms: 1, outcome: 'answered' };
    const all = [...tries, ...tries, answered];
    const data = shortened({ tries: all });
    expect(data.tries.at(-1)).toEqual(answered);
  });

  test('of what is usual is whole', () => {
    const usual = { turn: turnOf('A table for two, please.') };
    const few = { ...usual, turn: { ...usual.turn, tries: tries.slice(0, 2) } };
    expect(shortened(few)).toEqual({ ...few, shortened: false });
  });
});
