/** The calls of a workspace, as they are kept. Events write them: see `call-records.ts`. */
import type { Direction, EndReason, Turn } from '../../workflows/contract.ts';
import { hideRow } from './hide.ts';
import { pageOf, positionOf as placeOf } from './page.ts';
import type { Page, PageRequest, Position } from './page.ts';
import { presentCall, presentTurn } from './present-call.ts';
import type { StoredStatus } from './schema.ts';
import type { Scope } from './scope.ts';

/** Times are RFC 3339 with milliseconds. */
export interface StoredCall extends Position {
  workspaceId: string;
  direction: Direction;
  accountSid: string;
  callSid?: string;
  /** Empty once the call is erased. */
  from: string;
  to: string;
  status: StoredStatus;
  endReason?: EndReason;
  assistant?: { id: string; version: number };
  /** Of our number, if it was this workspace's when the call began. */
  phoneNumberId?: string;
  sessionId?: string;
  metadata: Record<string, string>;
  greeting?: string;
  summary?: string;
  durationSeconds?: number;
  queuedAt?: string;
  ringingAt?: string;
  answeredAt?: string;
  endedAt?: string;
  erasedAt?: string;
  lastSequence: number;
}

export interface StoredTurn extends Turn {
  /** From 1, in the order in which the turns were heard. */
  position: number;
}

/** All of them must hold. Each is served by an index of its own. */
export interface CallFilter {
  status?: StoredStatus;
  direction?: Direction;
  endReason?: EndReason;
  assistantId?: string;
  phoneNumberId?: string;
  sessionId?: string;
  /** As it was recorded: E.164, or what Twilio gave in its place. */
  from?: string;
  to?: string;
  callSid?: string;
  /** RFC 3339. */
  createdFrom?: string;
  /** RFC 3339; not included. */
  createdBefore?: string;
}

const COLUMN_OF = {
  status: 'status',
  direction: 'direction',
  endReason: 'end_reason',
  assistantId: 'assistant_id',
  phoneNumberId: 'phone_number_id',
  sessionId: 'session_id',
  from: 'from_number',
  to: 'to_number',
  callSid: 'call_sid',
} as const;

/**
 * With its turns. They are read in a second statement: ask in a transaction with `snapshot` for those
 * of exactly this state of the call.
 */
export async function findCall(
  scope: Scope,
  id: string,
): Promise<(StoredCall & { turns: StoredTurn[] }) | undefined> {
  const { workspaceId, trx } = scope;
  const row = await visible(scope).where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const turns = await trx
    .selectFrom('turns')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('call_id', '=', id)
    .orderBy('position')
    .orderBy('sequence')
    .execute();
  return { ...presentCall(row), turns: turns.map(presentTurn) };
}

export function page(
  scope: Scope,
  filter: CallFilter,
  request: PageRequest,
): Promise<Page<StoredCall>> {
  let query = visible(scope);
  for (const [name, column] of Object.entries(COLUMN_OF) as [keyof typeof COLUMN_OF, string][]) {
    const value = filter[name];
    if (value !== undefined) query = query.where(column as 'id', '=', value);
  }
  const { createdFrom, createdBefore } = filter;
  if (createdFrom !== undefined) query = query.where('created_at', '>=', new Date(createdFrom));
  if (createdBefore !== undefined) query = query.where('created_at', '<', new Date(createdBefore));
  return pageOf(query, request, presentCall);
}

export function positionOf(scope: Scope, id: string): Promise<Position | undefined> {
  return placeOf(scope, 'calls', id);
}

/** Hides it; what was said stays until it is erased. @returns whether there was one to hide. */
export function softDelete(scope: Scope, id: string): Promise<boolean> {
  return hideRow(scope, 'calls', id);
}

function visible({ workspaceId, trx }: Scope) {
  return trx
    .selectFrom('calls')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('deleted_at', 'is', null);
}
