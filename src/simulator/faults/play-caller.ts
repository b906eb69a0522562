/** A caller who answers whatever is asked, line by line, and behaves as the fault script says. */
import { PhoneError } from '../phone-error.ts';
import type { Phone } from '../phone.ts';
import type { FaultInjector } from './fault-injector.ts';

export interface PlayOptions {
  faults?: FaultInjector | undefined;
  /** Real milliseconds until the next question must have come. */
  timeoutMs?: number;
  /** False leaves the call to its other end when the lines are said. */
  hangUp?: boolean;
}

const TIMEOUT_MS = 30_000;

/**
 * Says each line as soon as it is asked for, then hangs up. A call that ends before that ends the
 * story; the lines that were said are returned.
 * @throws PhoneError when nothing was asked in time.
 */
export async function playCaller(
  phone: Phone,
  lines: readonly string[],
  { faults, timeoutMs = TIMEOUT_MS, hangUp = true }: PlayOptions = {},
): Promise<string[]> {
  const said: string[] = [];
  const silence = faults?.callerFaults(phone.callSid).find(({ do: what }) => what === 'go-silent');
  let silences = silence?.do === 'go-silent' ? silence.times : 0;
  try {
    for (const line of lines) {
      const isSilentTurn = silence?.turn === undefined || said.length + 1 >= silence.turn;
      for (; isSilentTurn && silences > 0; silences -= 1) await phone.staySilent({ timeoutMs });
      await phone.waitUntilListening({ timeoutMs });
      if (phone.say(line).heard) said.push(line);
    }
    if (hangUp) {
      await phone.waitUntilListening({ timeoutMs });
      phone.hangUp();
    }
  } catch (error) {
    if (!(error instanceof PhoneError) || !phone.isOver) throw error;
  }
  return said;
}
