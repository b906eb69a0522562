import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Phone } from '../simulator/phone.ts';

export interface AnotherCallOptions {
  input: Readable;
  output: Writable;
  /** Calls that ring at this moment; filled from outside. */
  ringing: Phone[];
  dial: () => Phone;
}

const LOOK_AGAIN_MS = 100;

/** After a call: Enter calls again, `q` ends; a call that VOCA places rings. */
export function anotherCall(options: AnotherCallOptions): Promise<Phone | undefined> {
  const { input, output, ringing, dial } = options;
  return new Promise((resolve) => {
    const reader = createInterface({ input, output });
    const settle = (phone: Phone | undefined): void => {
      clearInterval(timer);
      resolve(phone); // first: closing the reader settles it, too
      reader.close();
    };
    const timer = setInterval(() => {
      const phone = ringing.shift();
      if (!phone || phone.isOver) return;
      settle(phone);
    }, LOOK_AGAIN_MS);
    reader.on('line', (line) => settle(/^\s*(q|quit|exit)\s*$/i.test(line) ? undefined : dial()));
    reader.on('SIGINT', () => settle(undefined));
    reader.on('close', () => settle(undefined));
    reader.setPrompt('Enter to call again, q to quit. ');
    reader.prompt();
  });
}
