import type { StoredPhoneNumber } from '../../../db/phone-numbers.ts';
import type { Scope } from '../../../db/scope.ts';
import type { EventType } from '../events/catalogue.ts';
import { shortened } from '../events/shorten.ts';
import { tell } from '../events/tell.ts';
import { presentNumber } from './phone-number-schema.ts';

/** To be called last in a transaction. @param stored one that was given up: as it was */
export async function tellOfNumber(
  scope: Scope,
  type: Extract<EventType, `phone_number.${string}`>,
  stored: StoredPhoneNumber,
): Promise<void> {
  await tell(scope, type, shortened({ phone_number: presentNumber(stored) }));
}
