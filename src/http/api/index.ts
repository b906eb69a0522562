/** The management API: a table of contents. All of `/v1` is signed in; its description is open. */
import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Database } from '../../db/pool.ts';
import type { Log } from '../../log.ts';
import { apiKeyRoutes } from './accounts/api-keys.ts';
import { assistantLatencyRoute } from './assistants/latency.ts';
import { assistantRoutes } from './assistants/assistants.ts';
import type { Providers } from './assistants/providers.ts';
import { callRoutes } from './calls/calls.ts';
import type { CallParts } from './calls/calls.ts';
import { signIn } from './sign-in/caller.ts';
import type { FindCaller, KeyWatch } from './sign-in/caller.ts';
import { callEventStreamRoute } from './events/stream-call.ts';
import type { EventStreamParts } from './events/stream-form.ts';
import { eventRoutes } from './events/events.ts';
import { eventStreamRoute } from './events/stream.ts';
import { apiDocs } from './frame/docs.ts';
import { refuseOtherMethods } from './frame/method-not-allowed.ts';
import { describeApi } from './frame/openapi.ts';
import { assistantRequestRoutes } from './phone-numbers/assistant-request.ts';
import { phoneNumberRoutes } from './phone-numbers/phone-numbers.ts';
import type { NumberParts } from './phone-numbers/phone-numbers.ts';
import { numbersAtCarrierRoutes } from './phone-numbers/phone-numbers-at-carrier.ts';
import { Problem } from './frame/problems.ts';
import type { limitRequests } from './limits/rate-limit.ts';
import { refuseWithProblems } from './frame/refuse.ts';
import { sessionRoutes } from './sessions/sessions.ts';
import { deliveryRoutes } from './webhooks/deliveries.ts';
import { webhookEndpointActions } from './webhooks/webhook-endpoint-actions.ts';
import { webhookEndpointRoutes } from './webhooks/webhook-endpoints.ts';
import type { WebhookParts } from './webhooks/webhook-endpoints.ts';
import { workspaceRoutes } from './accounts/workspace.ts';

export interface ApiOptions {
  /** In the role `app`: sees the rows of the workspace that it has entered. */
  db: Database;
  findCaller: FindCaller;
  /** Left out: nobody minds who tries keys. */
  keyWatch?: KeyWatch;
  /** Runs after the sign-in; left out: nobody is limited. */
  limitRequests?: ReturnType<typeof limitRequests>;
  /** Our own address, as others see it. */
  publicUrl: string;
  /** The carrier is a simulator: test keys work. */
  simulated: boolean;
  /** Whom an assistant may name. */
  providers: Providers;
  numbers: NumberParts;
  calls: CallParts;
  webhooks: WebhookParts;
  streams: EventStreamParts;
  version: string;
  log: Log;
}

const BODY_LIMIT_BYTES = 256 * 1024;

export async function managementApi(app: FastifyInstance, options: ApiOptions): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  refuseWithProblems(app, options.publicUrl, options.log);
  await describeApi(app, options.publicUrl, options.version);
  await apiDocs(app);
  await app.register(async (v1) => versionOne(v1, options), { prefix: '/v1' });
}

function versionOne(app: FastifyInstance, options: ApiOptions): void {
  const { db, findCaller, keyWatch, simulated, providers } = options;
  app.decorateRequest('caller', null);
  // What is sent as anything but JSON is not even read.
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser(
    'application/merge-patch+json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );
  app.addHook('onRoute', (route) => {
    route.bodyLimit ??= BODY_LIMIT_BYTES;
  });
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('voca-request-id', request.id).header('cache-control', 'no-store');
    done();
  });
  app.addHook('onRequest', signIn(findCaller, simulated, keyWatch));
  if (options.limitRequests) app.addHook('onRequest', options.limitRequests);
  // A stream would hold a server that closes.
  app.addHook('preClose', (done) => {
    options.streams.open.close();
    done();
  });
  app.setNotFoundHandler(() => {
    throw new Problem('not-found', 'There is no such route.');
  });
  const refuseOthers = refuseOtherMethods(app);
  workspaceRoutes(app, db);
  apiKeyRoutes(app, db);
  assistantRoutes(app, db, providers);
  assistantLatencyRoute(app, db);
  phoneNumberRoutes(app, db, options.numbers);
  numbersAtCarrierRoutes(app, db, options.numbers);
  assistantRequestRoutes(app, db, options.webhooks);
  callRoutes(app, db, options.calls);
  sessionRoutes(app, db, options.calls);
  webhookEndpointRoutes(app, db, options.webhooks);
  webhookEndpointActions(app, db, options.webhooks);
  deliveryRoutes(app, db);
  eventRoutes(app, db);
  eventStreamRoute(app, db, options.streams);
  callEventStreamRoute(app, db, options.calls.manager, options.streams);
  refuseOthers();
}
