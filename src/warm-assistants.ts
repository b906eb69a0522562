/** Who answers, read before the first call: a worker that has just started survives without the database. */
import type { OwnNumbers } from '../activities/number-ports.ts';
import { DatabaseError } from './db/errors.ts';

/** No more are remembered. */
const MOST = 1000;

/**
 * @param load remembers what it has read
 * @throws {DatabaseError} when the database is away again; an assistant that is not usable keeps no other
 * one from being read.
 */
export async function warmAssistants(
  numbers: Pick<OwnNumbers, 'list'>,
  load: (query: { number: string }) => Promise<unknown>,
): Promise<void> {
  const own = await numbers.list();
  for (const { number } of own.slice(0, MOST)) {
    try {
      await load({ number });
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.retryable) throw error;
    }
  }
}
