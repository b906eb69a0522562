/** Sending of webhooks as it is: real workers, a real Temporal, a real database, a real receiver. */
import { randomBytes } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { emit } from '../../../src/db/outbox.ts';
import { inWorkspace } from '../../../src/db/scope.ts';
import { newId } from '../../../src/ids.ts';
import { createLogger } from '../../../src/log.ts';
import { createSecretBox } from '../../../src/sealing/secret-box.ts';
import { linkToTemporal } from '../../../src/temporal/connection.ts';
import type { TemporalLink } from '../../../src/temporal/connection.ts';
import { createWebhookWorker } from '../../../src/webhook-worker.ts';
import { newWebhookSecret } from '../../../src/webhooks/signature.ts';
import { dispatcherId } from '../../../workflows/webhook-contract.ts';
import { PLAN } from '../../../workflows/webhook-plan.ts';
import type { WebhookPlan } from '../../../workflows/webhook-plan.ts';
import { WebhookReceiver } from '../../fakes/webhook-receiver.ts';
import { stack } from '../stack.ts';
import { testDatabase, WS_A } from './database.ts';
import type { TestDatabase } from './database.ts';
import { eventually } from './eventually.ts';
import { RECORDING_SECRET } from './histories.ts';
import { quietRuntime } from './voca.ts';

/** Days in seconds. */
export const FAST: WebhookPlan = {
  ...PLAN,
  delaysMs: [0, 200, 400, 600, 800],
  probeMs: { first: 300, last: 1200 },
  lingerMs: 500,
  timeoutMs: 2_000,
};

export interface RunningSender {
  /** In order, as SIGTERM does it. */
  stop(): Promise<void>;
}

export class WebhookBench {
  readonly base: TestDatabase;
  readonly link: TemporalLink;
  readonly receiver: WebhookReceiver;
  readonly taskQueue = `test-${randomBytes(6).toString('hex')}`;
  readonly secretKeys: string[];
  readonly #senders = new Set<RunningSender>();

  private constructor(parts: Pick<WebhookBench, 'base' | 'link' | 'receiver' | 'secretKeys'>) {
    this.base = parts.base;
    this.link = parts.link;
    this.receiver = parts.receiver;
    this.secretKeys = parts.secretKeys;
  }

  static async open(): Promise<WebhookBench> {
    quietRuntime();
    const { temporalAddress: address, namespace } = stack();
    const [base, receiver] = await Promise.all([testDatabase(), WebhookReceiver.start()]);
    const secretKeys = [RECORDING_SECRET];
    const link = linkToTemporal({ address, namespace, secretKeys });
    return new WebhookBench({ base, link, receiver, secretKeys });
  }

  async send(
    plan: Partial<WebhookPlan> = {},
    given: { secretKeys?: string[] } = {},
  ): Promise<RunningSender> {
    // The SDK takes one worker for a queue from each connection.
    const connection = await NativeConnection.connect({ address: stack().temporalAddress });
    const worker = await createWebhookWorker({
      connection,
      client: this.link.client,
      databaseUrl: this.base.url,
      bundlePath: stack().workflowBundlePath,
      secretKeys: given.secretKeys ?? this.secretKeys,
      allowLocal: true,
      log: createLogger({ level: process.env['VOCA_TEST_LOG'] ?? 'silent', role: 'test' }),
      taskQueue: this.taskQueue,
      plan: { ...FAST, ...plan },
    });
    const finished = worker.run();
    const running = {
      stop: async () => {
        this.#senders.delete(running);
        worker.stop();
        await finished;
        await connection.close();
      },
    };
    this.#senders.add(running);
    return running;
  }

  async endpoint(
    given: { path?: string; url?: string; maxPerSecond?: number; events?: string[] } = {},
  ) {
    const id = newId('we');
    const secret = newWebhookSecret();
    await this.base.system
      .insertInto('webhook_endpoints')
      .values({
        id,
        workspace_id: WS_A,
        url: given.url ?? this.receiver.url(given.path ?? `/${id}`),
        description: null,
        events: given.events ?? ['call.*'],
        api_version: '2026-12-01',
        max_per_second: given.maxPerSecond ?? 1000,
        secret: createSecretBox(this.secretKeys).seal(secret, id),
        previous_secret: null,
        disabled_reason: null,
      })
      .execute();
    return { id, secret };
  }

  /** @returns the ids of events, written one after the other by one transaction for each. */
  async emit(
    count: number,
    given: { lane?: (nth: number) => string; onlyTo?: string; perTransaction?: number } = {},
  ) {
    const { perTransaction = 1, lane, onlyTo } = given;
    const events = Array.from({ length: count }, (_, nth) => ({
      id: newId('evt'),
      type: 'call.ended',
      occurredAt: new Date().toISOString(),
      data: { nth },
      ...(lane && { call: { id: lane(nth), sequence: nth + 1 } }),
    }));
    for (let at = 0; at < count; at += perTransaction) {
      await inWorkspace(this.base.app, WS_A, 'Testing', (scope) =>
        emit(scope, events.slice(at, at + perTransaction), onlyTo),
      );
    }
    return events.map(({ id }) => id);
  }

  /** Those of the tests before want no events any more. */
  async forgetEndpoints(): Promise<void> {
    await this.base.system
      .updateTable('webhook_endpoints')
      .set({ deleted_at: new Date() })
      .where('deleted_at', 'is', null)
      .execute();
  }

  deliveries(endpointId: string) {
    return this.base.system
      .selectFrom('deliveries')
      .selectAll()
      .where('endpoint_id', '=', endpointId)
      .orderBy('position')
      .execute();
  }

  async health(endpointId: string) {
    return this.base.system
      .selectFrom('webhook_dispatch')
      .selectAll()
      .where('endpoint_id', '=', endpointId)
      .executeTakeFirst();
  }

  /** Until all that was written for it has this status. */
  async all(endpointId: string, status: string, withinMs = 20_000) {
    return eventually(
      async () => {
        const rows = await this.deliveries(endpointId);
        const others = rows.filter((row) => row.status !== status);
        if (others.length > 0) {
          throw new Error(`${others.length} of ${rows.length} are not: ${others[0]?.status}`);
        }
        return rows;
      },
      { withinMs },
    );
  }

  dispatcher(endpointId: string) {
    return this.link.client.workflow.getHandle(dispatcherId(endpointId));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#senders].map((sender) => sender.stop()));
    const query = `TaskQueue = '${this.taskQueue}' AND ExecutionStatus = 'Running'`;
    for await (const { workflowId } of this.link.client.workflow.list({ query })) {
      // One that has just ended need not be.
      await this.link.client.workflow
        .getHandle(workflowId)
        .terminate('the test is over')
        .catch((error: unknown) => {
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        });
    }
    await this.receiver.down();
    await Promise.all([this.link.close(), this.base.drop()]);
  }
}
