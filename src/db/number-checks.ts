/** What the looks at Twilio's settings of our numbers found, over all workspaces. */
import { sql } from 'kysely';
import type { OwnNumbers, WebhookCheck } from '../../activities/number-ports.ts';
import { listAllNumbers } from './all-phone-numbers.ts';
import { translated } from './errors.ts';
import { toJson } from './json.ts';
import type { Database } from './pool.ts';

/** @param db in the role `system` */
export function createOwnNumbers(db: Database): OwnNumbers {
  return {
    list: async () =>
      (await listAllNumbers(db)).map(({ id, number, webhookCheck }) => {
        const check = readWebhookCheck(webhookCheck);
        return { id, number, ...(check && { check }) };
      }),

    keep: (id, check, carrierSid) =>
      translated('Keeping the look at a phone number', async () => {
        await db
          .updateTable('phone_numbers')
          .set({
            webhook_check: toJson(check),
            ...(carrierSid !== undefined && { carrier_sid: carrierSid }),
          })
          .where('id', '=', id)
          .where('deleted_at', 'is', null)
          // RFC 3339 in UTC with milliseconds sorts as text.
          .where(sql<boolean>`coalesce(webhook_check ->> 'checked_at', '') <= ${check.checked_at}`)
          .execute();
      }),
  };
}

const STATUSES: readonly unknown[] = [
  'ok',
  'differs',
  'missing',
] satisfies WebhookCheck['status'][];

/** The column `webhook_check`; undefined before the first look. */
export function readWebhookCheck(column: unknown): WebhookCheck | undefined {
  if (typeof column !== 'object' || column === null) return undefined;
  const { status, checked_at, differences } = column as Record<string, unknown>;
  const isCheck =
    STATUSES.includes(status) && typeof checked_at === 'string' && Array.isArray(differences);
  return isCheck ? (column as WebhookCheck) : undefined;
}
