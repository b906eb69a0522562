/** The worker of the next version differs from the others in its image and its version alone. */
import { expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { interpolate, MAIN_FILE, readCompose, SECOND_VERSION } from './compose-files.ts';
import { filledExample } from './environment.ts';

const env = { ...filledExample(), NEXT_TAG: 'next', NEXT_BUILD_ID: '2026-12-01.1' };
const { 'worker-next': next, ...others } = readCompose(SECOND_VERSION).services;
const worker = readCompose(MAIN_FILE).services['worker-1'];

test('it is worker-1 with another image and a version of its own', () => {
  expect(Object.keys(others)).toEqual([]);
  expect(next).toEqual({
    ...worker,
    image: next?.image,
    environment: {
      ...worker?.environment,
      VOCA_WORKER_VERSIONING: 'pinned',
      VOCA_BUILD_ID: next?.environment?.['VOCA_BUILD_ID'],
    },
  });
  expect(interpolate(next?.image ?? '', env)).toBe('voca:next');
  const { workers } = loadConfig(interpolate(next?.environment ?? {}, env), { role: 'worker' });
  expect(workers).toMatchObject({ versioning: 'pinned', buildId: '2026-12-01.1' });
});

test.each(['NEXT_TAG', 'NEXT_BUILD_ID'])('it is not started without %s', (name) => {
  expect(() => interpolate(next ?? {}, { ...env, [name]: '' })).toThrow(name);
});
