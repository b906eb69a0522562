/** Random calls: what Twilio, models, operators and time may do to one, in whatever order. */
import fc from 'fast-check';
import { FOREIGN_SID, SID, speech } from './builders.ts';
import type { Happening } from './builders.ts';
import type { Heard } from '../../workflows/contract.ts';

export interface Timed {
  happening: Happening;
  afterMs: number;
}

const keys = fc.constantFrom('1', '2', '3', '4', '5', '1-2', '2-2', '2-3', '3-2', '4-2');
const heard: fc.Arbitrary<Heard> = fc.oneof(
  fc.string({ maxLength: 8 }).map(speech),
  fc.constantFrom<Heard>(
    { kind: 'silence' },
    { kind: 'keys', digits: '12' },
    speech('Goodbye!'),
    speech('a table'),
  ),
);
const words = fc.constantFrom(
  'queued',
  'initiated',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'no-answer',
  'failed',
  'canceled',
  'new-word',
);
const sids = fc.constantFrom(SID, SID, SID, SID, FOREIGN_SID);

const spoke = fc.record({ type: fc.constant('spoke' as const), key: keys, heard });
const replied = fc.record({
  type: fc.constant('replied' as const),
  key: keys,
  reply: fc.record({
    text: fc.string({ maxLength: 5 }),
    end: fc.boolean(),
    model: fc.constant('m'),
  }),
});
const statuses = fc
  .record({ callSid: sids, callStatus: words })
  .map((status): Happening => ({ type: 'status', status }));
const carrierAnswers = fc.oneof(
  fc.constant<Happening>({ type: 'carrier-answered' }),
  fc
    .record({ callSid: sids, status: words })
    .map((call): Happening => ({ type: 'carrier-answered', call })),
);
const results = fc.constantFrom<Happening>(
  { type: 'dialled', result: { outcome: 'accepted', callSid: SID } },
  { type: 'dialled', result: { outcome: 'refused', code: '21211' } },
  { type: 'dialled', result: { outcome: 'unclear' } },
);

/** Anything at all: far more than Twilio can do. */
export const anything: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 8, arbitrary: spoke },
  { weight: 6, arbitrary: replied },
  { weight: 3, arbitrary: keys.map((key): Happening => ({ type: 'collected', key })) },
  { weight: 2, arbitrary: keys.map((key): Happening => ({ type: 'reply-failed', key })) },
  { weight: 2, arbitrary: sids.map((callSid): Happening => ({ type: 'begun', callSid })) },
  { weight: 2, arbitrary: statuses },
  { weight: 1, arbitrary: carrierAnswers },
  { weight: 1, arbitrary: fc.constant<Happening>({ type: 'carrier-failed' }) },
  { weight: 1, arbitrary: results },
  { weight: 3, arbitrary: fc.constant<Happening>({ type: 'time' }) },
  { weight: 1, arbitrary: fc.constant<Happening>({ type: 'end-requested', message: 'Bye.' }) },
);

const delays = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 3000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 700_000 }) },
);

export const wildCalls: fc.Arbitrary<Timed[]> = fc.array(
  fc.record({ happening: anything, afterMs: delays }),
  { maxLength: 40 },
);

/** A whole conversation as it was meant: words, replies, webhooks that take them away. */
function conversation(turns: Heard[]): Happening[] {
  return [
    { type: 'begun', callSid: SID },
    { type: 'status', status: { callSid: SID, callStatus: 'in-progress' } },
    { type: 'collected', key: '0' },
    ...turns.flatMap((each, i): Happening[] => {
      const key = String(i + 1);
      const reply = { text: `reply ${key}`, end: false, model: 'm' };
      return [
        { type: 'spoke', key, heard: each },
        { type: 'replied', key, reply },
        { type: 'collected', key },
      ];
    }),
    { type: 'status', status: { callSid: SID, callStatus: 'completed', durationSeconds: 30 } },
  ];
}

/** A conversation over a bad network: everything arrives, late, more than once, in any order. */
export const noisyCalls: fc.Arbitrary<Timed[]> = fc
  .array(heard, { minLength: 1, maxLength: 6 })
  .chain((turns) => {
    const script = conversation(turns);
    const noise = fc.record({
      copies: fc.constantFrom(1, 1, 1, 2, 3),
      delayMs: fc.constantFrom(0, 0, 0, 10, 1500, 4000, 9000),
    });
    return fc
      .array(noise, { minLength: script.length, maxLength: script.length })
      .map((noises) => disturb(script, noises));
  });

function disturb(script: Happening[], noises: { copies: number; delayMs: number }[]): Timed[] {
  const arrivals = script.flatMap((happening, i) => {
    const { copies, delayMs } = noises[i] ?? { copies: 1, delayMs: 0 };
    return Array.from({ length: copies }, (_, copy) => ({
      happening,
      at: i * 1000 + delayMs * (copy + 1),
    }));
  });
  const ordered = arrivals.sort((a, b) => a.at - b.at);
  return ordered.map(({ happening, at }, i) => ({
    happening,
    afterMs: at - (ordered[i - 1]?.at ?? 0),
  }));
}
