import { describe, expect, test } from '@jest/globals';
import { aboutStreams, networkError } from '../../src/demo/screen.ts';

function about(callerVoice: 'flite' | 'tones'): string {
  const simulator = { callerVoice } as Parameters<typeof aboutStreams>[0]['simulator'];
  return aboutStreams({ simulator, recordings: '/data/recordings' });
}

describe('what the demo says of streams', () => {
  test('without a voice: that tones stand in, and how to get one', () => {
    expect(about('tones')).toMatch(/tones stand in[^]*apt-get install flite, or brew install/);
  });

  test('with a voice: whose it is', () => {
    expect(about('flite')).toContain('spoken by flite');
    expect(about('flite')).not.toContain('tones');
  });
});

test('of a call that failed, what Twilio says of it', () => {
  const error = { kind: 'error', level: 'error', code: 31920, message: 'no upgrade' } as const;
  expect(networkError(error)).toBe("  Twilio's error 31920: no upgrade");
});
