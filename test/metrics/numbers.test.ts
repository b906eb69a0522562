import { expect, test } from '@jest/globals';
import { countNumberLook } from '../../src/metrics/number-metrics.ts';
import { registry } from '../../src/metrics/registry.ts';
import { valueOf } from './exposition.ts';

const counts = async () => {
  const text = await registry.metrics();
  return ['ok', 'differs', 'missing'].map((status) =>
    valueOf(text, 'voca_number_checks_total', { status }),
  );
};

test('looks at numbers are counted by what they found, from a zero that alerts can see', async () => {
  expect(await counts()).toEqual([0, 0, 0]);
  countNumberLook('differs');
  countNumberLook('differs');
  countNumberLook('missing');
  expect(await counts()).toEqual([0, 2, 1]);
});
