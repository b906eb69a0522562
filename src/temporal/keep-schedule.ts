import { ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import type { Client, ScheduleOptions } from '@temporalio/client';
import { SealedPayloadError } from '../sealing/index.ts';

export type KeptSchedule = Pick<ScheduleOptions, 'spec' | 'policies'> & {
  action: ScheduleOptions['action'] & { type: 'startWorkflow' };
};

/**
 * Makes a schedule what it should be, and nothing when it is that already. Whoever paused it keeps it
 * paused. Safe when several processes do it at once.
 * @param wanted nothing: takes it away.
 */
export async function keepSchedule(
  client: Client,
  scheduleId: string,
  wanted: KeptSchedule | 0 | undefined,
): Promise<void> {
  const handle = client.schedule.getHandle(scheduleId);
  if (!wanted) {
    await handle.delete().catch(ignoreMissing);
    return;
  }
  try {
    await client.schedule.create({ scheduleId, ...wanted });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    try {
      // The state is where somebody has paused it, perhaps.
      await handle.update(({ state }) => ({ ...wanted, state }));
    } catch (cause) {
      // With a key that is gone: nobody can read it any more, so nobody could run it either.
      if (!(cause instanceof SealedPayloadError)) throw cause;
      await handle.delete().catch(ignoreMissing);
      await client.schedule.create({ scheduleId, ...wanted });
    }
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ScheduleNotFoundError)) throw error;
}
