import { describe, expect, test } from '@jest/globals';
import { greeted, SILENCE, speech } from './builders.ts';

const RESUME = { say: '', next: { kind: 'resume' } };

describe('the keys of a turn', () => {
  test('of two texts for one key the first wins', () => {
    const call = greeted().says('1', 'first').says('1', 'second');
    expect(call.asked).toEqual([]);
    expect(call.turn('1')?.heard).toEqual(speech('first'));
    call.replies('1').says('1', 'third');
    expect(call.asked).toEqual([]);
    expect(call.turns()).toEqual(['1 answered']);
  });

  test('words after a silence of the same key are a duplicate', () => {
    const call = greeted().silent('1').says('1');
    expect(call.asked).toEqual([]);
    expect(call.turn('1')?.heard).toEqual(SILENCE);
  });

  test('newer words supersede a reply that is being made', () => {
    const call = greeted().says('1', 'a table').says('2', 'no, two tables');
    expect(call.deeds()).toEqual(['drop-model 1', 'ask-model 2']);
    expect(call.turns()).toEqual(['1 superseded', '2 thinking']);
    expect(call.step('1')).toMatchObject(RESUME);
    call.replies('1', 'one table');
    expect(call.step('1')).toMatchObject(RESUME);
    expect(call.replies('2').turns()).toEqual(['1 superseded', '2 answered']);
    expect(call.step('2')).toMatchObject({ say: 'reply 2', next: { key: '3' } });
  });

  test('older words not seen before are kept unanswered and never asked', () => {
    const call = greeted().says('3').says('2', 'late');
    expect(call.deeds()).toEqual([]);
    expect(call.turns()).toEqual(['3 thinking', '2 unanswered']);
    expect(call.step('2')).toMatchObject(RESUME);
    expect(call.state.thinkingKey).toBe('3');
    expect(call.replies('3').step('3')).toMatchObject({ say: 'reply 3', next: { key: '4' } });
  });

  test('an older silence is passed over without a trace', () => {
    const call = greeted().exchanges('3').silent('2');
    expect(call.turns()).toEqual(['3 answered']);
    expect(call.step('2')).toMatchObject(RESUME);
    expect(call.state).toMatchObject({ silences: 0, status: 'listening' });
  });

  test('gaps are accepted', () => {
    const call = greeted().exchanges('1').says('7');
    expect(call.deeds()).toEqual(['ask-model 7']);
    expect(call.replies('7').step('7')).toMatchObject({ next: { key: '8' } });
  });

  test('a webhook for a turn that newer words have passed by is let go', () => {
    const call = greeted();
    expect(call.step('1')).toBeUndefined();
    call.says('2');
    expect(call.step('1')).toMatchObject(RESUME);
    expect(call.says('1').step('1')).toMatchObject(RESUME);
  });

  test.each(['', 'x', '-1', '1-', '1-1', '01', '0', '1.5', '__proto__', 'constructor', '1234567'])(
    'words under "%s" are no turn',
    (key) => {
      const call = greeted();
      const before = call.state;
      call.says(key);
      expect(call.asked).toEqual([]);
      expect(call.state).toEqual(before);
    },
  );

  test('a reply without its question changes nothing', () => {
    const call = greeted().exchanges('1');
    const before = call.state;
    call.replies('1', 'other').replies('2').replyFails('1').replyFails('9');
    expect(call.state).toEqual(before);
  });
});

describe('asked again (`3-2` after `3`)', () => {
  test('when 3 was never heard, it is an ordinary turn', () => {
    const call = greeted().exchanges('2').says('3-2');
    expect(call.deeds()).toEqual(['ask-model 3-2']);
    expect(call.replies('3-2').step('3-2')).toMatchObject({ next: { key: '4' } });
  });

  test('when 3 was answered, that answer was heard by nobody', () => {
    const call = greeted().says('3').replies('3').says('3-2');
    expect(call.turns()).toEqual(['3 unheard', '3-2 thinking']);
    expect(call.deeds()).toEqual(['ask-model 3-2']);
    expect(call.records().at(-1)).toMatchObject({ position: 1, turn: { status: 'unheard' } });
    expect(call.step('3')).toMatchObject({ say: 'reply 3' });
  });

  test('when 3 is being thought about, the new words supersede it', () => {
    const call = greeted().says('3').says('3-2');
    expect(call.turns()).toEqual(['3 superseded', '3-2 thinking']);
    expect(call.deeds()).toEqual(['drop-model 3', 'ask-model 3-2']);
  });

  test('a third asking comes after the second', () => {
    const call = greeted().says('3-2').replies('3-2').says('3-3').says('3');
    expect(call.turns()).toEqual(['3-2 unheard', '3-3 thinking', '3 unanswered']);
  });

  test('the words of the first asking, late, are kept unanswered', () => {
    const call = greeted().says('3-2', 'again').says('3', 'first');
    expect(call.turns()).toEqual(['3-2 thinking', '3 unanswered']);
    expect(call.deeds()).toEqual([]);
  });

  test('silence waits for the reply to 3 that is being made', () => {
    const call = greeted().says('3').silent('3-2');
    expect(call.turns()).toEqual(['3 thinking']);
    expect(call.step('3-2')).toMatchObject(RESUME);
    expect(call.step('3')).toBeUndefined();
    expect(call.replies('3').step('3')).toMatchObject({ say: 'reply 3', next: { key: '4' } });
    expect(call.says('4').deeds()).toEqual(['ask-model 4']);
  });

  test('silence after 3 was answered lets the answer be repeated', () => {
    const call = greeted().says('3').replies('3').silent('3-2');
    expect(call.turns()).toEqual(['3 answered']);
    expect(call.step('3-2')).toMatchObject(RESUME);
    expect(call.snapshot().openStep).toMatchObject({ say: 'reply 3' });
    expect(call.state.silences).toBe(0);
  });

  test('silence when 3 was never heard is a silence', () => {
    const call = greeted().silent('3-2');
    expect(call.step('3-2')).toMatchObject({ say: 'Are you there?', next: { key: '4' } });
  });
});

describe('silence', () => {
  test('is prompted as often as configured, then ends the call politely', () => {
    const call = greeted().silent('1').takes('1');
    expect(call.step('1')).toMatchObject({ say: 'Are you there?', next: { key: '2' } });
    expect(call.silent('2').takes('2').step('2')).toMatchObject({ next: { key: '3' } });
    call.silent('3').takes('3');
    expect(call.step('3')).toMatchObject({
      say: 'I cannot hear you. Goodbye.',
      next: { kind: 'hangup' },
    });
    expect(call.twilioSays('completed', 40).state.endReason).toBe('silence');
    expect(call.deeds(call.effects)).toEqual([]);
    expect(call.turns()).toEqual(['1 answered', '2 answered', '3 answered']);
  });

  test('is forgotten when words come', () => {
    const call = greeted().silent('1').silent('2').exchanges('3').silent('4').silent('5');
    expect(call.state.status).toBe('listening');
    expect(call.silent('6').state.status).toBe('speaking');
  });

  test('ends the call at once where no prompts are configured', () => {
    const silence = { prompt: 'Hm?', prompts: 0, farewell: 'Bye' };
    const call = greeted({ silence }).silent('1');
    expect(call.step('1')).toMatchObject({ say: 'Bye', next: { kind: 'hangup' } });
  });

  test('twice for one key counts once', () => {
    expect(greeted().silent('1').silent('1').state.silences).toBe(1);
  });

  test('never pushes a reply under way aside', () => {
    const call = greeted().says('1').silent('2');
    expect(call.state).toMatchObject({ status: 'thinking', thinkingKey: '1', silences: 0 });
    expect(call.deeds()).toEqual([]);
    expect(call.step('2')).toMatchObject(RESUME);
  });

  test('that was passed over uses up its number: the reply listens for the next one', () => {
    const call = greeted().says('1').silent('2').replies('1');
    expect(call.step('1')).toMatchObject({ next: { key: '3' } });
    expect(call.says('3').deeds()).toEqual(['ask-model 3']);
  });
});
