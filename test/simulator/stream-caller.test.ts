import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { readWav, writeWav } from '../../src/audio/wav.ts';
import { parseScript, runHandset, runScript } from '../../src/simulator/index.ts';
import { spoken } from './stream-app.ts';
import { pause, withStream, wordsIn } from './stream-bench.ts';

describe('the caller on a stream', () => {
  test('is heard: words as audio with captions, silence around them', async () => {
    const { stream, phone, log } = await withStream();
    const said = phone.say('A table for two, please.');
    expect(said.heard).toBe(true);
    const voice = await said.delivered;
    await pause(100);
    expect(stream.words).toEqual(['A', 'table', 'for', 'two,', 'please.']);
    expect(voice).toMatchObject({ kind: 'stream-voice', isComplete: true });
    const [entry] = log.of('stream-voice');
    expect((entry?.endsAtMs ?? 0) - (entry?.beginsAtMs ?? 0)).toBeGreaterThan(1_000);
    expect([...stream.audio.subarray(-160)]).toEqual(Array.from({ length: 160 }, () => 0xff));
    expect(log.of('spoke')).toMatchObject([{ input: 'speech', heard: true }]);
  });

  test('may talk over the assistant', async () => {
    const { stream, phone } = await withStream();
    stream.media(spoken('I can offer you a table at seven or at eight.'));
    await phone.hearsSoFar(/offer/);
    await phone.say('Eight!').delivered;
    await phone.hearsMatching(/at eight\./);
    expect(stream.words).toEqual(['Eight!']);
  });

  test('says one thing after the other', async () => {
    const { stream, phone } = await withStream();
    void phone.say('first one');
    await phone.say('then two').delivered;
    await pause(100);
    expect(stream.words).toEqual(['first', 'one', 'then', 'two']);
  });

  test('presses keys, one message each', async () => {
    const { stream, phone } = await withStream();
    await phone.press('12#').delivered;
    await stream.waitFor(({ dtmf }) => dtmf?.digit === '#');
    expect(stream.of('dtmf').map(({ dtmf }) => dtmf)).toEqual([
      { track: 'inbound_track', digit: '1' },
      { track: 'inbound_track', digit: '2' },
      { track: 'inbound_track', digit: '#' },
    ]);
    const numbers = stream.messages.slice(1).map(({ sequenceNumber }) => Number(sequenceNumber));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  test('who is cut off in mid-sentence was not delivered', async () => {
    const { stream, phone, log } = await withStream({ after: '<Pause length="1"/>' });
    const said = phone.say('This is a long sentence that nobody will hear to its end.');
    await pause(500);
    stream.socket.close(1000);
    expect(await said.delivered).toBeUndefined();
    const [voice] = log.of('stream-voice');
    expect(voice).toMatchObject({ isComplete: false });
    expect((voice?.endsAtMs ?? 0) - (voice?.beginsAtMs ?? 0)).toBeLessThan(1_000);
    expect(voice?.beginsAtMs).toBeGreaterThan(Date.now() - 10_000);
    expect(phone.say('Hello?').heard).toBe(false);
  });

  test('plays WAV files, with the words that they say', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'voca-wav-'));
    const file = join(folder, 'voice.wav');
    const samples = Int16Array.from({ length: 16_000 }, (_, at) => 8_000 * Math.sin(at / 10));
    writeFileSync(file, writeWav({ encoding: 'pcm16', sampleRate: 16_000, samples }));
    const { stream, phone } = await withStream();
    await phone.playWav(file, { text: 'Hello you' }).delivered;
    await pause(100);
    rmSync(folder, { recursive: true });
    expect(stream.words).toEqual(['Hello', 'you']);
    const loud = stream.audio.filter((code) => (~code & 0x7f) > 24).length;
    expect(loud).toBeGreaterThan(6_000);
    expect(loud).toBeLessThanOrEqual(8_000);
  });

  test('has both sides recorded, each sound where it was heard', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'voca-record-'));
    const { stream, phone } = await withStream({ options: { recordTo: folder } });
    await pause(200);
    stream.media(spoken('Good evening.'));
    await phone.hearsMatching(/evening/);
    await phone.say('Good evening to you.').delivered;
    phone.hangUp();
    await phone.ended;
    for (let tries = 0; readdirSync(folder).length < 2 && tries < 100; tries += 1) await pause(10);
    await pause(100);
    const audioOf = (side: string) => {
      const wav = readWav(readFileSync(join(folder, `${phone.callSid}-1-${side}.wav`)));
      return wav.encoding === 'mulaw' ? wav.audio : new Uint8Array(0);
    };
    const [heard, said] = [audioOf('heard'), audioOf('said')];
    const modes = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600]); // what somebody has said is for nobody else
    rmSync(folder, { recursive: true });
    expect(wordsIn(heard)).toEqual(['Good', 'evening.']);
    expect(wordsIn(said)).toEqual(['Good', 'evening', 'to', 'you.']);
    expect(heard.length).toBe(said.length);
    expect([...heard.subarray(0, 1_000)]).toEqual(Array.from({ length: 1_000 }, () => 0xff));
  });
});

describe('the turn of the caller', () => {
  test('comes when the assistant has spoken and is silent, also where silence is sent all the time', async () => {
    const { stream, phone } = await withStream();
    const silence = setInterval(() => stream.media(new Uint8Array(1_600).fill(0xff)), 190);
    try {
      stream.media(spoken('hello there'));
      await phone.hearsSoFar(/hello/);
      expect(phone.isListening).toBe(false);
      expect(phone.isOpen).toBe(true);
      await phone.waitUntilListening();
      expect(phone.transcript.at(-1)).toMatchObject({ text: 'hello there' });
      await phone.say('Yes?').delivered;
      expect(phone.isListening).toBe(false);
    } finally {
      clearInterval(silence);
    }
  });

  test('can be measured from: the first sound after the last of the caller', async () => {
    const { stream, phone } = await withStream();
    const voice = await phone.say('Hello.').delivered;
    const endsAtMs = voice?.kind === 'stream-voice' ? voice.endsAtMs : 0;
    await pause(100);
    stream.media(Buffer.concat([new Uint8Array(800).fill(0xff), spoken('Yes?')]));
    const soundMs = await phone.hearsSoundAfter(endsAtMs);
    expect(soundMs - endsAtMs).toBeGreaterThan(190);
    expect(await phone.hearsSoundAfter(soundMs + 50)).toBe(soundMs + 50);
  });
});

describe('the handset on a stream', () => {
  test('prints what is heard, and says each line in its turn', async () => {
    const { stream, phone } = await withStream();
    const [input, output] = [new PassThrough(), new PassThrough()];
    let shown = '';
    output.on('data', (chunk: Buffer) => (shown += chunk.toString('utf8')));
    const ended = runHandset({ phone, input, output, isTerminal: false });
    input.end('Ada\n/keys 1\n');
    stream.media(spoken('Hello. Who is it?'));
    await stream.waitFor(() => stream.words.includes('Ada'));
    await pause(400);
    stream.media(spoken('Press one.'));
    await stream.waitFor(({ event }) => event === 'dtmf');
    stream.media(spoken('Bye.'));
    expect(await ended).toMatchObject({ reason: 'caller-hung-up' });
    expect(shown.trim().split('\n').slice(1, -1)).toEqual([
      'assistant  Hello. Who is it?',
      'you        Ada',
      'assistant  Press one.',
      'you        [keys 1]',
      'assistant  Bye.',
    ]);
  });
});

describe('the handset in a terminal, on a stream', () => {
  test('shows words as they are heard, where they were cut off, and that audio was lost', async () => {
    const { stream, phone, app } = await withStream({
      action: '/connect',
      answers: (url) => ({
        '/connect': `<Pause length="1"/><Connect><Stream url="${url}/media"/></Connect>`,
      }),
      options: { timeScale: 1 },
    });
    const [input, output] = [new PassThrough(), new PassThrough()];
    let shown = '';
    output.on('data', (chunk: Buffer) => (shown += chunk.toString('utf8')));
    const ended = runHandset({ phone, input, output, isTerminal: true });
    stream.media(spoken('One two three four five six seven eight nine ten.'));
    await phone.hearsSoFar(/three/);
    input.write('Stop\r');
    await stream.waitFor(() => stream.words.includes('Stop'));
    phone.stream?.drop('reset');
    const next = await app.stream(1);
    next.media(spoken('Sorry.'));
    await phone.hearsMatching(/Sorry/);
    phone.hangUp();
    await ended;
    expect(shown).toContain('assistant  One two\n');
    expect(shown).toMatch(/assistant {2}.*—\n/);
    expect(shown).toMatch(
      /broke off\)\n[^]*\(a new stream of audio, after [\d.]+ s\)\n[^]*Sorry\.\n/,
    );
  });
});

describe('a script on a stream', () => {
  test('answers what is asked until it hears what it waits for, across clauses', async () => {
    const { stream, phone } = await withStream();
    const assistant = async () => {
      stream.media(spoken('Good evening. How many are you?'));
      await stream.waitFor(() => stream.words.includes('four.'));
      await pause(300);
      stream.media(spoken('Four. Press a key, please.'));
      await stream.waitFor(({ event }) => event === 'dtmf');
      stream.media(spoken('It is booked. Goodbye.'));
    };
    const script = parseScript(
      [
        'until /booked. goodbye/ within 20s',
        '  /evening. how many/ -> say We are four.',
        '  /press a key/ -> press 1',
        'end',
        'hangup',
      ].join('\n'),
    );
    const [result] = await Promise.all([runScript(phone, script), assistant()]);
    expect(result.failures).toEqual([]);
  });

  test('hears across clauses, takes its turn, interrupts and passes', async () => {
    const { stream, phone } = await withStream();
    const said = (count: number) => {
      return stream.waitFor(() => stream.words.length >= count);
    };
    const assistant = async () => {
      stream.media(spoken('Good evening. What can I do for you?'));
      await said(3);
      await pause(300);
      stream.media(
        spoken('At seven. Or at eight, or would you rather come at nine in the evening?'),
      );
      await said(5);
      await pause(700);
      stream.clear();
      await pause(400);
      stream.media(spoken('Nine. Anything else?'));
      await pause(4_500);
      stream.media(spoken('Then goodbye.'));
    };
    const script = parseScript(
      [
        'within 15s',
        'hear /evening. what can/',
        'say A table please.',
        'hear "at seven"',
        'interrupt Nine please.',
        'hear "nine. anything else"',
        'silent',
        'hear "goodbye"',
        'hangup',
      ].join('\n'),
    );
    const [result] = await Promise.all([runScript(phone, script), assistant()]);
    expect(result.failures).toEqual([]);
    expect(result.conversation.map(({ who, text }) => `${who}: ${text}`)).toEqual([
      'assistant: Good evening.',
      'assistant: What can I do for you?',
      'caller: A table please.',
      'assistant: At seven.',
      'caller: Nine please.',
      expect.stringMatching(/^assistant: Or/),
      'assistant: Nine.',
      'assistant: Anything else?',
      'caller: ',
      'assistant: Then goodbye.',
    ]);
  });
});
