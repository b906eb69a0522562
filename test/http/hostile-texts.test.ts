import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Step } from '../../workflows/contract.ts';
import {
  ANSWERING,
  CALL_SID,
  FIELDS,
  INBOUND_ID,
  listenStep,
  nextUrl,
  saidIn,
  startApp,
  targetOf,
  verbNames,
  verbsOf,
} from './harness.ts';
import type { Server } from './harness.ts';

let server: Server;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());

const CORPUS: readonly (readonly [string, string])[] = [
  ['a verb', '<Dial>+15005550009</Dial>'],
  ['the end of our own verbs', '</Say></Gather><Dial>+15005550009</Dial><Gather><Say>'],
  [
    'a whole document',
    '<?xml version="1.0"?><Response><Redirect>http://evil.example</Redirect></Response>',
  ],
  ['an entity', '&lt;Dial&gt;911&lt;/Dial&gt; &#60;Hangup/&#62; &x; &'],
  ['a document type', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;'],
  ['the end of a section', ']]><Dial>911</Dial><![CDATA['],
  ['a comment', '--><Dial>911</Dial><!--'],
  ['an instruction', '?><Dial>911</Dial><?'],
  ['SSML', '<break time="10s"/><prosody rate="x-slow">a</prosody>'],
  ['quotes', `"' onload="x" action='http://evil.example'`],
  ['control characters', 'a\u0000b\u0001c\u0008d\u000be\u001ff\u007fg\u009bh\ufffei\uffffj'],
  ['lone surrogates', 'a\ud800b\udc00c\udfffd\ud83d'],
  ['right to left', 'שלום \u202eolleh\u202c مرحبا \u2066x\u2069'],
  ['emoji', '👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 1️⃣'],
  ['many marks on one letter', `a${'\u0301'.repeat(5000)}`],
  ['line ends', 'a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n<Dial/>'],
  ['100 kB of words', 'All tables are taken. '.repeat(4700)],
  ['100 kB without a space', 'x'.repeat(100_000)],
  ['100 kB of ampersands', '&'.repeat(100_000)],
  ['100 kB of quotes', '"<>'.repeat(34_000)],
  ['100 kB of emoji', '😀'.repeat(25_000)],
  ['100 kB of surrogates', '\ud83d'.repeat(100_000)],
  ['nothing but white space', ' \t\r\n\u00a0\u2003 '],
  ['nothing', ''],
];

const STEPS: readonly ((say: string) => [Step, string[], string[]])[] = [
  (say) => [listenStep(say, '4'), ['Gather'], []],
  (say) => [{ ...listenStep(say), next: { kind: 'resume' } }, [], ['Redirect']],
  (say) => [{ ...listenStep(say), next: { kind: 'hangup' } }, [], ['Hangup']],
];

/** For each kind of step with these words: what is wrong with the answer. */
async function faultsOf(
  say: string,
  path = '/webhook/voice',
  fields?: Record<string, string>,
): Promise<string[]> {
  const faults: string[] = [];
  for (const make of STEPS) {
    const [step, before, behind] = make(say);
    server.gateway.script = () => ({ kind: 'step', step });
    const reply = await server.twilio('POST', path, fields);
    const verbs = verbsOf(reply);
    const says = saidIn(verbs);
    const expected = [...before, ...says.map(() => 'Say'), ...behind].join();
    if (reply.status !== 200) faults.push(`status ${reply.status}`);
    if (verbNames(verbs).join() !== expected) faults.push(`verbs ${verbNames(verbs).join()}`);
    if (says.some((said) => said === '' || said.length > 4096)) faults.push('a Say of no length');
    const url = nextUrl(verbs);
    const own = `/process_speech/${CALL_SID}?call=`;
    if (url !== undefined && !targetOf(url).startsWith(own)) faults.push(`sent to ${url}`);
  }
  return faults;
}

describe('words of a step stay words', () => {
  test.each(CORPUS)('%s', async (_what, say) => {
    for (const [path, fields] of ANSWERING.slice(0, 6)) {
      expect(await faultsOf(say, path, fields)).toEqual([]);
    }
  });

  test('markup is said letter for letter', async () => {
    const say = '</Say><Dial>911</Dial> & "x" \'y\' ]]>';
    server.gateway.script = () => ({ kind: 'step', step: listenStep(say) });
    expect(saidIn(verbsOf(await server.twilio('POST', '/webhook/voice')))).toEqual([say]);
  });

  test('whatever they are', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.uint16Array({ maxLength: 40 }).map((units) => String.fromCharCode(...units)),
      fc.constantFrom(...CORPUS.filter(([, say]) => say.length < 200).map(([, say]) => say)),
    );
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (say) => {
        expect(await faultsOf(say)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  }, 30_000);

  test('also in what else a step carries', async () => {
    for (const [, hostile] of CORPUS) {
      const step = listenStep('Hello.');
      step.voice = { language: hostile, name: hostile };
      if (step.next.kind === 'listen') {
        step.next.listen.hints = [hostile, hostile];
        step.next.listen.timeoutSeconds = Number.NaN;
      }
      server.gateway.script = () => ({ kind: 'step', step });
      const verbs = verbsOf(await server.twilio('POST', '/webhook/voice'));
      expect(verbNames(verbs)).toEqual(['Gather', 'Say']);
    }
  });
});

test('what a caller says is never an answer by itself', async () => {
  server.gateway.script = (asked) => ({
    kind: 'step',
    step: listenStep(asked.ask === 'hear' && asked.heard.kind === 'speech' ? asked.heard.text : ''),
  });
  const target = `/process_speech/${CALL_SID}?call=${INBOUND_ID}&turn=3`;
  const wellFormed = CORPUS.filter(([, text]) => Buffer.byteLength(text) < 10_000);
  for (const [, said] of wellFormed) {
    // Twilio sends UTF-8, which has no lone surrogates.
    const fields = { SpeechResult: said.replace(/\p{Cs}/gu, '') };
    const reply = await server.twilio('POST', target, { ...FIELDS, ...fields });
    const names = verbNames(verbsOf(reply));
    expect([...new Set(names)].filter((name) => !['Gather', 'Say'].includes(name))).toEqual([]);
  }
});
