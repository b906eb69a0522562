/** Webhooks twice, late, out of order, forged: the caller and the record never notice. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Phone } from '../../src/simulator/phone.ts';
import type { EntryOf } from '../../src/simulator/truth-log.ts';
import type { WebhookAnswer, WebhookTap } from '../../src/simulator/webhook-tap.ts';
import { eventually } from './support/eventually.ts';
import { keepHistory } from './support/histories.ts';
import { ended, spokenTurns } from './support/records.ts';
import type { Voca } from './support/voca.ts';
import { echo, startVoca } from './support/voca.ts';

/** What one test does to webhooks; exchanged between tests. */
let tap: WebhookTap = {};
const switchable: WebhookTap = {
  aroundWebhook: (webhook, send) => tap.aroundWebhook?.(webhook, send) ?? send(),
};

let voca: Voca;
beforeAll(async () => {
  voca = await startVoca({
    simulator: { tap: switchable },
    assistant: { firstMessage: 'Hello.' },
    think: async (call, heard, signal) => {
      if (heard.kind === 'speech' && heard.text.startsWith('slow')) {
        await new Promise((resolve) => setTimeout(resolve, 600));
      }
      return echo(call, heard, signal);
    },
  });
});
afterEach(() => {
  tap = {};
});
afterAll(() => voca.close());

async function say(phone: Phone, words: string): Promise<void> {
  await phone.waitUntilListening();
  phone.say(words);
  await phone.hearsMatching(new RegExp(`You said: ${words}`));
}

function bodyOf(answer: WebhookAnswer): string {
  return answer.ok ? answer.body.toString('utf8') : `failed ${answer.code}`;
}

/** The logged requests of a call with what the caller said, in order. */
function actionsOf(phone: Phone): EntryOf<'request'>[] {
  return voca.simulator.log.entries.filter(
    (entry): entry is EntryOf<'request'> =>
      entry.kind === 'request' && entry.callSid === phone.callSid && entry.purpose === 'action',
  );
}

describe('a webhook that comes more than once', () => {
  test.each([
    [
      'one after the other',
      async (send: () => Promise<WebhookAnswer>) => [await send(), await send(), await send()],
    ],
    [
      'at the same time',
      (send: () => Promise<WebhookAnswer>) => Promise.all([send(), send(), send(), send(), send()]),
    ],
  ])('%s gets the identical answer and is thought about once', async (_name, sendings) => {
    const bodies = new Set<string>();
    tap = {
      aroundWebhook: async ({ purpose }, send) => {
        if (purpose === 'status') return send();
        const answers = await sendings(send);
        const [first] = answers;
        if (!first) throw new Error('nothing was sent');
        if (purpose === 'action') answers.forEach((answer) => bodies.add(bodyOf(answer)));
        return first;
      },
    };
    const phone = voca.dial();
    await say(phone, 'only once');
    phone.hangUp();
    const callId = voca.callIdOf(phone.callSid);
    await ended(voca, callId);
    expect(bodies.size).toBe(1);
    expect(spokenTurns(voca, callId)).toEqual([['1', 'only once', 'answered']]);
    expect(voca.asked.filter((each) => each.callId === callId)).toHaveLength(1);
  });

  test('after a newer one gets its old answer, and changes nothing', async () => {
    const phone = voca.dial();
    await say(phone, 'first');
    await say(phone, 'second');
    const [first] = actionsOf(phone);
    if (!first) throw new Error('nothing was sent');
    const again = await voca.simulator.replay(first);
    expect(bodyOf(again)).toContain('You said: first');
    await say(phone, 'third');
    phone.hangUp();
    const callId = voca.callIdOf(phone.callSid);
    await ended(voca, callId);
    expect(spokenTurns(voca, callId).map(([, words]) => words)).toEqual([
      'first',
      'second',
      'third',
    ]);
    expect(voca.asked.filter((each) => each.callId === callId)).toHaveLength(3);
    await keepHistory(voca.link, callId, 'inbound-old-duplicate');
  });

  test('long after the end gets its old answer or a hang-up, and begins no new call', async () => {
    const phone = voca.dial();
    await say(phone, 'something');
    phone.hangUp();
    const callId = voca.callIdOf(phone.callSid);
    await ended(voca, callId);
    const handle = voca.link.client.workflow.getHandle(callId);
    await handle.terminate('the test does not wait for late words'); // closed, as after an hour
    const { runId } = await handle.describe();
    const all = voca.simulator.log.entries.filter(
      (entry): entry is EntryOf<'request'> =>
        entry.kind === 'request' && entry.callSid === phone.callSid,
    );
    const answers: string[] = [];
    for (const entry of all) {
      const answer = await voca.simulator.replay(entry);
      if (entry.purpose !== 'status') answers.push(bodyOf(answer));
    }
    expect(answers).toHaveLength(2);
    for (const answer of answers) expect(answer).toMatch(/<Response>.*(<Gather|<Hangup)/);
    const now = await handle.describe();
    expect([now.runId, now.status.name]).toEqual([runId, 'TERMINATED']);
    expect(voca.asked.filter((each) => each.callId === callId)).toHaveLength(1);
    expect(spokenTurns(voca, callId)).toEqual([['1', 'something', 'answered']]);
  });
});

describe('webhooks out of order', () => {
  test('the redirect that comes before the words waits for them', async () => {
    const phone = voca.dial();
    await phone.waitUntilListening();
    const callId = voca.callIdOf(phone.callSid);
    const early = voca.urls.processSpeech({ callSid: phone.callSid, callId, key: '1', wait: 1 });
    const waiting = voca.ask(phone, early);
    phone.say('here they are');
    await phone.hearsMatching(/here they are/);
    expect(bodyOf(await waiting)).toContain('You said: here they are');
    phone.hangUp();
    await ended(voca, callId);
    expect(spokenTurns(voca, callId)).toEqual([['1', 'here they are', 'answered']]);
  });

  test('an older turn that was never seen is recorded and never asked', async () => {
    const phone = voca.dial();
    await say(phone, 'the first');
    const callId = voca.callIdOf(phone.callSid);
    const skipped = voca.urls.processSpeech({ callSid: phone.callSid, callId, key: '5' });
    await voca.ask(phone, skipped, { SpeechResult: 'from the future' });
    const older = voca.urls.processSpeech({ callSid: phone.callSid, callId, key: '3' });
    const answer = await voca.ask(phone, older, { SpeechResult: 'from the past' });
    expect(bodyOf(answer)).toContain('<Redirect');
    phone.hangUp();
    await ended(voca, callId);
    expect(spokenTurns(voca, callId)).toEqual([
      ['1', 'the first', 'answered'],
      ['5', 'from the future', 'answered'],
      ['3', 'from the past', 'unanswered'],
    ]);
    await keepHistory(voca.link, callId, 'inbound-gaps');
  });

  test('newer words supersede the reply to older ones', async () => {
    const phone = voca.dial();
    await phone.waitUntilListening();
    const callId = voca.callIdOf(phone.callSid);
    const slow = voca.ask(
      phone,
      voca.urls.processSpeech({ callSid: phone.callSid, callId, key: '1' }),
      {
        SpeechResult: 'slow question',
      },
    );
    await eventually(() => {
      const isAsked = voca.asked.some((each) => each.callId === callId);
      if (!isAsked) throw new Error('the model was not asked');
    });
    const newer = await voca.ask(
      phone,
      voca.urls.processSpeech({ callSid: phone.callSid, callId, key: '2' }),
      {
        SpeechResult: 'never mind',
      },
    );
    expect(bodyOf(newer)).toContain('You said: never mind');
    expect(bodyOf(await slow)).toMatch(/<Redirect.*wait=1/);
    phone.hangUp();
    await ended(voca, callId);
    expect(spokenTurns(voca, callId)).toEqual([
      ['1', 'slow question', 'superseded'],
      ['2', 'never mind', 'answered'],
    ]);
    await keepHistory(voca.link, callId, 'inbound-superseded');
  });

  test('words after completed are recorded, not answered', async () => {
    const phone = voca.dial();
    await say(phone, 'before the end');
    const callId = voca.callIdOf(phone.callSid);
    await voca.simulator.sendStatus(phone.callSid, { CallStatus: 'completed' });
    const answer = await voca.ask(
      phone,
      voca.urls.processSpeech({ callSid: phone.callSid, callId, key: '2' }),
      {
        SpeechResult: 'my last words',
      },
    );
    expect(bodyOf(answer)).toContain('<Hangup');
    const end = await ended(voca, callId);
    expect(end.reason).toBe('caller-hung-up');
    phone.hangUp();
    await eventually(() => expect(spokenTurns(voca, callId)).toHaveLength(2));
    expect(spokenTurns(voca, callId)).toEqual([
      ['1', 'before the end', 'answered'],
      ['2', 'my last words', 'unanswered'],
    ]);
    expect(voca.asked.filter((each) => each.callId === callId)).toHaveLength(1);
    await keepHistory(voca.link, callId, 'inbound-late-words');
  });

  test('an inbound call whose start was lost is begun by a later webhook', async () => {
    const phone = voca.dial();
    await phone.waitUntilListening();
    const lost = `CA${'b'.repeat(32)}`;
    const callId = voca.callIdOf(lost);
    const answer = await voca.ask(
      phone,
      voca.urls.processSpeech({ callSid: lost, callId, key: '3' }),
      { SpeechResult: 'is anybody there', CallSid: lost },
    );
    expect(bodyOf(answer)).toContain('You said: is anybody there');
    expect(await voca.manager.getCallStatus(callId)).toMatchObject({ status: 'listening' });
    phone.hangUp();
  });

  test('an inbound call that was lost and is over is hung up, and nothing is begun', async () => {
    const phone = voca.dial();
    await phone.waitUntilListening();
    const lost = `CA${'c'.repeat(32)}`;
    const callId = voca.callIdOf(lost);
    const url = voca.urls.processSpeech({ callSid: lost, callId, key: '3' });
    const answer = await voca.ask(phone, url, { CallSid: lost, CallStatus: 'completed' });
    expect(bodyOf(answer)).toContain('<Hangup');
    expect(await voca.manager.getCallStatus(callId)).toBeUndefined();
    phone.hangUp();
  });
});

describe('a webhook that Twilio did not sign', () => {
  test('is refused, and nothing happens', async () => {
    const phone = voca.dial();
    await phone.waitUntilListening();
    const callId = voca.callIdOf(phone.callSid);
    const before = await voca.manager.getCallStatus(callId);
    const url = voca.urls.processSpeech({ callSid: phone.callSid, callId, key: '1' });
    const fields = Object.entries({ ...voca.fieldsOf(phone), SpeechResult: 'let me in' });
    for (const signWith of [null, 'another token']) {
      const answer = await voca.simulator.forge({ url, fields, signWith });
      expect(answer.status).toBe(403);
    }
    expect(await voca.manager.getCallStatus(callId)).toEqual(before);
    phone.hangUp();
  });
});
