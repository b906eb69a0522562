import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { heardText, readCommand } from '../../src/simulator/handset-screen.ts';
import { runHandset } from '../../src/simulator/handset.ts';
import type { Bench } from './bench.ts';
import { ACCOUNT_SID, AUTH_TOKEN, CALLER, NUMBER, startBench } from './bench.ts';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

const ECHO = {
  '/voice': '<Gather input="speech dtmf" action="/heard"><Say>Hello. Who is it?</Say></Gather>',
  '/heard': ({ form }: { form: URLSearchParams }) =>
    `<Gather input="speech dtmf" action="/heard"><Say>You said ${form.get('SpeechResult') ?? form.get('Digits')}.</Say></Gather><Say>Are you there?</Say>`,
};

async function pickUp(isTerminal: boolean, options: Partial<SimulatorOptions> = {}) {
  bench = await startBench(ECHO, options);
  const [input, output] = [new PassThrough(), new PassThrough()];
  let shown = '';
  output.on('data', (chunk: Buffer) => (shown += chunk.toString('utf8')));
  const phone = bench.call();
  const ended = runHandset({ phone, input, output, isTerminal });
  return { phone, input, ended, shown: () => shown, bench };
}

describe('the handset on a pipe', () => {
  test('says each line in its turn, prints the conversation, and hangs up after the last', async () => {
    const { input, ended, shown } = await pickUp(false);
    input.end('Ada\n/keys 1 2 #\n');
    expect(await ended).toMatchObject({ status: 'completed', reason: 'caller-hung-up' });
    const lines = shown().trim().split('\n').slice(1);
    expect(lines).toEqual([
      'assistant  Hello. Who is it?',
      'you        Ada',
      'assistant  You said Ada.',
      'you        [keys 12#]',
      'assistant  You said 12.',
      expect.stringMatching(/^The call is over: you hung up \(completed, \d+ seconds?\)\.$/),
    ]);
    expect(shown()).not.toContain('\u001b');
  });

  test('lets a question pass, and helps', async () => {
    const { input, ended, shown } = await pickUp(false);
    input.end('/help\n/what\n/silent\n');
    await ended;
    expect(shown()).toContain('/hangup');
    expect(shown()).toContain('/what is not understood');
  });
});

describe('the handset in a terminal', () => {
  test('interrupts the assistant with what is typed', async () => {
    const { phone, input, ended, shown, bench: used } = await pickUp(true, { msPerCharacter: 500 });
    await phone.hears();
    input.write('Stop it\r');
    await used.sim.log.waitFor('cut-off', () => true);
    await phone.hearsMatching(/You said Stop it/);
    input.write('/hangup\r');
    expect(await ended).toMatchObject({ reason: 'caller-hung-up' });
    expect(shown()).toContain('assistant  You said Stop it.');
  });

  test('hangs up on Ctrl-C', async () => {
    const { phone, input, ended } = await pickUp(true);
    await phone.waitUntilListening();
    input.write('\u0003');
    expect(await ended).toMatchObject({ reason: 'caller-hung-up' });
  });

  test('keeps the line open while somebody types', async () => {
    const { phone, input, ended, bench: used } = await pickUp(true, { timeScale: 0.02 });
    await phone.waitUntilListening();
    input.write('Wel');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(phone.isOver).toBe(false);
    input.write('l...\r');
    await used.sim.log.waitFor('delivered', ({ text }) => text === 'Well...');
    phone.hangUp();
    await ended;
  });
});

describe('the handset of a called person', () => {
  test('rings until it is answered', async () => {
    bench = await startBench(ECHO);
    const { app, sim } = bench;
    const [input, output] = [new PassThrough(), new PassThrough()];
    const shown: string[] = [];
    output.on('data', (chunk: Buffer) => shown.push(chunk.toString('utf8')));
    const ended = new Promise((resolve) => {
      sim.onOutboundCall((phone) =>
        runHandset({ phone, input, output, isTerminal: false }).then(resolve),
      );
    });
    await fetch(`${sim.baseUrl}/2010-04-01/Accounts/${ACCOUNT_SID}/Calls.json`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`${ACCOUNT_SID}:${AUTH_TOKEN}`)}` },
      body: new URLSearchParams({ To: CALLER, From: NUMBER, Url: `${app.url}/voice` }),
    });
    await sim.log.waitFor('call', ({ status }) => status === 'ringing');
    input.end('/answer\nAda\n');
    expect(await ended).toMatchObject({ status: 'completed' });
    expect(shown.join('')).toContain('Your phone rings: /answer or /decline.');
    expect(shown.join('')).toContain('You said Ada.');
  });
});

describe('the screen', () => {
  test('wraps what is heard beside its speaker, and lets no control character through', () => {
    expect(heardText('say', 'one two three four five six seven eight', 40)).toBe(
      'assistant  one two three four five six\n           seven eight',
    );
    expect(heardText('error', 'a\u001b[2Jb', 80)).toBe('network    a [2Jb');
  });

  test.each([
    ['hello', { do: 'say', text: 'hello' }],
    ['  ', { do: 'nothing' }],
    ['/keys 12#', { do: 'keys', keys: '12#' }],
    ['/keys x', { do: 'unknown', text: '/keys x' }],
    ['/silent', { do: 'silent' }],
    ['/hangup', { do: 'hangup' }],
    ['/help', { do: 'help' }],
    ['/dance', { do: 'unknown', text: '/dance' }],
  ])('reads %p as %p', (line, command) => {
    expect(readCommand(line)).toEqual(command);
  });
});
