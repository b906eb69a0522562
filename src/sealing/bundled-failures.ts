/**
 * The failure converter that is bundled with the workflows. In their sandbox nothing tells whether
 * there is a key, so the word below decides; a worker that seals exchanges it, see
 * `worker-sealing.ts`. Everything here is bundled: it must need nothing but `@temporalio/common`.
 */
import { DefaultFailureConverter } from '@temporalio/common';
import { failureConverter as sealed } from './sealed-failures.ts';

const FAILURES: string = 'voca-failures-are-readable';

export const failureConverter = FAILURES.endsWith('sealed')
  ? sealed
  : new DefaultFailureConverter();
