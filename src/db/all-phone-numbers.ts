/** The numbers of all workspaces: for what looks after the one account at Twilio that serves them all. */
import { translated } from './errors.ts';
import type { Database } from './pool.ts';

export interface NumberOfWorkspace {
  id: string;
  workspaceId: string;
  /** E.164. */
  number: string;
  /** Twilio's id (`PN…`). */
  carrierSid: string | null;
  /** What the last check found; null before the first one. */
  webhookCheck: unknown;
}

/** The oldest first. */
export function listAllNumbers(system: Database): Promise<NumberOfWorkspace[]> {
  return translated('Listing phone numbers', async () => {
    const rows = await system
      .selectFrom('phone_numbers')
      .select(['id', 'workspace_id', 'number', 'carrier_sid', 'webhook_check'])
      .where('deleted_at', 'is', null)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map((row) => ({
      id: row.id,
      workspaceId: row.workspace_id,
      number: row.number,
      carrierSid: row.carrier_sid,
      webhookCheck: row.webhook_check,
    }));
  });
}
