/** Tells of sessions that are over. */
import { emit } from '../../../db/outbox.ts';
import type { NewEvent } from '../../../db/outbox.ts';
import type { Scope } from '../../../db/scope.ts';
import { takeEnd, takeExpired } from '../../../db/session-ends.ts';
import type { EndedSession } from '../../../db/session-ends.ts';
import { newId } from '../../../ids.ts';
import type { EventType } from './catalogue.ts';
import { viewSession } from './event-data.ts';

/** Of this one, unless it was told before. To be called last in a transaction that has ended it. */
export async function tellSessionEnd(scope: Scope, id: string): Promise<void> {
  const ended = await takeEnd(scope, id);
  if (ended) await emit(scope, [endEvent(ended)]);
}

/** Of some that have expired. @returns how many there were */
export async function tellExpired(scope: Scope, limit: number): Promise<number> {
  const ended = await takeExpired(scope, limit);
  await emit(scope, ended.map(endEvent));
  return ended.length;
}

function endEvent({ session, endedAt }: EndedSession): NewEvent {
  const type = 'session.ended' satisfies EventType;
  return { id: newId('evt'), type, occurredAt: endedAt, data: viewSession(session) };
}
