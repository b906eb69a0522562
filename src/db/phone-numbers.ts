/** The telephone numbers of a workspace, and who answers them. */
import type { Selectable, Updateable } from 'kysely';
import { holdAssistant } from './assistants.ts';
import { storable, toJson } from './json.ts';
import { hideRow } from './hide.ts';
import { pageOf, positionOf as placeOf } from './page.ts';
import type { Page, PageRequest, Position } from './page.ts';
import type { Schema } from './schema.ts';
import type { Scope } from './scope.ts';

export interface StoredPhoneNumber extends Position {
  /** E.164. */
  number: string;
  /** Null: nobody answers. */
  assistantId: string | null;
  label: string | null;
  /** Twilio's id (`PN…`). */
  carrierSid: string | null;
  /** As {@link setWebhookCheck} was given it last; null before that. */
  webhookCheck: unknown;
  /** Where it is asked who answers a call; null: nobody is asked. */
  assistantRequestUrl: string | null;
  /** RFC 3339. */
  updatedAt: string;
}

export interface PhoneNumberChanges {
  assistantId?: string | null;
  label?: string | null;
  carrierSid?: string | null;
}

/** `no-assistant`: the workspace has none of that id. */
export type Routed<T> = T | 'no-assistant';

/** @returns `taken` when a workspace, this or another, has the number already. */
export async function create(
  scope: Scope,
  entry: { id: string; number: string } & PhoneNumberChanges,
): Promise<Routed<StoredPhoneNumber | 'taken'>> {
  const { id, number, ...changes } = entry;
  if (!(await canRouteTo(scope, changes.assistantId))) return 'no-assistant';
  const row = await scope.trx
    .insertInto('phone_numbers')
    .values({ id, workspace_id: scope.workspaceId, number, ...columnsOf(changes) })
    .onConflict((conflict) => conflict.column('number').where('deleted_at', 'is', null).doNothing())
    .returningAll()
    .executeTakeFirst();
  return row ? present(row) : 'taken';
}

export async function find(scope: Scope, id: string): Promise<StoredPhoneNumber | undefined> {
  const row = await visible(scope).where('id', '=', id).executeTakeFirst();
  return row && present(row);
}

export async function findByNumber(
  scope: Scope,
  number: string,
): Promise<StoredPhoneNumber | undefined> {
  const row = await visible(scope).where('number', '=', number).executeTakeFirst();
  return row && present(row);
}

export function page(
  scope: Scope,
  filter: { assistantId?: string; number?: string },
  request: PageRequest,
): Promise<Page<StoredPhoneNumber>> {
  let query = visible(scope);
  if (filter.assistantId !== undefined) {
    query = query.where('assistant_id', '=', filter.assistantId);
  }
  if (filter.number !== undefined) query = query.where('number', '=', filter.number);
  return pageOf(query, request, present);
}

export function positionOf(scope: Scope, id: string): Promise<Position | undefined> {
  return placeOf(scope, 'phone_numbers', id);
}

/** What is left out stays. @returns undefined when there is no such number. */
export async function update(
  scope: Scope,
  id: string,
  changes: PhoneNumberChanges,
): Promise<Routed<StoredPhoneNumber> | undefined> {
  if (!(await canRouteTo(scope, changes.assistantId))) return 'no-assistant';
  return change(scope, id, columnsOf(changes));
}

/** Gives the number up: anybody may take it then. Its secret is forgotten. @returns whether there was one. */
export async function softDelete(scope: Scope, id: string): Promise<boolean> {
  await setAssistantRequest(scope, id, null);
  return hideRow(scope, 'phone_numbers', id);
}

/** Keeps what a look at Twilio's settings of the number found; no change in the eyes of its owner. */
export async function setWebhookCheck(
  { workspaceId, trx }: Scope,
  id: string,
  check: unknown,
): Promise<void> {
  await trx
    .updateTable('phone_numbers')
    .set({ webhook_check: toJson(check) })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
}

/** @param lock nobody else changes the number until the transaction ends. */
export async function findAssistantRequest(
  scope: Scope,
  id: string,
  { lock = false }: { lock?: boolean } = {},
): Promise<{ url: string; secret: string } | undefined> {
  const query = visible(scope).where('id', '=', id);
  const row = await (lock ? query.forNoKeyUpdate() : query).executeTakeFirst();
  const { assistant_request_url: url, assistant_request_secret: secret } = row ?? {};
  return url && secret ? { url, secret } : undefined;
}

/**
 * @param request its secret sealed; null: nobody is asked any more
 * @returns undefined when there is no such number
 */
export async function setAssistantRequest(
  scope: Scope,
  id: string,
  request: { url: string; secret: string } | null,
): Promise<StoredPhoneNumber | undefined> {
  return change(scope, id, {
    assistant_request_url: request?.url ?? null,
    assistant_request_secret: request?.secret ?? null,
  });
}

async function change(
  { workspaceId, trx }: Scope,
  id: string,
  changes: Updateable<Schema['phone_numbers']>,
): Promise<StoredPhoneNumber | undefined> {
  const row = await trx
    .updateTable('phone_numbers')
    .set({ ...changes, updated_at: new Date() })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row && present(row);
}

/** Locks the assistant, so that nobody deletes it meanwhile. */
async function canRouteTo(scope: Scope, assistantId: string | null | undefined): Promise<boolean> {
  return assistantId === undefined || assistantId === null || holdAssistant(scope, assistantId);
}

function columnsOf({ assistantId, label, carrierSid }: PhoneNumberChanges) {
  return {
    ...(assistantId !== undefined && { assistant_id: assistantId }),
    ...(label !== undefined && { label: label === null ? null : storable(label) }),
    ...(carrierSid !== undefined && { carrier_sid: carrierSid }),
  };
}

function visible({ workspaceId, trx }: Scope) {
  return trx
    .selectFrom('phone_numbers')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('deleted_at', 'is', null);
}

function present(row: Selectable<Schema['phone_numbers']>): StoredPhoneNumber {
  return {
    id: row.id,
    number: row.number,
    assistantId: row.assistant_id,
    label: row.label,
    carrierSid: row.carrier_sid,
    webhookCheck: row.webhook_check,
    assistantRequestUrl: row.assistant_request_url,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
