import { beating } from './heartbeat.ts';
import type {
  CarrierNumber,
  CarrierNumbers,
  NumberCheck,
  OwnNumber,
  OwnNumbers,
} from './number-ports.ts';

export interface NumberCheckDeps {
  carrier: Pick<CarrierNumbers, 'list'>;
  own: OwnNumbers;
  /** Called for each number that was looked at, to be logged and counted. */
  onChecked: (look: NumberLook) => void;
}

/** One number as it was found. */
export interface NumberLook {
  numberId: string;
  status: NumberCheck['status'];
  /** The settings that are not as they should be. */
  settings: string[];
  /** The look before found the same. */
  isKnown: boolean;
}

/** What one round has found. Holds no number. */
export interface NumbersChecked {
  /** Our numbers. */
  looked: number;
  /** Those whose calls do not come to us as they should. */
  wrong: Pick<NumberLook, 'numberId' | 'status' | 'settings'>[];
}

/** Compares our numbers with what Twilio does with their calls. Nothing is changed at Twilio. */
export function createNumberChecker(deps: NumberCheckDeps) {
  return {
    /** @throws when Twilio or the database cannot be asked; twice does no harm. */
    async checkNumbers(): Promise<NumbersChecked> {
      return beating(() => checkAll(deps));
    },
  };
}

export type NumberCheckActivities = ReturnType<typeof createNumberChecker>;

export async function checkAll({
  carrier,
  own,
  onChecked,
}: NumberCheckDeps): Promise<NumbersChecked> {
  const numbers = await own.list();
  if (numbers.length === 0) return { looked: 0, wrong: [] };
  // From before the question: whatever is set up meanwhile counts as newer.
  const checked_at = new Date().toISOString();
  const listed = new Map((await carrier.list()).map((each) => [each.number, each]));
  const wrong: NumbersChecked['wrong'] = [];
  for (const number of numbers) {
    const found = listed.get(number.number);
    const check = { ...checkOf(found), checked_at };
    const look = lookAt(number, check);
    await own.keep(number.id, check, found?.carrierSid);
    onChecked(look);
    const { numberId, status, settings } = look;
    if (status !== 'ok') wrong.push({ numberId, status, settings });
  }
  return { looked: numbers.length, wrong };
}

function checkOf(found: CarrierNumber | undefined): NumberCheck {
  if (!found) return { status: 'missing', differences: [] };
  const { differences } = found;
  return { status: differences.length === 0 ? 'ok' : 'differs', differences };
}

function lookAt({ id, check: before }: OwnNumber, check: NumberCheck): NumberLook {
  return {
    numberId: id,
    status: check.status,
    settings: check.differences.map(({ setting }) => setting),
    isKnown: before !== undefined && fingerprint(before) === fingerprint(check),
  };
}

/** The database gives the keys of an object back in another order. */
function fingerprint({ status, differences }: NumberCheck): string {
  return JSON.stringify([status, differences.map(({ setting, found }) => [setting, found])]);
}
