/** What is done beside the sign-in: strangers are counted, and it is noted down that keys were used. */
import type { FastifyRequest } from 'fastify';
import { clientAddress, networkOf } from '../../../client-address.ts';
import type { IsTrusted } from '../../../client-address.ts';
import type { BadKeys } from './bad-keys.ts';
import type { KeyWatch } from './caller.ts';

export interface KeyWatchOptions {
  badKeys: BadKeys;
  /** The proxies whose word on where a request came from is taken. */
  isTrusted: IsTrusted;
  used: (keyId: string) => void;
}

export function watchKeys({ badKeys, isTrusted, used }: KeyWatchOptions): KeyWatch {
  const placeOf = ({ raw }: FastifyRequest) => networkOf(clientAddress(raw, isTrusted));
  return {
    waitMs: (request, face) => badKeys.waitMs(placeOf(request), face?.hash),
    wasGood: (request, face, { keyId }) => {
      badKeys.wasGood(placeOf(request), face.hash);
      used(keyId);
    },
    wasUnclear: (request, face) => badKeys.wasUnclear(placeOf(request), face.hash),
    wasBad: (request, face) => badKeys.wasBad(placeOf(request), face?.hash),
  };
}
