import type { Verb } from '../verb-context.ts';

/** `<Reject>`: turns an unanswered call away. The runner lets it through as the first verb only. */
export const reject: Verb = (element, context) => {
  const { reason = 'rejected' } = element.attributes;
  if (reason !== 'rejected' && reason !== 'busy') {
    context.warn(12200, 'Reject reason must be rejected or busy');
  }
  return Promise.resolve({ kind: 'reject', reason: reason === 'busy' ? 'busy' : 'rejected' });
};
