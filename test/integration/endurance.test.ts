/** Calls that last long, and calls that somebody handles roughly in the Temporal UI. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Assistants, CallSoFar } from '../../activities/ports.ts';
import type { Assistant } from '../../workflows/assistant.ts';
import type { CallEvent } from '../../workflows/events.ts';
import { demoAssistant } from '../../src/orchestrator/index.ts';
import type { Phone } from '../../src/simulator/index.ts';
import { eventually } from './support/eventually.ts';
import { keepHistory } from './support/histories.ts';
import { ended, recordedTurns, spokenTurns } from './support/records.ts';
import type { Voca, VocaOptions } from './support/voca.ts';
import { echo, startVoca } from './support/voca.ts';

let voca: Voca | undefined;
afterEach(async () => {
  await voca?.close();
  voca = undefined;
});

async function start(options: VocaOptions = {}): Promise<Voca> {
  voca = await startVoca({ assistant: { firstMessage: 'Hello.' }, ...options });
  return voca;
}

function isRecorded(it: Voca, callId: string, words: string): Promise<void> {
  return eventually(
    () => {
      const last = spokenTurns(it, callId).at(-1)?.[1];
      if (last !== words) throw new Error(`the last turn recorded is "${last}"`);
    },
    { everyMs: 10 },
  );
}

describe('a long call', () => {
  test('continues as new, and loses no turn, no old answer and no memory', async () => {
    const told: CallSoFar[] = [];
    const summarized: CallSoFar[] = [];
    const it = await start({
      think: async (call, heard) => {
        told.push(call);
        return echo(call, heard);
      },
      summarize: async (call) => {
        summarized.push(call);
        return `summary ${summarized.length}`;
      },
    });
    const phone = it.dial();
    const callId = it.callIdOf(phone.callSid);
    const handle = it.link.client.workflow.getHandle(callId);
    await phone.waitUntilListening();
    const firstRun = (await handle.describe()).runId;
    const words = Array.from({ length: 45 }, (_, i) => `sentence ${i + 1}`);
    for (const each of words) await exchange(it, phone, each);
    expect((await handle.describe()).runId).not.toBe(firstRun);
    expect(told[40]?.utterances).toHaveLength(1 + 2 * 40); // the greeting, and all that was said
    expect(summarized).toHaveLength(1);
    expect(summarized[0]?.utterances).toHaveLength(1 + 2 * 21);
    expect(told[44]?.summary).toBe('summary 1');
    expect(told[44]?.utterances[0]).toMatchObject({
      who: 'caller',
      heard: { text: 'sentence 22' },
    });
    expect(told[44]?.utterances).toHaveLength(2 * 23);

    const requests = it.simulator.log.of('request', phone.callSid);
    const recent = requests.filter(({ purpose }) => purpose === 'action').at(-3);
    if (!recent) throw new Error('nothing was sent');
    const again = await it.simulator.replay(recent);
    expect(again.ok && again.body.toString()).toContain('You said: sentence 43');
    const snapshot = await it.manager.getCallStatus(callId);
    expect((snapshot?.earlierTurns ?? 0) + (snapshot?.turns.length ?? 0)).toBe(45);

    await phone.waitUntilListening();
    phone.hangUp();
    await ended(it, callId);
    expect(spokenTurns(it, callId).map(([, text]) => text)).toEqual(words);
    expect(it.asked).toHaveLength(45);
    const sequences = it.events(callId).map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, i) => i + 1));
    await keepHistory(it.link, callId, 'inbound-long');
  });

  test('goes on in a new run also while nothing can be recorded, and records all of it later', async () => {
    const kept = new Map<number, CallEvent>();
    let isAway = true;
    const it = await start({
      records: {
        record: async ({ events }) => {
          if (isAway) throw new Error('the database is away');
          events.forEach((event) => kept.set(event.sequence, event));
        },
      },
    });
    const phone = it.dial();
    const callId = it.callIdOf(phone.callSid);
    const handle = it.link.client.workflow.getHandle(callId);
    await phone.waitUntilListening();
    const firstRun = (await handle.describe()).runId;
    let turns = 0;
    while ((await handle.describe()).runId === firstRun && turns < 60) {
      turns += 1;
      await phone.waitUntilListening();
      phone.say(`sentence ${turns}`);
      await phone.hearsMatching(new RegExp(`You said: sentence ${turns}$`));
    }
    expect(turns).toBeLessThan(60);
    isAway = false;
    await phone.waitUntilListening();
    phone.hangUp();
    await handle.result();
    const sequences = [...kept.keys()].toSorted((a, b) => a - b);
    expect(sequences).toEqual(sequences.map((_, i) => i + 1));
    const heard = [...kept.values()].filter((event) => event.type === 'call.turn.completed');
    expect(new Set(heard.map(({ turn }) => turn.key)).size).toBe(turns);
  });

  test('is ended by its length in a later run, at the time set in the first', async () => {
    const limits = { callSeconds: 15, turns: 1000, farewell: 'Time is up.' };
    const it = await start({ assistant: { firstMessage: 'Hello.', limits } });
    const dialledAt = Date.now();
    const phone = it.dial();
    const callId = it.callIdOf(phone.callSid);
    const handle = it.link.client.workflow.getHandle(callId);
    await phone.waitUntilListening();
    const answeredAt = Date.now();
    const firstRun = (await handle.describe()).runId;
    for (let turn = 1; (await handle.describe()).runId === firstRun; turn += 1) {
      await exchange(it, phone, `sentence ${turn}`);
    }
    expect(Date.now() - answeredAt).toBeLessThan(15_000); // the timer was set by the first run
    await phone.hearsMatching(/Time is up/, { timeoutMs: 25_000 });
    // It counts from the answer, which is before the greeting was heard.
    expect(Date.now() - dialledAt).toBeGreaterThan(14_500);
    await ended(it, callId);
    expect(phone.heardApplicationError).toBe(false);
  });
});

async function exchange(it: Voca, phone: Phone, words: string): Promise<void> {
  await phone.waitUntilListening();
  phone.say(words);
  await phone.hearsMatching(new RegExp(`You said: ${words}$`));
  await isRecorded(it, it.callIdOf(phone.callSid), words); // people pause; a call moves on then
}

describe('a workflow that somebody cancels', () => {
  test.each(['listening', 'thinking'])('while %s ends its call in order', async (when) => {
    const it = await start({ think: () => new Promise(() => undefined) });
    const phone = it.dial();
    await phone.waitUntilListening();
    const callId = it.callIdOf(phone.callSid);
    if (when === 'thinking') {
      phone.say('a question');
      await eventually(() => {
        if (it.asked.length === 0) throw new Error('the model was not asked');
      });
    }
    await it.link.client.workflow.getHandle(callId).cancel();
    expect((await phone.ended).status).toBe('completed');
    expect((await ended(it, callId)).reason).toBe('operator');
    expect(phone.heardApplicationError).toBe(false);
    expect((await it.manager.getCallStatus(callId))?.status).toBe('ended');
    await keepHistory(it.link, callId, `inbound-cancelled-${when}`);
  });

  test('still answers its webhooks meanwhile, also after a malformed request', async () => {
    const it = await start();
    const phone = it.dial();
    await phone.waitUntilListening();
    const handle = it.link.client.workflow.getHandle(it.callIdOf(phone.callSid));
    await expect(handle.executeUpdate('end', { args: [] })).rejects.toThrow('Update failed');
    await handle.signal('spoke'); // without anything
    phone.say('are you well');
    await phone.hearsMatching(/You said: are you well/);
    phone.hangUp();
  });
});

describe('a database that hangs', () => {
  test('does not keep a caller from an assistant that was loaded before', async () => {
    const assistant: Assistant = { id: 'asst_1', version: 1, ...demoAssistant };
    let hangs = false;
    const read: Assistants['findById'] = () =>
      hangs ? new Promise(() => undefined) : Promise.resolve(assistant);
    const it = await start({ assistants: { findById: read, findByNumber: read } });
    const first = it.dial();
    await first.waitUntilListening();
    first.hangUp();
    hangs = true;
    const second = it.dial();
    const greeting = await second.hears();
    expect(greeting.text).toBe(assistant.firstMessage);
    second.hangUp();
  });
});

describe('a reply that nobody heard', () => {
  test('because the caller hung up while waiting for it is not recorded as said', async () => {
    let answer: () => void = () => undefined;
    const isAnswered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const it = await start({
      think: async (call, heard) => {
        await isAnswered;
        return echo(call, heard);
      },
      // The caller hears the filler for ever: Twilio does not come back for the reply.
      simulator: {
        tap: {
          aroundWebhook: (webhook, send) =>
            webhook.purpose === 'redirect' ? new Promise(() => undefined) : send(),
        },
      },
    });
    const phone = it.dial();
    await phone.waitUntilListening();
    phone.say('a question');
    await phone.hearsMatching(/One moment/);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    answer();
    const callId = it.callIdOf(phone.callSid);
    await eventually(() => expect(recordedTurns(it, callId)[0]?.reply).toBeDefined());
    phone.hangUp();
    await ended(it, callId);
    await eventually(() => expect(recordedTurns(it, callId)[0]?.status).toBe('unheard'));
  });
});
