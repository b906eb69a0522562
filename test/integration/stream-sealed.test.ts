/** With a key nobody reads a conversation over a stream: not at Temporal, not in logs, not in metrics. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { everythingAbout } from './support/raw-temporal.ts';
import { LiveStack, PATIENCE, SPEECH_KEYS } from './support/live-stack.ts';
import type { LiveCall } from './support/live-stack.ts';

const WORD = 'okapi';
const SECRET = randomBytes(32).toString('base64url');

let stack: LiveStack;
let call: LiveCall;
let token: string;
/** As the server tells it while the stream is open, and when all is over. */
const raw: string[] = [];

beforeAll(async () => {
  stack = await LiveStack.start({ VOCA_SECRET_KEY: SECRET, LOG_LEVEL: 'trace' });
  const providers = (...names: string[]) => names.map((provider) => ({ provider }));
  const assistant = await stack.assistant({
    name: `${WORD} name`,
    first_message: `This is Anna of the ${WORD}s.`,
    instructions: `${WORD} instructions`,
    failure: { apology: `The ${WORD} is sorry.` },
    ending: { phrases: [`${WORD} goodbye`], message: `Goodbye, ${WORD}.` },
    stream: {
      recognition: providers('deepgram', 'demo'),
      speech: providers('elevenlabs', 'demo'),
      bridge: `The ${WORD} is back.`,
    },
  });
  call = await stack.dial(await stack.numberOf(assistant));
  await call.phone.hearsMatching(/okapis\./, PATIENCE);
  const started = stack.roles.simulator.log.of('stream', call.phone.callSid).at(-1);
  token = started?.parameters?.['token'] ?? '';
  await goWrong();
  await call.exchange(`${WORD} goodbye`, /Goodbye, okapi\./);
  await call.record();
  await stack.isOver();
  raw.push(await everythingAbout(stack.roles.link, call.id));
}, 300_000);
afterAll(() => stack.stop());

/** Everything fails once, with words under way. */
async function goWrong(): Promise<void> {
  const { model } = stack.roles;
  await call.exchange(`I want an ${WORD}.`);
  model.script({ kind: 'answer', text: `The ${WORD} has keys.` });
  await call.phone.waitUntilListening(PATIENCE);
  call.phone.press('90210#');
  await call.phone.hearsMatching(/has keys\./, PATIENCE);
  stack.voices.script({ kind: 'status', status: 500, code: WORD });
  model.script({ kind: 'status', status: 400, message: `${WORD} is not allowed` });
  await call.exchange(`No ${WORD} here.`, /is sorry|No okapi here/);
  stack.recognition.fail('cut');
  await call.exchange(`More ${WORD}s.`);
  raw.push(await everythingAbout(stack.roles.link, call.id));
  call.phone.stream?.sendText(`{"event":"${WORD}","${WORD}":"${WORD}"}`);
  call.phone.stream?.drop('reset');
  await call.phone.hearsMatching(/okapi is back\./, PATIENCE);
}

const secrets = () => [
  WORD,
  '90210',
  call.phone.from.slice(1),
  call.phone.to.slice(1),
  token,
  token.slice(-43),
  SECRET,
  stack.roles.authToken,
  'sk-canary-of-the-roles',
  ...SPEECH_KEYS,
];

const findIn = (text: string) =>
  text
    .split('\n')
    .filter((line) => secrets().some((each) => line.toLowerCase().includes(each.toLowerCase())))
    .map((line) => line.slice(0, 500));

describe('a sealed conversation over a stream', () => {
  test('took place, and its record has it', async () => {
    expect(token).toMatch(/^call_/);
    const { transcript, end_reason: why } = await call.read();
    expect(why).toBe('end-phrase');
    expect(JSON.stringify(transcript)).toMatch(/okapi.*90210.*okapi/);
  });

  test('cannot be read at Temporal, while it goes on and afterwards', () => {
    expect(raw).toHaveLength(2);
    for (const each of raw) {
      expect(each).toContain('mediaSession');
      expect(findIn(each)).toEqual([]);
    }
  });

  test('is in no log of any process', () => {
    for (const { output } of Object.values(stack.processes).map((each) => ({
      output: each.output(),
    }))) {
      expect(output.split('\n').length).toBeGreaterThan(5);
      expect(findIn(output)).toEqual([]);
    }
  });

  test('is in no metric', async () => {
    const metrics = await stack.metrics();
    expect(metrics).toContain('voca_media_streams');
    expect(findIn(metrics)).toEqual([]);
  });
});
