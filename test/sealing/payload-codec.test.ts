import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Payload } from '@temporalio/common';
import fc from 'fast-check';
import {
  createKeyRing,
  isSealed,
  SealedPayloadError,
  SealingCodec,
} from '../../src/sealing/index.ts';

const OLD = 'an-old-secret-of-more-than-32-characters';
const NEW = 'a-new-secret-of-more-than-32-characters!';
const codecOf = (...secrets: string[]) => new SealingCodec(createKeyRing(secrets));
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (payload: Payload | undefined): unknown =>
  defaultPayloadConverter.fromPayload(payload ?? {});

async function sealOne(codec: SealingCodec, value: unknown): Promise<Payload> {
  const [sealed] = await codec.encode([payloadOf(value)]);
  if (!sealed) throw new Error('nothing came back');
  return sealed;
}

const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('latin1');

describe('a sealed payload', () => {
  test('is opened to what it was, metadata included', async () => {
    const codec = codecOf(OLD);
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.uint8Array(), async (json, bytes) => {
        for (const value of [json, bytes, undefined]) {
          const [opened] = await codec.decode([await sealOne(codec, value)]);
          expect(text(opened?.metadata?.['encoding'])).toBe(
            text(payloadOf(value).metadata?.['encoding']),
          );
          expect(valueOf(opened)).toEqual(valueOf(payloadOf(value)));
        }
      }),
      { numRuns: 50 },
    );
  });

  test('shows nothing of what is in it or of the secret', async () => {
    const sealed = await sealOne(codecOf(OLD), { text: 'a canary sings', number: '+14155550123' });
    const shown = JSON.stringify(sealed) + text(sealed.data);
    expect(shown).not.toMatch(/canary|4155550123|json/);
    expect(shown).not.toContain(OLD);
    expect(text(sealed.metadata?.['encoding'])).toBe('binary/encrypted');
    expect(text(sealed.metadata?.['encryption-key-id'])).toMatch(/^[0-9a-f]{16}$/);
  });

  test('is never the same twice', async () => {
    const codec = codecOf(OLD);
    const many = await codec.encode(Array.from({ length: 1000 }, () => payloadOf('yes')));
    expect(new Set(many.map(({ data }) => text(data))).size).toBe(1000);
  });

  test.each([
    ['the nonce', 0],
    ['the words', 14],
    ['the tag', -1],
  ])('with one bit of %s changed is not opened', async (_what, at) => {
    const codec = codecOf(OLD);
    const sealed = await sealOne(codec, 'words');
    const data = Uint8Array.from(sealed.data ?? []);
    const index = at < 0 ? data.length + at : at;
    data[index] = (data[index] ?? 0) ^ 1;
    await expect(codec.decode([{ ...sealed, data }])).rejects.toMatchObject({ code: 'damaged' });
  });

  test('cut off anywhere is not opened', async () => {
    const codec = codecOf(OLD);
    const sealed = await sealOne(codec, 'words');
    const { length } = sealed.data ?? [];
    for (let kept = 0; kept < (length ?? 0); kept += 1) {
      const cut = { ...sealed, data: sealed.data?.subarray(0, kept) ?? null };
      expect(() => codec.open(cut)).toThrow(SealedPayloadError);
    }
    expect(() => codec.open({ ...sealed, data: null })).toThrow(SealedPayloadError);
  });

  test('does not pass for one of another key of the ring', async () => {
    const ring = createKeyRing([NEW, OLD]);
    const sealed = await sealOne(codecOf(OLD), 'words');
    const metadata = {
      ...sealed.metadata,
      'encryption-key-id': Buffer.from(ring.sealing?.id ?? ''),
    };
    await expect(new SealingCodec(ring).decode([{ ...sealed, metadata }])).rejects.toMatchObject({
      code: 'damaged',
    });
  });
});

describe('several keys', () => {
  test('the first one seals and all of them open', async () => {
    const rotated = codecOf(NEW, OLD);
    const before = await sealOne(codecOf(OLD), 'said before');
    const after = await sealOne(rotated, 'said after');
    expect((await rotated.decode([before, after])).map(valueOf)).toEqual([
      'said before',
      'said after',
    ]);
    await expect(codecOf(OLD).decode([after])).rejects.toMatchObject({ code: 'unknown-key' });
  });

  test('a key that is gone is named by its id alone', async () => {
    const sealed = await sealOne(codecOf(OLD), 'a canary sings');
    const id = text(sealed.metadata?.['encryption-key-id']);
    for (const codec of [codecOf(NEW), codecOf()]) {
      const error = await codec.decode([sealed]).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(SealedPayloadError);
      expect((error as Error).message).toContain(id);
      expect((error as Error).message).toContain('VOCA_SECRET_KEY');
      expect((error as Error).message).not.toMatch(/canary|secret-of/);
    }
  });

  test('what stands in place of a key id is not repeated', async () => {
    const sealed = await sealOne(codecOf(OLD), 'words');
    const metadata = { ...sealed.metadata, 'encryption-key-id': Buffer.from('+14155550123') };
    const error = await codecOf(OLD)
      .decode([{ ...sealed, metadata }])
      .then(String, String);
    expect(error).not.toContain('4155550123');
  });
});

describe('what was never sealed', () => {
  test('is passed through, so that live calls go on when a key is set', async () => {
    const plain = payloadOf({ said: 'before there was a key' });
    expect(await codecOf(OLD).decode([plain])).toEqual([plain]);
  });

  test('stays readable without a key', async () => {
    const plain = [payloadOf('words')];
    expect(await codecOf().encode(plain)).toBe(plain);
    expect(plain.some(isSealed)).toBe(false);
  });
});

describe('the cost of sealing', () => {
  test('4 KB are sealed and opened in far less than a millisecond', async () => {
    const codec = codecOf(OLD);
    const payload = payloadOf(randomBytes(2048).toString('hex'));
    const times: number[] = [];
    for (let i = 0; i < 300; i += 1) {
      const start = performance.now();
      await codec.decode(await codec.encode([payload]));
      times.push(performance.now() - start);
    }
    const median = times.sort((a, b) => a - b)[150] ?? Infinity;
    expect(median).toBeLessThan(0.5);
  });
});
