/** The real parts behind the look at our numbers, and what starts it. */
import type { Client } from '@temporalio/client';
import { createNumberChecker } from '../activities/check-numbers.ts';
import type { NumberCheckActivities } from '../activities/check-numbers.ts';
import type { CarrierNumbers, OwnNumbers } from '../activities/number-ports.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import { countNumberLook } from './metrics/number-metrics.ts';
import { Clock, persist, TIMED_OUT } from './temporal/persist.ts';
import { keepCheckNumbersSchedule } from './temporal/schedules.ts';

export interface NumberCheckerParts {
  carrierNumbers: CarrierNumbers;
  ownNumbers: OwnNumbers;
}

const SCHEDULE_MS = 30_000;

export function buildNumberChecker(
  log: Log,
  { carrierNumbers, ownNumbers }: NumberCheckerParts,
): NumberCheckActivities {
  return createNumberChecker({
    carrier: carrierNumbers,
    own: ownNumbers,
    onChecked: ({ numberId, status, settings, isKnown }) => {
      countNumberLook(status);
      // Once, not every hour: it may be meant.
      if (status === 'ok' || isKnown) return;
      const [reason] = settings;
      log.warn(LINES[status], { numberId, count: settings.length, ...(reason && { reason }) });
    },
  });
}

const LINES = {
  differs: "Twilio does not bring a number's calls to us as it should",
  missing: 'the Twilio account does not have a number of ours',
} as const;

/** Calls do not wait for it, and one worker is enough to get it done. */
export function scheduleNumberChecks({ workers }: Config, log: Log, client: Client): void {
  persist(client, new Clock(SCHEDULE_MS), () =>
    keepCheckNumbersSchedule(client, workers.checkNumbersMs),
  )
    .then((done) => {
      if (done === TIMED_OUT) log.warn('the schedule of the looks at numbers was not looked at');
    })
    .catch((error: unknown) => {
      log.error('the schedule of the looks at numbers could not be made', { error });
    });
}
