/**
 * Kills processes with -9 while somebody talks. These are short forms: how fast things recover is
 * measured by benchmarks, here it must only be soon enough that Twilio does not give up.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Phone } from '../../src/simulator/index.ts';
import { eventually } from './support/eventually.ts';
import { PROCESSES, RunningInstance } from './support/instance.ts';
import type { ProcessName } from './support/instance.ts';
import { expectHistoryHolds, expectNothingLost } from './support/verdict.ts';

let instance: RunningInstance;
const kills: { atMs: number; process: string }[] = [];
beforeAll(async () => {
  instance = await RunningInstance.start();
});
afterAll(() => instance?.stop());
beforeEach(() => answerAfter(0));

function kill(name: ProcessName): number {
  kills.push({ atMs: Date.now(), process: name });
  return instance.kill(name);
}

/** The model repeats what it heard, so late. */
function answerAfter(afterMs: number): void {
  instance.model.always((body) => {
    const words = body.messages?.findLast(({ role }) => role === 'user')?.content ?? '';
    return { kind: 'answer', text: `You said: ${words}`, afterMs };
  });
}

async function say(phone: Phone, words: string): Promise<number> {
  await phone.waitUntilListening({ timeoutMs: 30_000 });
  const saidAt = Date.now();
  phone.say(words);
  const heard = await phone.hearsMatching(new RegExp(`You said: ${words}`), { timeoutMs: 30_000 });
  return heard.atMs - saidAt;
}

/** Says something, and does something while the model thinks about it. */
async function sayAnd(
  phone: Phone,
  words: string,
  act: () => void | Promise<void>,
): Promise<number> {
  const asked = instance.model.completions().length;
  const answered = say(phone, words);
  await eventually(
    () => {
      if (instance.model.completions().length <= asked) throw new Error('the model was not asked');
    },
    { everyMs: 10 },
  );
  await act();
  return answered;
}

async function hangUp(phone: Phone): Promise<void> {
  await phone.waitUntilListening();
  phone.hangUp();
}

describe('kill -9 while somebody talks', () => {
  test.each<ProcessName>([
    'voca-worker-1',
    'voca-worker-2',
    'voca-api-1',
    'voca-api-2',
    'voca-temporal',
    'voca-postgres',
  ])('of %s between turns: the next words are answered', async (name) => {
    const phone = instance.dial();
    await say(phone, 'before it');
    const pid = kill(name);
    expect(await say(phone, 'after it')).toBeLessThan(6000);
    await instance.isBack(name, pid);
    await say(phone, 'when it is back');
    await hangUp(phone);
    await expectNothingLost(instance, phone);
  });

  test('of each worker in mid-turn: the caller is held and gets the answer', async () => {
    const phone = instance.dial();
    await say(phone, 'first');
    answerAfter(1000);
    for (const name of ['voca-worker-1', 'voca-worker-2'] as const) {
      let pid = 0;
      const took = await sayAnd(phone, `while number ${name.slice(-1)} dies`, () => {
        pid = kill(name);
      });
      expect(took).toBeLessThan(12_000);
      await instance.isBack(name, pid);
    }
    await hangUp(phone);
    await expectNothingLost(instance, phone);
    // Nobody waited in silence for longer than one webhook may take.
    const gaps = silences(phone);
    expect(Math.max(...gaps)).toBeLessThan(6000);
  });

  test('of both api processes at once: the next words are answered', async () => {
    const phone = instance.dial();
    await say(phone, 'before it');
    kill('voca-api-1');
    kill('voca-api-2');
    await say(phone, 'after it');
    await hangUp(phone);
    await expectNothingLost(instance, phone);
  });

  test('of the api processes while a turn waits: the retry gets the answer', async () => {
    const phone = instance.dial();
    await say(phone, 'first');
    answerAfter(3000);
    await sayAnd(phone, 'wait for it', async () => {
      const pid = kill('voca-api-1');
      await instance.isBack('voca-api-1', pid);
      kill('voca-api-2');
    });
    await hangUp(phone);
    await expectNothingLost(instance, phone);
  });

  test('of Temporal in mid-turn, back within moments: no turn is lost', async () => {
    const phone = instance.dial();
    await say(phone, 'first');
    answerAfter(1500);
    await sayAnd(phone, 'while it dies', () => void kill('voca-temporal'));
    answerAfter(0);
    await say(phone, 'and after that');
    await hangUp(phone);
    await expectNothingLost(instance, phone);
  });

  test('of PostgreSQL, away for 10 s: calls go on and begin, and all is written when it is back', async () => {
    const phone = instance.dial();
    await say(phone, 'before it');
    const keeper = parentOf(instance.pid('voca-postgres'));
    process.kill(keeper, 'SIGSTOP'); // it would start it again at once
    const pid = kill('voca-postgres');
    const goneAt = Date.now();
    await say(phone, 'it is gone');
    const other = instance.dial(); // a worker's last good copy of the assistant serves
    await say(other, 'me too');
    await other.waitUntilListening();
    other.startSpeaking(); // so that its silence does not end it
    await new Promise((resolve) => setTimeout(resolve, goneAt + 10_000 - Date.now()));
    await say(phone, 'still here');
    process.kill(keeper, 'SIGCONT');
    await instance.isBack('voca-postgres', pid);
    await hangUp(phone);
    await hangUp(other);
    await expectNothingLost(instance, phone);
    await expectNothingLost(instance, other);
  });

  test('of everything at once, by the death of the supervisor: nothing is left; a new start goes on', async () => {
    const phone = instance.dial();
    await say(phone, 'remember me');
    const pids = PROCESSES.map((name) => instance.pid(name));
    await phone.waitUntilListening();
    phone.startSpeaking(); // longer than nobody is there
    process.kill(instance.supervisorPid, 'SIGKILL');
    await eventually(
      () => {
        for (const pid of pids) if (isAlive(pid)) throw new Error(`${pid} is still there`);
      },
      { withinMs: 12_000 },
    );
    await instance.startProcesses();
    phone.say('do you remember');
    await phone.hearsMatching(/You said: do you remember/);
    const last = instance.model.completions().at(-1)?.body as { messages: { content: string }[] };
    expect(last.messages.some(({ content }) => content.includes('remember me'))).toBe(true);
    await hangUp(phone);
    await expectNothingLost(instance, phone);
  });

  test('leaves a history that holds: each word once, each call closed, nothing in our logs', async () => {
    const evidence = await instance.evidence({
      kills,
      again: 'npx jest --selectProjects processes --runInBand --testPathPatterns drills',
      words: ['remember'],
    });
    const counts = expectHistoryHolds(evidence);
    expect(counts['calls']).toBe(evidence.database.calls.length);
    expect(counts['calls']).toBeGreaterThan(10);
    expect(counts['logLines']).toBeGreaterThan(100);
    expect(counts['lost']).toBe(0);
  });
});

/** From each of the caller's utterances to the next thing that he heard, in milliseconds. */
function silences(phone: Phone): number[] {
  const entries = instance.simulator.log.ofCall(phone.callSid);
  return entries.flatMap((entry, at) => {
    if (entry.kind !== 'spoke') return [];
    const heard = entries.slice(at).find((each) => each.kind === 'heard');
    return heard ? [heard.atMs - entry.atMs] : [];
  });
}

function parentOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
