import { translated } from './errors.ts';
import type { Database } from './pool.ts';

/**
 * Deletes all that is recorded of a call, in one transaction: what belongs to a call's row goes with
 * it (`on delete cascade`). @returns whether there was anything.
 */
export function eraseCallRows(db: Database, callId: string): Promise<boolean> {
  return translated('Erasing a call', async () => {
    const { numDeletedRows } = await db
      .deleteFrom('calls')
      .where('id', '=', callId)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  });
}
