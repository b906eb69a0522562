import { call } from './call.ts';
import { modelsReady } from './models-ready.ts';
import { reconcile } from './reconcile.ts';

// How workers with versions treat these is said by the worker (`src/worker-versions.ts`), never here:
// with a versioning behaviour of its own a workflow fails on every worker without versions.
export { call, modelsReady, reconcile };
