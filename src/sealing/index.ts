export { createDataConverter } from './data-converter.ts';
export { deriveKey } from './derive-key.ts';
export type { KeyPurpose } from './derive-key.ts';
export { createKeyRing } from './key-ring.ts';
export type { KeyRing } from './key-ring.ts';
export { isSealed, SealingCodec } from './payload-codec.ts';
export { SealedPayloadError } from './sealed-payload-error.ts';
export { workerSealing } from './worker-sealing.ts';
export type { WorkerSealing } from './worker-sealing.ts';
