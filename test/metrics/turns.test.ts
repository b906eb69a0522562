import { expect, test } from '@jest/globals';
import { registry } from '../../src/metrics/registry.ts';
import { observeTurn } from '../../src/metrics/turn-metrics.ts';

async function linesOf(name: string): Promise<string[]> {
  const text = await registry.getSingleMetricAsString(name);
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('stages that came are counted, those that did not are not', async () => {
  observeTurn('asst_1', { committedMs: 420, heardMs: 900 });
  observeTurn('asst_1', { committedMs: 480 });
  const counts = (await linesOf('voca_stream_turn_seconds')).filter((line) => /_count/.test(line));
  expect(counts).toEqual([
    'voca_stream_turn_seconds_count{stage="committed"} 2',
    'voca_stream_turn_seconds_count{stage="heard"} 1',
  ]);
});

test('percentiles are kept for a hundred assistants; the others share one', async () => {
  for (let each = 1; each <= 150; each += 1) observeTurn(`asst_${each}`, { heardMs: 10 * each });
  const lines = await linesOf('voca_stream_turn_assistant_seconds');
  const names = new Set(lines.map((line) => /assistant="([^"]*)"/.exec(line)?.[1]));
  expect(names.size).toBe(101);
  expect(names.has('other')).toBe(true);
  expect(lines).toContain(
    'voca_stream_turn_assistant_seconds_count{assistant="other",stage="heard"} 50',
  );
  expect(lines.some((line) => line.includes('quantile="0.99",assistant="asst_7"'))).toBe(true);
});
