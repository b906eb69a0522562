import { describe, expect, test } from '@jest/globals';
import { spoken } from './stream-app.ts';
import type { AppStream } from './stream-app.ts';
import { begin, isMark, marksOf, pause, problems, second, withStream } from './stream-bench.ts';

describe('what the application sends', () => {
  test('is played in real time, and a mark comes back when all before it was played', async () => {
    const { stream } = await withStream();
    const sentMs = performance.now();
    stream.mark('at once');
    stream.media(second('one two three four'));
    stream.mark('after a second');
    stream.media(new Uint8Array(0));
    stream.mark('together');
    await stream.waitFor(isMark('together'));
    const [first, then, last] = stream.of('mark');
    expect(marksOf(stream)).toEqual(['at once', 'after a second', 'together']);
    expect((first?.atMs ?? 0) - sentMs).toBeLessThan(900);
    expect((then?.atMs ?? 0) - sentMs).toBeGreaterThanOrEqual(995);
    expect((last?.atMs ?? 0) - (then?.atMs ?? 0)).toBeLessThan(500);
  });

  test('in pieces of any size is heard as one, clause by clause', async () => {
    const { stream, phone } = await withStream();
    const audio = spoken('Good morning. A table for two?');
    for (let at = 0, size = 1; at < audio.length; size = (size * 7 + 3) % 1_001) {
      stream.media(audio.subarray(at, at + size));
      at += size;
    }
    expect(await phone.hears()).toMatchObject({ source: 'stream', text: 'Good morning.' });
    expect(await phone.hears()).toMatchObject({ source: 'stream', text: 'A table for two?' });
    expect(phone.transcript.map(({ who, kind, text }) => `${who} ${kind}: ${text}`)).toEqual([
      'assistant stream: Good morning.',
      'assistant stream: A table for two?',
    ]);
  });

  test('without punctuation is a clause when a pause comes', async () => {
    const { stream, phone } = await withStream();
    stream.media(spoken('let me see'));
    expect((await phone.hears()).text).toBe('let me see');
  });

  test('that is cleared is not heard: what was, stays; all pending marks come back', async () => {
    const { stream, phone, log } = await withStream();
    stream.media(spoken('one two three four five six seven eight'));
    stream.mark('a');
    stream.mark('b');
    await phone.hearsSoFar(/two/);
    stream.clear();
    await stream.waitFor(isMark('b'));
    expect(marksOf(stream)).toEqual(['a', 'b']);
    const { text } = await phone.hears();
    const [cleared] = log.of('stream-cleared');
    expect(text).toMatch(/^one two/);
    expect(cleared?.marks).toEqual(['a', 'b']);
    // The word in the middle of which it was cut may be on neither side.
    const all = `${text} ${cleared?.text}`;
    expect(
      'one two three four five six seven eight'.split(' ').filter((each) => !all.includes(each))
        .length,
    ).toBeLessThanOrEqual(1);
    expect(all).toContain('seven eight');
    expect(phone.transcript.at(-1)).toMatchObject({ isCutOff: true });
    const gone = phone.transcript.length;
    await pause(400);
    expect(phone.transcript.length).toBe(gone);
    expect(phone.stream?.measures).toMatchObject({ clears: 1, staleMs: 0, underruns: 0 });
  });

  test('after clear while the caller speaks is stale, and measured', async () => {
    const { stream, phone, log } = await withStream();
    stream.media(spoken('this is a rather long sentence'));
    await phone.hearsSoFar(/this/);
    phone.say('No, wait, I would like to say something longer.');
    await log.waitFor('stream', ({ state }) => state === 'started');
    await pause(300);
    stream.clear();
    await log.waitFor('stream-cleared', () => true);
    stream.media(spoken('sentence').subarray(0, 800));
    expect(await log.waitFor('stream-stale', () => true)).toMatchObject({ audioMs: 100 });
    expect(phone.stream?.measures.staleMs).toBe(100);
  });

  test('that is an answer after clear is not stale', async () => {
    const { stream, phone, log } = await withStream();
    stream.media(spoken('this is a rather long sentence'));
    await phone.hearsSoFar(/this/);
    const said = phone.say('Stop.');
    await pause(100);
    stream.clear();
    await said.delivered;
    await pause(300);
    stream.media(spoken('Yes?'));
    await phone.hearsMatching(/Yes/);
    expect(log.of('stream-stale')).toEqual([]);
    expect(phone.stream?.measures.staleMs).toBe(0);
  });

  test('too late for what was before is an underrun; after a longer silence it is something new', async () => {
    const { stream, phone, log } = await withStream();
    stream.media(second('one two three').subarray(0, 1_600));
    stream.mark('first');
    await stream.waitFor(isMark('first'));
    await pause(100);
    stream.media(second('four five six').subarray(0, 1_600));
    stream.mark('second');
    await stream.waitFor(isMark('second'));
    await pause(700);
    stream.media(second('seven').subarray(0, 1_600));
    stream.mark('third');
    await stream.waitFor(isMark('third'));
    const underruns = log.of('stream-underrun');
    expect(underruns).toHaveLength(1);
    expect(underruns[0]?.gapMs).toBeGreaterThanOrEqual(90);
    expect(phone.stream?.measures).toMatchObject({ underruns: 1, playedMs: 600, receivedMs: 600 });
  });

  test('of another stream, or of no known kind, is let pass with a warning', async () => {
    const { stream, bench: used } = await withStream();
    stream.send({ event: 'media', streamSid: 'MZother', media: { payload: '' } });
    stream.send({ event: 'dance' });
    stream.send({ event: 'media', media: { payload: 'not base64!' } });
    stream.send({ event: 'media' });
    stream.send({ event: 'mark' });
    stream.mark('still there');
    await stream.waitFor(isMark('still there'));
    expect(problems(used)).toEqual([31951, 31951, 31951, 31951, 31951]);
  });

  test.each<[string, (stream: AppStream) => void]>([
    ['a binary frame', ({ socket }) => socket.send(Buffer.from('{}'))],
    ['no JSON', ({ socket }) => socket.send('hello')],
    ['no object', ({ socket }) => socket.send('[1]')],
  ])('that is %s ends the stream with error 31950', async (_what, send) => {
    const { stream, phone, bench: used } = await withStream({ after: '<Say>next</Say>' });
    send(stream);
    await phone.hearsMatching(/next/);
    expect(problems(used)).toEqual([31950]);
    expect(used.sim.log.of('stream').at(-1)).toMatchObject({ state: 'over', by: 'twilio' });
  });
});

describe('fifty streams at a time', () => {
  test('carry each its own words, at full rate', async () => {
    const { phone: first, sim, app: used } = await begin();
    const others = Array.from({ length: 49 }, (_, index) =>
      sim.dial({ from: `+1555000${3_000 + index}`, to: first.to }),
    );
    const phones = [first, ...others];
    await used.stream(49);
    await sim.prepareWords(...phones.map((phone) => `I am ${phone.from}.`));
    await Promise.all(phones.map((phone) => phone.say(`I am ${phone.from}.`).delivered));
    await pause(200);
    const callers = await Promise.all(phones.map((_, index) => used.stream(index)));
    for (const stream of callers) {
      const { callSid = '' } = stream.of('start')[0]?.start ?? {};
      expect(stream.words).toEqual(['I', 'am', `${sim.phone(callSid)?.from}.`]);
      const media = stream.of('media');
      const elapsedMs = (media.at(-1)?.atMs ?? 0) - (media[0]?.atMs ?? 0);
      expect(Math.abs(elapsedMs - 20 * (media.length - 1))).toBeLessThan(1_000);
    }
  });
});
