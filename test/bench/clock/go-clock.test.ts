import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CLOCK_FILES, hastened, UnknownGo } from '../../../src/bench/clock/go-clock.ts';

const GO_SOURCES = '/usr/local/go/src';

/** What matters of Go's `time/time.go`. */
const TIME = `
		return subMono(runtimeNano()-startNano, t.ext)
		return subMono(t.ext, runtimeNano()-startNano)
	sec, nsec, mono := runtimeNow()
}

func unixTime(sec int64, nsec int32) Time {
`;

describe('a Go whose clock goes faster', () => {
  test('has all of its times changed in the same way', () => {
    const text = hastened('time/time.go', TIME, 8);
    expect(text).toContain('subMono((runtimeNano()-startNano)*8, t.ext)');
    expect(text).toContain('subMono(t.ext, (runtimeNano()-startNano)*8)');
    expect(text).toContain('sec, nsec, mono := hastenedNow()');
    expect(text).toContain('ahead := (mono - startNano) * 7');
    expect(text.split('runtimeNow()')).toHaveLength(2); // only where the faster time is made
  });

  test('waits shorter, and never not at all', () => {
    const sleep = hastened('runtime/time.go', 'func timeSleep(ns int64) {\n\tbody\n}', 8);
    expect(sleep).toBe(
      'func timeSleep(ns int64) {\n\tif ns > 0 {\n\t\tns = ((ns-1)/8+1)\n\t}\n\tbody\n}',
    );
    expect(hastened('time/sleep.go', 't := runtimeNano() + int64(d)', 5)).toBe(
      't := runtimeNano() + ((int64(d)-1)/5+1)',
    );
    expect(
      hastened(
        'time/tick.go',
        'newTimer(when(d), int64(d), sendTime)\nresetTimer(when(d), int64(d))',
        2,
      ),
    ).toBe(
      'newTimer(when(d), ((int64(d)-1)/2+1), sendTime)\nresetTimer(when(d), ((int64(d)-1)/2+1))',
    );
  });

  test.each(CLOCK_FILES)('is not made of sources of another shape: %s', (file) => {
    expect(() => hastened(file, 'package time', 8)).toThrow(UnknownGo);
    expect(() => hastened(file, TIME + TIME, 8)).toThrow(UnknownGo);
  });
});

test('the Go of this machine can be changed; where there is none, nothing is asked of it', () => {
  const files = existsSync(GO_SOURCES) ? CLOCK_FILES : [];
  for (const file of files) {
    const source = readFileSync(join(GO_SOURCES, file), 'utf8');
    expect(hastened(file, source, 8)).not.toBe(source);
  }
});
