import { expect, test } from '@jest/globals';
import { Story } from '../../../src/media/session/story.ts';
import type { ShortStory } from '../../../workflows/stream-contract.ts';
import { aBrief } from '../turns/a-brief.ts';

const words = (story: Story): string[] =>
  story.soFar().utterances.map((line) => {
    if (line.who === 'assistant') return line.text;
    return line.heard.kind === 'speech' ? line.heard.text : line.heard.kind;
  });

/** A whole turn. */
function talk(story: Story, key: number, length = 20): void {
  const heard = { kind: 'speech', text: `words ${key}`.padEnd(length, '.') } as const;
  story.add({ what: 'heard', key: String(key), heard });
  const reply = { text: `reply ${key}`, isInterrupted: false, source: 'model' } as const;
  story.add({ what: 'said', key: String(key), reply });
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('of a long call the part that the workflow has summed up is told in short', async () => {
  let asked = 0;
  const recall = async (): Promise<ShortStory | undefined> => {
    asked += 1;
    return asked === 1 ? undefined : { text: 'He wants a table.', upTo: '40' };
  };
  const story = new Story(aBrief({ nextKey: '1' }), recall);
  for (let key = 1; key <= 50; key += 1) talk(story, key);
  expect(asked).toBe(0);
  for (let key = 51; key <= 60; key += 1) {
    talk(story, key);
    await settled();
  }
  expect(asked).toBe(2); // the first time there was none yet
  expect(story.soFar().summary).toBe('He wants a table.');
  expect(words(story)[0]).toMatch(/^words 41/);
  expect(words(story).at(-1)).toBe('reply 60');
  expect(words(story)).toHaveLength(40);
});

test('it is asked for as well when few words were many', async () => {
  const story = new Story(aBrief(), async () => ({ text: 'In short.', upTo: '5' }));
  for (let key = 1; key <= 7; key += 1) talk(story, key, 3_000);
  await settled();
  expect(words(story)).toHaveLength(4);
});

test('what the brief tells stays until a summary reaches into this stream', async () => {
  const before = { who: 'assistant', text: 'Said over the stream before.' } as const;
  const brief = aBrief({ nextKey: '12' });
  brief.call.utterances = [before];
  for (const [upTo, isKept] of [
    ['1', true],
    ['12', false],
  ] as const) {
    const story = new Story(brief, async () => ({ text: 'In short.', upTo }));
    for (let key = 12; key <= 17; key += 1) talk(story, key, 4_000);
    await settled();
    expect(words(story).includes(before.text)).toBe(isKept);
  }
});
