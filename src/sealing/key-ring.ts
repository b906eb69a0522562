/** The keys that payloads are sealed with, out of `VOCA_SECRET_KEY`. */
import { createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { deriveKey } from './derive-key.ts';

export interface PayloadKey {
  /** Stands beside what is sealed with the key; says nothing of it. 16 hexadecimal digits. */
  id: string;
  key: KeyObject;
}

export interface KeyRing {
  /** Seals; undefined when nothing is sealed. */
  sealing: PayloadKey | undefined;
  find(id: string): PayloadKey | undefined;
}

const ID_BYTES = 8;

/** Names an entry of `VOCA_SECRET_KEY`, and says nothing of it. 16 hexadecimal digits. */
export function keyIdOf(secret: string): string {
  return deriveKey(secret, 'payload key id', ID_BYTES).toString('hex');
}

/** @param secrets the first one seals, all of them open; none: nothing is sealed. */
export function createKeyRing(secrets: readonly string[]): KeyRing {
  const keys = secrets.map(toPayloadKey);
  const byId = new Map(keys.map((each) => [each.id, each]));
  return { sealing: keys[0], find: (id) => byId.get(id) };
}

function toPayloadKey(secret: string): PayloadKey {
  return {
    id: keyIdOf(secret),
    key: createSecretKey(deriveKey(secret, 'payloads')),
  };
}
