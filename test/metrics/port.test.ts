import { describe, expect, test } from '@jest/globals';
import { metricsPortOf } from '../../src/metrics/port.ts';
import type { ProcessPlace } from '../../src/metrics/port.ts';

describe('the port of a process', () => {
  test.each<[ProcessPlace['role'], string, number]>([
    ['api', 'voca-api-1', 9464],
    ['api', 'voca-api-2', 9465],
    ['worker', 'voca-worker-1', 9466],
    ['worker', 'voca-worker-2', 9467],
    ['media', 'voca-media-1', 9468],
  ])('under a supervisor: %s, %s is at %i', (role, name, port) => {
    expect(metricsPortOf(9464, { role, name, isSupervised: true })).toBe(port);
  });

  test.each(['voca-worker-2', 'voca-worker', 'shop-worker-17'])(
    'alone, %s has the port itself',
    (name) => {
      expect(metricsPortOf(9464, { role: 'worker', name, isSupervised: false })).toBe(9464);
    },
  );

  test('is none when there are no ports left', () => {
    expect(
      metricsPortOf(65535, { role: 'api', name: 'voca-api-2', isSupervised: true }),
    ).toBeUndefined();
  });
});
