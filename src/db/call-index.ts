import type { CallIndex } from '../../activities/ports.ts';
import { translated } from './errors.ts';
import type { Database } from './pool.ts';

/** Finds the numbers and calls of all workspaces for the reconciler. */
export function createCallIndex(system: Database): CallIndex {
  return {
    numbers: () =>
      translated('Listing phone numbers', async () => {
        const rows = await system
          .selectFrom('phone_numbers')
          .select('number')
          .where('deleted_at', 'is', null)
          .execute();
        return rows.map(({ number }) => number);
      }),

    callIdsOf: (callSids) =>
      translated('Finding calls', async () => {
        if (callSids.length === 0) return new Map();
        const rows = await system
          .selectFrom('calls')
          .select(['id', 'call_sid'])
          .where('call_sid', 'in', callSids)
          .execute();
        return new Map(rows.map(({ id, call_sid }) => [call_sid ?? '', id]));
      }),
  };
}
