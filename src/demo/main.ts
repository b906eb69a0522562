/**
 * `npm run demo`: talk with an assistant in the terminal. `npm run demo -- --script [FILE]` plays a
 * scripted caller and exits 0 only when the call ended as scripted.
 */
import { readFileSync } from 'node:fs';
import { ConfigError, readEnvironment } from '../config.ts';
import { createProgress } from '../embedded/progress.ts';
import { inboundCallId } from '../ids.ts';
import { runHandset } from '../simulator/handset.ts';
import type { Phone } from '../simulator/phone.ts';
import { parseScript, ScriptError } from '../simulator/script.ts';
import type { Script } from '../simulator/script.ts';
import { renderConversation, runScript } from '../simulator/script-run.ts';
import { BOOKING_SCRIPT } from '../simulator/scripts/booking.ts';
import { DEMO_ACCOUNT_SID, DEMO_CALLER, DEMO_NUMBER, DEMO_STREAM_NUMBER } from './demo-config.ts';
import { startDemo } from './demo.ts';
import type { Demo } from './demo.ts';
import { anotherCall } from './another-call.ts';
import { aboutStreams, networkError, welcome, whereIsTheCall } from './screen.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (options === 'help') {
    say(USAGE);
    return 0;
  }
  const { mode, isScripted, file } = options;
  // Read first, so that a mistake in it is told before anything is started.
  const script = isScripted ? parseScript(readScript(file)) : undefined;
  process.stdin.on('error', () => undefined); // the terminal is gone; so is the call, soon
  const demo = await startDemo({
    env: readEnvironment(),
    progress: createProgress(process.stderr),
    ...(script && { simulator: { msPerCharacter: 15 } }),
  });
  try {
    say(welcome(demo));
    if (mode === 'stream') say(aboutStreams(demo));
    const to = mode === 'stream' ? DEMO_STREAM_NUMBER : DEMO_NUMBER;
    const talking = script ? playScript(demo, to, script) : talk(demo, to);
    const code = await Promise.race([talking, demo.instance.signalled.then(() => INTERRUPTED)]);
    return code;
  } finally {
    await demo.stop();
  }
}

const USAGE = `npm run demo                        talk with an assistant in the terminal
npm run demo -- --script [FILE]     play a scripted caller; exits 0 when it went as scripted
npm run demo -- --mode stream       the same over a stream of audio, with or without --script`;

interface Options {
  mode: 'gather' | 'stream';
  isScripted: boolean;
  file?: string | undefined;
}

/** @throws ScriptError for what is not understood */
function readOptions(args: string[]): Options | 'help' {
  const options: Options = { mode: 'gather', isScripted: false };
  const left = [...args];
  for (let option = left.shift(); option !== undefined; option = left.shift()) {
    if (option === '--help') return 'help';
    const value = left[0]?.startsWith('--') === false ? left.shift() : undefined;
    if (option === '--script' && !options.isScripted) {
      options.isScripted = true;
      options.file = value;
    } else if (option === '--mode' && (value === 'gather' || value === 'stream')) {
      options.mode = value;
    } else throw new ScriptError(USAGE);
  }
  return options;
}

function readScript(file: string | undefined): string {
  if (file === undefined) return BOOKING_SCRIPT;
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new ScriptError(`The script ${file} cannot be read.`);
  }
}

/** The shell's exit code for Ctrl-C. */
const INTERRUPTED = 130;

function dial(demo: Demo, to: string): Phone {
  const phone = demo.simulator.dial({ from: DEMO_CALLER, to });
  say(whereIsTheCall(demo, inboundCallId(DEMO_ACCOUNT_SID, phone.callSid)));
  return phone;
}

async function playScript(demo: Demo, to: string, script: Script): Promise<number> {
  const result = await runScript(dial(demo, to), script);
  say(`\n${renderConversation(result.conversation)}\n`);
  for (const failure of result.failures) say(`✗ line ${failure.line}: ${failure.message}`);
  if (!result.ok) {
    for (const error of demo.simulator.log.of('error')) say(networkError(error));
    say(`Our own log is ${demo.logFile}.`);
  }
  say(result.ok ? '✓ The call went as scripted.' : '✗ The call did not go as scripted.');
  return result.ok ? 0 : 1;
}

async function talk(demo: Demo, to: string): Promise<number> {
  const { stdin: input, stdout: output } = process;
  const isTerminal = Boolean(input.isTTY && output.isTTY);
  const ringing: Phone[] = [];
  let isBusy = false;
  demo.simulator.onOutboundCall((phone) => {
    if (isBusy || !isTerminal) phone.decline();
    else ringing.push(phone);
  });
  let phone: Phone | undefined = dial(demo, to);
  while (phone) {
    isBusy = true;
    await runHandset({ phone, input, output, isTerminal });
    isBusy = false;
    if (!isTerminal) return 0;
    phone = await anotherCall({ input, output, ringing, dial: () => dial(demo, to) });
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof ScriptError || error instanceof ConfigError;
  process.stderr.write(`${error instanceof Error ? error.message : 'The demo failed.'}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
process.exit();
