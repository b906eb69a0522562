import { call } from './call.ts';
import { modelsReady } from './models-ready.ts';
import { reconcile } from './reconcile.ts';

/**
 * The SDK takes a stack trace for every promise of a workflow and looks up each line of it in the
 * source map: nearly a third of the time that workflow code took. Its own two lines are on top of
 * those, so they are never looked up now; of a real error the two lines that matter are left.
 */
Error.stackTraceLimit = 2;

// How workers with versions treat these is said by the worker (`src/worker-versions.ts`), never here:
// with a versioning behaviour of its own a workflow fails on every worker without versions.
export { call, modelsReady, reconcile };
