/** Customers who are told of events: a workspace, an endpoint in it, and a place at a receiver. */
import type { Database } from '../../db/pool.ts';
import { inWorkspace } from '../../db/scope.ts';
import * as endpoints from '../../db/webhook-endpoints.ts';
import type { Receiver } from '../../drill/index.ts';
import { newId } from '../../ids.ts';
import { createSecretBox } from '../../sealing/secret-box.ts';
import { NEWEST_VERSION } from '../../webhooks/event-body.ts';
import { newWebhookSecret } from '../../webhooks/signature.ts';
import type { BenchInstance } from '../bench-instance.ts';

export interface Customer {
  workspaceId: string;
  endpointId: string;
  /** Of its URL: what came for it is found by it in the receiver's log. */
  path: string;
  /** Signs what is sent to it, `whsec_…`. */
  secret: string;
}

export interface CustomerOptions {
  /** Owns the tables. */
  owner: Database;
  bench: Pick<BenchInstance, 'secretKeys'>;
  receiver: Pick<Receiver, 'url' | 'sign'>;
  workspaceId: string;
  /** Of the path; no two at one receiver share it. */
  name: string;
  /** Deliveries a second at most. */
  maxPerSecond: number;
}

/** As the API has it. */
const AT_MOST = 50;

/** Wants all events from now on. */
export async function newCustomer(options: CustomerOptions): Promise<Customer> {
  const { owner, bench, receiver, workspaceId, name, maxPerSecond } = options;
  const [id, path, secret] = [newId('we'), `/${name}`, newWebhookSecret()];
  await receiver.sign(path, [secret]);
  const content = { description: null, metadata: {}, events: ['*'], status: 'enabled' as const };
  await inWorkspace(owner, workspaceId, 'Making an endpoint', (scope) =>
    endpoints.insert(
      scope,
      {
        ...content,
        ...{ id, maxPerSecond, url: receiver.url(path), apiVersion: NEWEST_VERSION },
        secret: createSecretBox(bench.secretKeys).seal(secret, id),
      },
      AT_MOST,
    ),
  );
  return { workspaceId, endpointId: id, path, secret };
}
