import { describe, expect, test } from '@jest/globals';
import { HeardBlocks } from '../../src/simulator/heard-blocks.ts';
import type { TranscriptItem } from '../../src/simulator/line.ts';
import { renderConversation } from '../../src/simulator/script-run.ts';

function item(text: string, more: Partial<TranscriptItem> = {}): TranscriptItem {
  return { who: 'assistant', atMs: 0, kind: 'stream', text, heard: true, ...more };
}

describe('what is heard on a screen', () => {
  test('grows word by word and over clauses', () => {
    const blocks = new HeardBlocks();
    expect(blocks.take([], 'Good', 0)).toEqual([{ source: 'stream', text: 'Good', isNew: true }]);
    expect(blocks.take([], 'Good', 100)).toEqual([]);
    const morning = [item('Good morning.')];
    expect(blocks.take(morning, '', 200)).toMatchObject([{ text: 'Good morning.', isNew: false }]);
    expect(blocks.take(morning, 'Who', 300)).toMatchObject([
      { text: 'Good morning. Who', isNew: false },
    ]);
  });

  test('begins anew after a pause, and where it was ended; no word is shown twice', () => {
    const blocks = new HeardBlocks();
    blocks.take([], 'I can book', 0);
    blocks.finish();
    expect(blocks.take([], 'I can book a', 100)).toMatchObject([{ text: 'a', isNew: true }]);
    const heard = [item('I can book a table.')];
    expect(blocks.take(heard, '', 200)).toMatchObject([{ text: 'a table.', isNew: false }]);
    expect(blocks.take(heard, 'Hello?', 2_000)).toMatchObject([{ text: 'Hello?', isNew: true }]);
  });

  test('shows where it was cut off, also after its words', () => {
    const blocks = new HeardBlocks();
    blocks.take([], 'I can', 0);
    const cut = [item('I can', { isCutOff: true })];
    expect(blocks.take(cut, '', 100)).toMatchObject([{ text: 'I can —', isNew: false }]);
    expect(blocks.take(cut, 'Yes', 200)).toMatchObject([{ text: 'Yes', isNew: true }]);
  });

  test('is a block of its own where the network speaks', () => {
    const said = [item('Hello', { kind: 'say' }), item('Hi', { kind: 'say' })];
    expect(new HeardBlocks().take(said, '', 0)).toEqual([
      { source: 'say', text: 'Hello', isNew: true },
      { source: 'say', text: 'Hi', isNew: true },
    ]);
  });
});

test('a conversation as text joins clauses, in the order in which they were said', () => {
  const conversation = [
    item('Good morning.', { atMs: 1 }),
    item('Stop', { who: 'caller', kind: 'speech', atMs: 4 }),
    item('How can', { atMs: 3, isCutOff: true }),
    item('Of course.', { atMs: 5 }),
  ];
  expect(renderConversation(conversation).split('\n')).toEqual([
    'assistant  Good morning. How can —',
    'caller     Stop',
    'assistant  Of course.',
  ]);
});
