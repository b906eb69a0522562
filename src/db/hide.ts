import type { Scope } from './scope.ts';

/** Hides a row of the workspace from lists and look-ups. @returns whether there was one to hide. */
export async function hideRow(
  { workspaceId, trx }: Scope,
  table: 'calls' | 'phone_numbers' | 'sessions',
  id: string,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable(table)
    .set({ deleted_at: new Date() })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
