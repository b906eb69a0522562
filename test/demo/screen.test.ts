import { describe, expect, test } from '@jest/globals';
import { aboutStreams } from '../../src/demo/screen.ts';

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
