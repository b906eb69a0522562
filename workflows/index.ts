import { call } from './call.ts';
import { checkNumbers } from './check-numbers.ts';
import { deliverWebhook } from './deliver-webhook.ts';
import { dispatchWebhooks } from './dispatch-webhooks.ts';
import { eraseCall, eraseSession } from './erase.ts';
import { modelsReady } from './models-ready.ts';
import { reconcile } from './reconcile.ts';
import { retention } from './retention.ts';

// How workers with versions treat these is said by the worker (`src/worker-versions.ts`), never here:
// with a versioning behaviour of its own a workflow fails on every worker without versions.
export {
  call,
  checkNumbers,
  deliverWebhook,
  dispatchWebhooks,
  eraseCall,
  eraseSession,
  modelsReady,
  reconcile,
  retention,
};
