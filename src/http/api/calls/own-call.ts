/** Finds a call of the caller's workspace, also one that is not recorded yet. */
import type { CallSnapshot } from '../../../../workflows/contract.ts';
import type { CallManager } from '../../../call-manager.ts';
import * as calls from '../../../db/calls.ts';
import * as phoneNumbers from '../../../db/phone-numbers.ts';
import type { Scope } from '../../../db/scope.ts';
import { isId } from '../../../ids.ts';
import type { CallBody } from './call-schema.ts';
import { viewUnrecorded } from './call-view.ts';
import { notFound } from '../frame/problems.ts';
import type { RouteContext } from '../frame/route.ts';

/** Whatever a route is given that works on calls. */
export type CallContext = Pick<RouteContext<unknown, unknown, unknown>, 'caller' | 'inWorkspace'>;

export type OwnCall =
  | { row: NonNullable<Awaited<ReturnType<typeof calls.findCall>>>; now?: undefined }
  /** Recorded a moment later. */
  | { row?: undefined; now: CallSnapshot };

type Asked = Pick<CallManager, 'getCallStatus'>;

/**
 * Its row proves whose it is; without one, the call itself does.
 * @throws {Problem} `not-found` for what is hidden, another workspace's, or nothing.
 */
export async function findOwn(
  { caller, inWorkspace }: CallContext,
  manager: Asked,
  id: string,
): Promise<OwnCall> {
  const { row, isHidden } = await inWorkspace(
    'Finding a call',
    async (scope) => {
      const found = await calls.findCall(scope, id);
      return { row: found, isHidden: !found && (await calls.positionOf(scope, id)) !== undefined };
    },
    { snapshot: true },
  );
  if (row) return { row };
  if (isHidden || !isId('call', id)) throw notFound();
  const now = await manager.getCallStatus(id);
  if (now?.workspaceId !== caller.workspaceId) throw notFound();
  return { now };
}

/** A call that is not recorded, with the id of our number in it. */
export async function viewOwn(scope: Scope, call: CallSnapshot): Promise<CallBody> {
  const ours = call.direction === 'inbound' ? call.to : call.from;
  return viewUnrecorded(call, (await phoneNumbers.findByNumber(scope, ours))?.id ?? null);
}
