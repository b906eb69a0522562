import { setWorkflowOptions } from '@temporalio/workflow';
import { call } from './call.ts';
import { modelsReady } from './models-ready.ts';
import { reconcile } from './reconcile.ts';

// Where workers have versions: a call ends on the one on which it began; what lives for moments
// goes to the newest.
setWorkflowOptions({ versioningBehavior: 'PINNED' }, call);
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, modelsReady);
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, reconcile);

export { call, modelsReady, reconcile };
