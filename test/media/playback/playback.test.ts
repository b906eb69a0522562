import { describe, expect, test } from '@jest/globals';
import { audioOf, playbackBench, speak } from './bench.ts';

const TEN_WORDS = 'one two three four five six seven eight nine ten';

describe('the pace', () => {
  test('the first 400 ms are sent at once', () => {
    const { line, playback, told } = playbackBench();
    speak(playback, 1, 'hello', audioOf(1_000));
    expect(line.bytes).toHaveLength(400 * 8);
    expect(told('audible')).toEqual([{ type: 'audible', utterance: 1, atMs: 0 }]);
  });

  test('from then on 300 to 400 ms are ahead, up to the end', () => {
    const { time, line, playback } = playbackBench();
    speak(playback, 1, 'hello', audioOf(3_000));
    for (let ms = 0; ms < 2_600; ms += 10) {
      time.pass(10);
      expect(line.aheadMs).toBeGreaterThan(300);
      expect(line.aheadMs).toBeLessThanOrEqual(400);
      expect(playback.leadMs).toBeCloseTo(line.aheadMs, 6);
    }
    time.pass(400);
    expect(line.bytes).toEqual(Buffer.from(audioOf(3_000)));
  });

  test('a mark follows every 200 ms of audio or a little more, and the end', () => {
    const { time, line, playback } = playbackBench();
    speak(playback, 1, 'hello', audioOf(2_050));
    time.pass(2_100);
    const places = line.marks.map((name) => Number(name.split('-')[1]) / 8);
    const steps = places.map((place, index) => place - (places[index - 1] ?? 0));
    for (const step of steps.slice(0, -1)) {
      expect(step).toBeGreaterThanOrEqual(200);
      expect(step).toBeLessThanOrEqual(280);
    }
    expect(places.at(-1)).toBe(2_050);
  });

  test('an event loop that stands still for 300 ms is not heard', () => {
    const { time, line, playback, told } = playbackBench();
    speak(playback, 1, 'hello', audioOf(3_000));
    time.pass(1_010);
    time.stall(300);
    time.pass(1_690);
    expect(told('underrun')).toEqual([]);
    expect(line.heard).toEqual(Buffer.from(audioOf(3_000)));
  });

  test('a longer one is a gap, and the lead is as before at once', () => {
    const { time, line, playback, told } = playbackBench();
    speak(playback, 1, 'hello', audioOf(3_000));
    time.pass(1_010);
    time.stall(600);
    time.pass(1);
    const [gap] = told('underrun');
    expect(gap).toMatchObject({ utterance: 1, why: 'late' });
    expect(gap?.gapMs).toBeGreaterThan(200);
    expect(line.aheadMs).toBeGreaterThan(390);
    expect(playback.figures.late).toBe(1);
    time.pass(3_000);
    expect(line.bytes).toEqual(Buffer.from(audioOf(3_000)));
  });

  test('audio that is made too slowly is a gap, too, of another kind', () => {
    const { time, playback, told } = playbackBench();
    playback.open(1);
    const clause = playback.clause(1, 'hello');
    clause.push(audioOf(200));
    time.pass(350);
    clause.push(audioOf(200));
    expect(told('underrun')).toEqual([
      { type: 'underrun', utterance: 1, why: 'starved', gapMs: 150 },
    ]);
    expect(playback.figures).toMatchObject({ late: 0, otherGaps: 1 });
  });

  test('audio in small pieces is sent without waiting while little is ahead', () => {
    const { time, line, playback } = playbackBench();
    playback.open(1);
    const clause = playback.clause(1, 'hello');
    for (let piece = 0; piece < 20; piece += 1) {
      clause.push(audioOf(20, piece));
    }
    const lengths = line.sent.flatMap(({ audio }) => (audio ? [audio.length] : []));
    expect(lengths.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 160));
    time.pass(200);
    expect(line.bytes).toHaveLength(400 * 8);
  });
});

describe('utterances', () => {
  test('are played one after the other, without a pause between them', () => {
    const { time, line, playback, told } = playbackBench();
    speak(playback, 1, 'one moment', audioOf(500, 1));
    speak(playback, 2, 'here it is', audioOf(500, 2));
    time.pass(1_000);
    expect(line.heard).toEqual(Buffer.concat([audioOf(500, 1), audioOf(500, 2)]));
    expect(told('audible')).toEqual([
      { type: 'audible', utterance: 1, atMs: 0 },
      { type: 'audible', utterance: 2, atMs: 500 },
    ]);
    expect(told('heard')).toEqual([
      { type: 'heard', utterance: 1, text: 'one moment', isAll: true, atMs: 500 },
      { type: 'heard', utterance: 2, text: 'here it is', isAll: true, atMs: 1_000 },
    ]);
  });

  test('the second waits until the first one is finished', () => {
    const { time, line, playback } = playbackBench();
    playback.open(1);
    speak(playback, 2, 'second', audioOf(100, 2));
    time.pass(1_000);
    expect(line.bytes).toHaveLength(0);
    const clause = playback.clause(1, 'first');
    clause.push(audioOf(100, 1));
    clause.end();
    playback.finish(1);
    expect(line.bytes).toEqual(Buffer.concat([audioOf(100, 1), audioOf(100, 2)]));
  });

  test('clauses of one utterance are played in their order, however their audio comes', () => {
    const { time, line, playback, told } = playbackBench();
    playback.open(1);
    const [first, second] = [playback.clause(1, 'Well,'), playback.clause(1, 'hello.')];
    second?.push(audioOf(100, 2));
    second?.end();
    playback.finish(1);
    first?.push(audioOf(100, 1));
    first?.end();
    time.pass(200);
    expect(line.heard).toEqual(Buffer.concat([audioOf(100, 1), audioOf(100, 2)]));
    expect(told('heard')[0]?.text).toBe('Well, hello.');
  });

  test('one that is finished after its audio was played is heard then', () => {
    const { time, playback, told } = playbackBench();
    playback.open(1);
    const clause = playback.clause(1, 'hello');
    clause.push(audioOf(150));
    clause.end();
    time.pass(1_000);
    expect(told('heard')).toEqual([]);
    playback.finish(1);
    time.pass(0);
    expect(told('heard')).toMatchObject([{ text: 'hello' }]);
  });

  test('one without any audio is heard at once, and nothing of it', () => {
    const { line, playback, told } = playbackBench();
    playback.open(1);
    playback.clause(1, '-').end();
    playback.finish(1);
    expect(told('heard')).toMatchObject([{ utterance: 1, text: '', isAll: true }]);
    expect(line.sent).toEqual([]);
  });

  test('a clause that breaks off is told', () => {
    const { time, playback, told } = playbackBench();
    playback.open(1);
    const clause = playback.clause(1, TEN_WORDS);
    clause.push(audioOf(1_000));
    clause.end('failed');
    playback.finish(1);
    time.pass(1_000);
    expect(told('heard')).toMatchObject([{ utterance: 1, isAll: false }]);
    expect(TEN_WORDS.startsWith(told('heard')[0]?.text ?? 'x')).toBe(true);
    expect(told('heard')[0]?.text).not.toBe(TEN_WORDS);
  });

  test('when nothing is to be played any more, the beat is let go of', () => {
    const { time, playback } = playbackBench();
    speak(playback, 1, 'hello', audioOf(100));
    time.pass(1_000);
    speak(playback, 2, 'hello', audioOf(3_000));
    time.pass(2_900);
    expect(playback.leadMs).toBeGreaterThan(0);
  });
});

describe('a clear', () => {
  test('stops at once, here and at the telephone, and tells the whole words that were heard', () => {
    const { time, line, playback, events } = playbackBench();
    speak(playback, 1, TEN_WORDS, audioOf(4_800));
    time.pass(2_000);
    playback.clear();
    // 20 of the 48 characters: "one two three four f".
    expect(events.at(-1)).toEqual({
      type: 'cleared',
      utterance: 1,
      heardText: 'one two three four',
      atMs: 2_000,
    });
    expect(line.sent.at(-1)?.what).toBe('clear');
    const { length } = line.sent;
    time.pass(5_000);
    expect(line.sent).toHaveLength(length);
    expect(line.heard).toHaveLength(2_000 * 8);
  });

  test('in the pause that a voice leaves behind its words tells all of them', () => {
    const pause = new Uint8Array(800 * 8).fill(0xfe);
    const { time, playback, told } = playbackBench();
    speak(playback, 1, TEN_WORDS, Buffer.concat([audioOf(1_000), pause]));
    time.pass(1_100);
    playback.clear();
    expect(told('cleared')).toMatchObject([{ heardText: TEN_WORDS }]);
    speak(playback, 2, TEN_WORDS, Buffer.concat([audioOf(1_000), pause]));
    time.pass(800);
    playback.clear();
    expect(told('cleared')[1]).toMatchObject({ heardText: 'one two three four five six seven' });
  });

  test('audio that comes late is dropped, and its voice can know', () => {
    const { time, line, playback } = playbackBench();
    playback.open(1);
    const clause = playback.clause(1, 'hello');
    clause.push(audioOf(100));
    expect(clause.isWanted).toBe(true);
    playback.clear();
    const { length } = line.sent;
    expect(clause.isWanted).toBe(false);
    clause.push(audioOf(1_000));
    clause.end();
    playback.finish(1);
    playback.open(1);
    playback.clause(1, 'again').push(audioOf(1_000));
    time.pass(1_000);
    expect(line.sent).toHaveLength(length);
  });

  test('marks that come back because of it prove nothing', () => {
    const { time, playback, told } = playbackBench({ delayMs: 60 });
    speak(playback, 1, TEN_WORDS, audioOf(4_800));
    time.pass(700);
    playback.clear();
    speak(playback, 2, 'sorry', audioOf(2_000, 2));
    time.pass(500);
    expect(told('cleared')).toMatchObject([{ utterance: 1, heardText: 'one' }]);
    expect(told('heard')).toEqual([]);
    playback.clear();
    expect(told('cleared')).toMatchObject([{ utterance: 1 }, { utterance: 2, heardText: '' }]);
  });

  test('marks that come back because of it are not taken for those of what follows', () => {
    const { time, playback, told } = playbackBench({ delayMs: 100 });
    speak(playback, 1, TEN_WORDS, audioOf(4_800, 1));
    time.pass(50);
    playback.clear();
    speak(playback, 2, 'sorry', audioOf(400, 2));
    time.pass(250);
    expect(told('heard')).toEqual([]);
    time.pass(400);
    expect(told('heard')).toMatchObject([{ utterance: 2, text: 'sorry' }]);
  });

  test('tells of all utterances, also of those that nobody has heard', () => {
    const { time, playback, told } = playbackBench();
    speak(playback, 1, 'one moment', audioOf(1_000, 1));
    speak(playback, 2, 'here it is', audioOf(1_000, 2));
    playback.open(3);
    time.pass(500);
    playback.clear();
    expect(told('cleared')).toMatchObject([
      { utterance: 1, heardText: 'one' },
      { utterance: 2, heardText: '' },
      { utterance: 3, heardText: '' },
    ]);
  });

  test('before anything was sent sends nothing', () => {
    const { line, playback } = playbackBench();
    playback.open(1);
    playback.clear();
    playback.clear();
    expect(line.sent).toEqual([]);
  });

  test('after everything was heard sends nothing', () => {
    const { time, line, playback, told } = playbackBench();
    speak(playback, 1, 'hello', audioOf(500));
    time.pass(1_000);
    playback.clear();
    expect(line.sent.some(({ what }) => what === 'clear')).toBe(false);
    expect(told('cleared')).toEqual([]);
  });

  test('may be given, and followed by more, while an event is told', () => {
    const { time, line, playback, told, events } = playbackBench();
    const onPlayed = line.onPlayed;
    line.onPlayed = (mark) => {
      onPlayed(mark);
      if (told('cleared').length > 0 || told('audible').length === 0) return;
      playback.clear();
      speak(playback, 2, 'other words', audioOf(300, 2));
    };
    speak(playback, 1, 'hello', audioOf(1_000));
    time.pass(1_000);
    expect(events.map(({ type }) => type)).toEqual(['audible', 'cleared', 'audible', 'heard']);
    expect(Buffer.from(line.heard.subarray(-2_400))).toEqual(Buffer.from(audioOf(300, 2)));
  });

  test('a line that is gone is told nothing, and what was heard of it is', () => {
    const { time, line, playback, told } = playbackBench();
    speak(playback, 1, TEN_WORDS, audioOf(4_800));
    time.pass(2_000);
    const { length } = line.sent;
    playback.close();
    playback.close();
    speak(playback, 2, 'more', audioOf(100));
    time.pass(1_000);
    expect(line.sent).toHaveLength(length);
    expect(told('cleared')).toMatchObject([{ heardText: 'one two three four' }]);
  });
});

describe('marks', () => {
  test('one that is lost changes nothing', () => {
    const { time, playback, told } = playbackBench({
      fate: (name) => (Number(name.split('-')[1]) % 3 === 0 ? 'lost' : 'returned'),
    });
    speak(playback, 1, TEN_WORDS, audioOf(4_805));
    time.pass(4_900);
    expect(told('heard')).toMatchObject([{ text: TEN_WORDS, isAll: true }]);
  });

  test('without the last one it is heard two seconds after its time', () => {
    const { time, playback, told } = playbackBench({ fate: () => 'lost' });
    speak(playback, 1, 'hello', audioOf(500));
    time.pass(2_400);
    expect(told('heard')).toEqual([]);
    time.pass(120);
    expect(told('heard')).toMatchObject([{ text: 'hello', isAll: true }]);
  });

  test('one that comes twice, or was never sent, changes nothing', () => {
    const { time, playback, told } = playbackBench({ fate: () => 'twice' });
    speak(playback, 1, TEN_WORDS, audioOf(4_800));
    for (const name of ['1-99999', '2-800', '', '1-', 'x'.repeat(1_000)]) playback.played(name);
    time.pass(2_000);
    playback.played('1-800');
    playback.clear();
    expect(told('cleared')).toMatchObject([{ heardText: 'one two three four' }]);
  });

  test('when none has come back for a while, little more than the last one is taken as heard', () => {
    const { time, line, playback, told } = playbackBench();
    speak(playback, 1, TEN_WORDS, audioOf(4_800));
    time.pass(1_000);
    line.hold(5_000);
    time.pass(2_500);
    playback.clear();
    // 1,000 ms were played, up to 400 ms more were on the way, and 400 ms may be guessed.
    expect(told('cleared')).toMatchObject([{ heardText: 'one two three' }]);
  });
});

describe('a line that takes nothing', () => {
  test('is given nothing, and goes on where it stopped', () => {
    const { time, line, playback, told } = playbackBench();
    speak(playback, 1, 'hello', audioOf(2_000));
    line.waitingBytes = 100_000;
    time.pass(1_000);
    expect(line.bytes).toHaveLength(400 * 8);
    expect(told('stuck')).toEqual([]);
    line.waitingBytes = 0;
    time.pass(2_000);
    expect(line.bytes).toEqual(Buffer.from(audioOf(2_000)));
    expect(told('underrun')).toMatchObject([{ why: 'line' }]);
    expect(playback.figures.late).toBe(0);
  });

  test('is told once after two seconds, and its audio is not taken as heard', () => {
    const { time, line, playback, told } = playbackBench({ fate: () => 'lost' });
    speak(playback, 1, 'hello', audioOf(2_000));
    line.waitingBytes = 100_000;
    time.pass(10_000);
    expect(told('stuck')).toEqual([{ type: 'stuck', waitingBytes: 100_000 }]);
    expect(told('heard')).toEqual([]);
  });
});
