import type { Verb } from '../verb-context.ts';

/** `<Hangup>`: ends the call. */
export const hangup: Verb = () => Promise.resolve({ kind: 'hangup' });
