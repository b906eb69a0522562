/**
 * What waits to be sent to webhook endpoints, for those who send it: in all workspaces, as the housekeeping
 * sees them. What customers see and ask for: `deliveries.ts`.
 *
 * A claim is a lease on the endpoint (`webhook_dispatch.busy_until`); rows stay `pending` until the outcome
 * of an attempt is written, so whatever dies meanwhile, they are sent by the next one. An outcome names the
 * count of attempts that it follows on: of two senders that do not know of each other, one is heard.
 */
import * as deliveries from './deliveries.ts';
import { settle } from './delivery-outcome.ts';
import type { AttemptOutcome } from './delivery-outcome.ts';
import { orphansOf, takeUp, wakeRetries } from './delivery-retries.ts';
import { hold, release } from './endpoint-lease.ts';
import type { EndpointRef } from './endpoint-lease.ts';
import { translated } from './errors.ts';
import { emit } from './outbox.ts';
import type { NewEvent } from './outbox.ts';
import type { Database } from './pool.ts';
import { inWorkspace } from './scope.ts';
import { endpointOf, pendingOf } from './waiting-deliveries.ts';
import type { QueuedDelivery } from './waiting-deliveries.ts';
import * as endpoints from './webhook-endpoints.ts';
import type { StoredEndpoint } from './webhook-endpoint-row.ts';

export type DeliveryQueue = ReturnType<typeof createDeliveryQueue>;

/** All of it throws {@link DatabaseError}. @param system sees all workspaces */
export function createDeliveryQueue(system: Database) {
  return {
    hold: (ref: EndpointRef, forMs: number) =>
      translated('Holding an endpoint', () => hold(system, ref, forMs)),

    release: (ref: EndpointRef, takeAgainMs: number) =>
      translated('Giving an endpoint back', () => release(system, ref, takeAgainMs)),

    endpoint: (ref: EndpointRef) =>
      translated('Reading an endpoint', () => endpointOf(system, ref)),

    pending: (ref: EndpointRef, limit: number, isProbe = false) =>
      translated('Reading what waits', () => pendingOf(system, ref, limit, isProbe)),

    settle: (ref: EndpointRef, delivery: QueuedDelivery, outcome: AttemptOutcome) =>
      translated('Writing the outcome of a delivery', () => settle(system, ref, delivery, outcome)),

    orphans: (ref: EndpointRef, limit: number, except: readonly string[]) =>
      translated('Reading retries', () => orphansOf(system, ref, limit, except)),

    wakeRetries: (ref: EndpointRef) => translated('Waking retries', () => wakeRetries(system, ref)),

    takeUp: (ref: EndpointRef & { deliveryId: string; dueAt?: string }) =>
      inWorkspace(system, ref.workspaceId, 'Taking up a delivery', (scope) => takeUp(scope, ref)),

    /** What waits for one that is deleted or disabled fails. */
    endAll: ({ workspaceId, endpointId }: EndpointRef) =>
      inWorkspace(system, workspaceId, 'Ending deliveries', (scope) =>
        deliveries.endAll(scope, endpointId),
      ),

    /** Once, however often it is asked for. @param eventOf what is told of it, when it is done */
    disable: (
      { workspaceId, endpointId }: EndpointRef,
      reason: 'failing' | 'gone',
      eventOf: (endpoint: StoredEndpoint) => NewEvent,
    ) =>
      inWorkspace(system, workspaceId, 'Disabling an endpoint', async (scope) => {
        const before = await endpoints.find(scope, endpointId, { lock: true });
        if (before?.status !== 'enabled') return false;
        const endpoint = await endpoints.disable(scope, before, reason);
        await emit(scope, [eventOf(endpoint)]);
        return true;
      }),
  };
}
