/** Callers who do what nobody expects, and calls that end at every possible step. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Phone } from '../../src/simulator/index.ts';
import { eventually } from './support/eventually.ts';
import { ended, recordedTurns, spokenTurns } from './support/records.ts';
import type { Think, Voca } from './support/voca.ts';
import { echo, startVoca } from './support/voca.ts';

let it: Voca;
let think: Think = echo;
beforeAll(async () => {
  it = await startVoca({
    assistant: { firstMessage: 'Hello.' },
    think: (...args) => think(...args),
  });
});
afterAll(() => it?.close());

async function listening(): Promise<Phone> {
  think = echo;
  const phone = it.dial();
  await phone.waitUntilListening();
  return phone;
}

function turnUrl({ callSid }: Phone, key: string): string {
  return it.urls.processSpeech({ callSid, callId: it.callIdOf(callSid), key });
}

describe('a caller', () => {
  test('who speaks 1,500 words is heard whole, and the call goes on', async () => {
    const phone = await listening();
    const words = Array.from({ length: 1500 }, (_, i) => `word${i}`).join(' ');
    phone.say(words);
    // What is spoken is bounded, what was heard is not.
    await phone.hearsMatching(/You said: word0 word1/);
    await phone.waitUntilListening();
    phone.say('and one more thing');
    await phone.hearsMatching(/You said: and one more thing/);
    await phone.waitUntilListening();
    phone.hangUp();
    const callId = it.callIdOf(phone.callSid);
    await ended(it, callId);
    expect(spokenTurns(it, callId).map(([, text]) => text)).toEqual([words, 'and one more thing']);
  });

  test('who never speaks is prompted, told goodbye and never asked about', async () => {
    const phone = await listening();
    const asked = it.asked.length;
    while (!phone.isOver) {
      await phone.staySilent();
      await phone.turn().catch(() => undefined);
    }
    expect((await ended(it, it.callIdOf(phone.callSid))).reason).toBe('silence');
    expect(it.asked).toHaveLength(asked);
    expect(phone.heardApplicationError).toBe(false);
  });

  test('who presses keys while talking is answered once for that turn', async () => {
    const phone = await listening();
    const callId = it.callIdOf(phone.callSid);
    const url = turnUrl(phone, '1');
    // Twilio may send both in one request, or the one right behind the other.
    const [both, ...rest] = await Promise.all([
      it.ask(phone, url, { SpeechResult: 'two people', Digits: '2' }),
      it.ask(phone, url, { Digits: '2' }),
      it.ask(phone, url, { SpeechResult: 'two people' }),
    ]);
    const bodies = [both, ...rest].map((answer) => answer?.ok && answer.body.toString());
    expect(new Set(bodies).size).toBe(1);
    expect(it.asked.filter((each) => each.callId === callId)).toHaveLength(1);
    phone.hangUp();
    await ended(it, callId);
    expect(recordedTurns(it, callId)).toHaveLength(1);
  });

  test('whose two turns arrive at the same moment gets one of them answered, and both are kept', async () => {
    const phone = await listening();
    const callId = it.callIdOf(phone.callSid);
    const ask = (turn: string, words: string) =>
      it.ask(phone, turnUrl(phone, turn), { SpeechResult: words });
    const [first, second] = await Promise.all([ask('1', 'a table'), ask('2', 'no, two')]);
    expect(first?.ok && second?.ok).toBe(true);
    expect(second?.ok && second.body.toString()).toContain('You said: no, two');
    phone.hangUp();
    await ended(it, callId);
    const kept = spokenTurns(it, callId).map(([, text]) => text);
    expect(kept.toSorted()).toEqual(['a table', 'no, two']);
  });
});

/** Everything that can be going on when a call ends. */
const STEPS: Record<string, () => Promise<Phone>> = {
  'while it is greeted': async () => {
    think = echo;
    const phone = it.dial();
    await phone.hears();
    return phone;
  },
  'while it listens': listening,
  'while the model thinks': async () => {
    const phone = await listening();
    const asked = it.asked.length;
    think = () => new Promise(() => undefined);
    phone.say('a question');
    await eventually(() => expect(it.asked.length).toBeGreaterThan(asked));
    return phone;
  },
  'after a filler': async () => {
    const phone = await listening();
    think = () => new Promise(() => undefined);
    phone.say('a question');
    await phone.hearsMatching(/moment/i);
    return phone;
  },
  'while the answer is said': async () => {
    const phone = await listening();
    phone.say('a question');
    await phone.hearsMatching(/You said/);
    return phone;
  },
  'while it is prompted for silence': async () => {
    const phone = await listening();
    await phone.staySilent();
    return phone;
  },
  'while newer words push older ones aside': async () => {
    const phone = await listening();
    const callId = it.callIdOf(phone.callSid);
    think = () => new Promise(() => undefined);
    for (const turn of ['1', '2']) {
      void it.ask(phone, turnUrl(phone, turn), { SpeechResult: `words ${turn}` });
    }
    await eventually(() => {
      expect(it.asked.filter((each) => each.callId === callId).length).toBeGreaterThan(0);
    });
    return phone;
  },
};

const ENDS: Record<string, (phone: Phone) => Promise<string>> = {
  'the caller hangs up': async (phone) => {
    phone.hangUp();
    return 'caller-hung-up';
  },
  'an operator ends it': async (phone) => {
    await it.manager.hangupCall(it.callIdOf(phone.callSid));
    return 'operator';
  },
};

describe.each(Object.keys(ENDS))('when %s', (end) => {
  test.each(Object.keys(STEPS))('%s, there is one terminal state within 5 s', async (step) => {
    const phone = await STEPS[step]?.();
    if (!phone) throw new Error('no such step');
    const callId = it.callIdOf(phone.callSid);
    const expected = await ENDS[end]?.(phone);
    await phone.ended;
    const overAt = Date.now();
    const end_ = await ended(it, callId);
    expect(Date.now() - overAt).toBeLessThan(5000);
    expect(end_.reason).toBe(expected);
    expect((await it.manager.getCallStatus(callId))?.status).toBe('ended');
    const ends = it.events(callId).filter((event) => event.type === 'call.ended');
    expect(ends).toHaveLength(1);
    expect(phone.heardApplicationError).toBe(false);
  });
});
