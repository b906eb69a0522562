import { describe, expect, test } from '@jest/globals';
import { demoAssistant } from '../../../src/orchestrator/index.ts';
import { speakable } from '../../../src/orchestrator/speakable.ts';

describe('the assistant of the demo', () => {
  const spoken = {
    'first message': demoAssistant.firstMessage,
    apology: demoAssistant.apology,
    'silence prompt': demoAssistant.silence.prompt,
    'silence farewell': demoAssistant.silence.farewell,
    'limit farewell': demoAssistant.limits.farewell,
    'ending message': demoAssistant.ending.message,
  };

  test.each(Object.entries(spoken))('its %s is plain words', (_what, text) => {
    expect(text).not.toBe('');
    expect(speakable(text)).toBe(text);
  });

  test('it takes leave whenever the call ends', () => {
    for (const text of [
      spoken['silence farewell'],
      spoken['limit farewell'],
      spoken['ending message'],
    ]) {
      expect(text).toMatch(/goodbye/i);
    }
  });

  test('its apology asks the caller to say it again', () => {
    expect(demoAssistant.apology).toMatch(/again/);
  });

  test('its phrases of leave-taking are lower case, as they are compared', () => {
    for (const phrase of demoAssistant.ending.phrases) expect(phrase).toBe(phrase.toLowerCase());
  });
});
