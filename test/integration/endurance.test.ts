/** Calls that last long, and calls that somebody handles roughly in the Temporal UI. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Assistants } from '../../activities/ports.ts';
import type { Assistant } from '../../workflows/assistant.ts';
import { demoAssistant } from '../../src/orchestrator/index.ts';
import { eventually } from './support/eventually.ts';
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
    let told = 0;
    const it = await start({
      think: async (call, heard) => {
        told = call.utterances.length;
        return echo(call, heard);
      },
    });
    const phone = it.dial();
    const callId = it.callIdOf(phone.callSid);
    const handle = it.link.client.workflow.getHandle(callId);
    await phone.waitUntilListening();
    const firstRun = (await handle.describe()).runId;
    const words = Array.from({ length: 45 }, (_, i) => `sentence ${i + 1}`);
    for (const each of words) {
      await phone.waitUntilListening();
      phone.say(each);
      await phone.hearsMatching(new RegExp(`You said: ${each}$`));
      await isRecorded(it, callId, each); // people pause; a call moves on in a pause
    }
    expect((await handle.describe()).runId).not.toBe(firstRun);
    expect(told).toBe(1 + 2 * 44); // the greeting, and all that was said before

    const requests = it.simulator.log.of('request', phone.callSid);
    const recent = requests.filter(({ purpose }) => purpose === 'action').at(-3);
    if (!recent) throw new Error('nothing was sent');
    const again = await it.simulator.replay(recent);
    expect(again.ok && again.body.toString()).toContain('You said: sentence 43');
    expect((await it.manager.getCallStatus(callId))?.turns).toHaveLength(45);

    await phone.waitUntilListening();
    phone.hangUp();
    await ended(it, callId);
    expect(spokenTurns(it, callId).map(([, text]) => text)).toEqual(words);
    expect(it.asked).toHaveLength(45);
    const sequences = it.events(callId).map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, i) => i + 1));
  });
});

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
    const read: Assistants['findByNumber'] = () =>
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
