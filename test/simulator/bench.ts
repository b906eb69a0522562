/** An application and a simulated Twilio that calls it, set up for tests that wait for nothing. */
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts';
import { startApp } from './customer-app.ts';
import type { Answer, CustomerApp } from './customer-app.ts';

export const AUTH_TOKEN = 'a-token-of-the-tests';
export const ACCOUNT_SID = `AC${'0'.repeat(32)}`;
export const NUMBER = '+15550001000';
export const CALLER = '+15550002000';

export interface Bench {
  app: CustomerApp;
  sim: Simulator;
  /** Calls the application's number. */
  call(): ReturnType<Simulator['dial']>;
  close(): Promise<void>;
}

export async function startBench(
  answers: Record<string, Answer>,
  options: Partial<SimulatorOptions> & {
    number?: Partial<SimulatorOptions['numbers'][number]>;
  } = {},
): Promise<Bench> {
  const app = await startApp(answers);
  const { number, ...rest } = options;
  const absolute = Object.fromEntries(
    Object.entries(number ?? {}).map(([key, value]) => [
      key,
      typeof value === 'string' && value.startsWith('/') ? app.url + value : value,
    ]),
  );
  const sim = await startSimulator({
    accountSid: ACCOUNT_SID,
    authToken: AUTH_TOKEN,
    numbers: [{ phoneNumber: NUMBER, voiceUrl: `${app.url}/voice`, ...absolute }],
    msPerCharacter: 0,
    fastForward: true,
    ...rest,
  });
  return {
    app,
    sim,
    call: () => sim.dial({ from: CALLER, to: NUMBER }),
    async close() {
      await sim.close();
      await app.close();
    },
  };
}
