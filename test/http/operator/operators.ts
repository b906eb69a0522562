/** The HTTP application of somebody who seals. */
import { createOperatorTokens } from '../../../src/sealing/index.ts';
import type { AppOptions } from '../../../src/http/app.ts';

export const OLD = 'an-old-secret-of-more-than-32-characters';
export const NEW = 'a-new-secret-of-more-than-32-characters!';
export const UI = 'http://127.0.0.1:8233';
export const NAMESPACE = 'voca-test';
export const tokens = createOperatorTokens([NEW]);

export const operator: AppOptions['operator'] = {
  secretKeys: [NEW, OLD],
  namespace: NAMESPACE,
  uiUrl: `${UI}/`,
  publicUrl: 'https://voice.example.com',
};
