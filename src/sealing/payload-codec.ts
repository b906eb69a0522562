/**
 * Seals what Temporal keeps: AES-256-GCM around each whole payload.
 *
 * A sealed payload's metadata is `encoding` = `binary/encrypted` and `encryption-key-id`, as in
 * Temporal's own examples; its data is a nonce of 96 random bits, the encrypted payload (its
 * protobuf form, metadata included), and the tag of 128 bits. Format and key id are authenticated
 * along. With random nonces a key is good for 2^32 payloads (NIST SP 800-38D, 8.3).
 */
import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { KeyRing, PayloadKey } from './key-ring.ts';
import { SealedPayloadError } from './sealed-payload-error.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

export const SEALED_ENCODING = 'binary/encrypted';
export const KEY_ID = 'encryption-key-id';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = 'voca payload 1';

/** What was never sealed (before there was a key) is passed through, so that live calls go on. */
export class SealingCodec implements PayloadCodec {
  readonly #keys: KeyRing;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /** Changes nothing when there is no key. */
  async encode(payloads: Payload[]): Promise<Payload[]> {
    const { sealing } = this.#keys;
    return sealing ? payloads.map((payload) => seal(payload, sealing)) : payloads;
  }

  /** @throws {SealedPayloadError} */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.open(payload));
  }

  /** @throws {SealedPayloadError} */
  open(payload: Payload): Payload {
    if (!isSealed(payload)) return payload;
    const keyId = textOf(payload.metadata?.[KEY_ID]);
    const key = this.#keys.find(keyId);
    if (!key) throw new SealedPayloadError('unknown-key', keyId);
    return open(payload, key);
  }
}

export function isSealed(payload: Payload): boolean {
  return textOf(payload.metadata?.['encoding']) === SEALED_ENCODING;
}

function seal(payload: Payload, { id, key }: PayloadKey): Payload {
  const plain = PayloadMessage.encode(payload).finish();
  const nonce = randomFillSync(new Uint8Array(NONCE_BYTES));
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(id));
  const parts = [nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()];
  return {
    metadata: { encoding: Buffer.from(SEALED_ENCODING), [KEY_ID]: Buffer.from(id) },
    data: Buffer.concat(parts),
  };
}

function open({ data }: Payload, { id, key }: PayloadKey): Payload {
  if (!data || data.length < NONCE_BYTES + TAG_BYTES) throw new SealedPayloadError('damaged', id);
  const tagAt = data.length - TAG_BYTES;
  try {
    const nonce = data.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(boundTo(id));
    decipher.setAuthTag(data.subarray(tagAt));
    const plain = [decipher.update(data.subarray(NONCE_BYTES, tagAt)), decipher.final()];
    return PayloadMessage.decode(Buffer.concat(plain));
  } catch {
    throw new SealedPayloadError('damaged', id);
  }
}

function boundTo(keyId: string): Buffer {
  return Buffer.from(`${FORMAT} ${keyId}`);
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString() : '';
}
