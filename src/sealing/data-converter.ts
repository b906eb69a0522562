import { extname, join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { createKeyRing } from './key-ring.ts';
import { SealingCodec } from './payload-codec.ts';

/**
 * What every client and worker of ours converts its payloads with. Without secrets it seals nothing,
 * and still says clearly what is wrong when it meets what was sealed.
 * @param secrets `VOCA_SECRET_KEY`: the first one seals, all of them open.
 */
export function createDataConverter(secrets: readonly string[]): DataConverter {
  return {
    payloadCodecs: [new SealingCodec(createKeyRing(secrets))],
    ...(secrets.length > 0 && { failureConverterPath: besideThisFile('sealed-failures') }),
  };
}

/** The SDK loads converters by path: sources in tests, compiled files otherwise. */
function besideThisFile(name: string): string {
  return join(import.meta.dirname, `${name}${extname(import.meta.filename)}`);
}
