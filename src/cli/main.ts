/** The `voca` command. */
import { CallManager, CallRequestError, NotReadyError } from '../call-manager.ts';
import { loadConfig, readEnvironment } from '../config.ts';
import type { CliConfig, Environment } from '../config.ts';
import { knownDataDirs } from '../data-dirs.ts';
import { eraseHere } from '../erase-here.ts';
import { Operations } from '../operations.ts';
import { operatorAccess } from '../operator-access.ts';
import { findInstance } from '../running.ts';
import { linkByConfig } from '../temporal/configured-link.ts';
import type { TemporalLink } from '../temporal/connection.ts';
import { runCli } from './program.ts';

interface Target {
  address: string;
  accountSid: string;
  fromNumber: string;
}

/** What the environment names; else an instance that runs on this machine. */
function findTarget(config: CliConfig, env: Environment): Target {
  const { temporal, twilio } = config;
  if (temporal.address !== undefined) {
    if (twilio.accountSid === undefined || twilio.phoneNumber === undefined) {
      throw new CallRequestError(
        'Beside TEMPORAL_ADDRESS, set TWILIO_ACCOUNT_SID and TWILIO_PHONE_NUMBER.',
      );
    }
    const { accountSid, phoneNumber } = twilio;
    return { address: temporal.address, accountSid, fromNumber: phoneNumber };
  }
  for (const dataDir of knownDataDirs(config, env)) {
    const running = findInstance(dataDir);
    if (!running) continue;
    const { temporalAddress: address, accountSid, phoneNumber } = running;
    return { address, accountSid, fromNumber: phoneNumber };
  }
  throw new NotReadyError(
    'No instance runs on this machine: start one (npm start or npm run demo), or set TEMPORAL_ADDRESS.',
  );
}

let link: TemporalLink | undefined;

function configured(): [CliConfig, Environment] {
  const env = readEnvironment();
  return [loadConfig(env, { role: 'cli' }), env];
}

async function connect(): Promise<{ target: Target; config: CliConfig; link: TemporalLink }> {
  const [config, env] = configured();
  const target = findTarget(config, env);
  link = linkByConfig(config, target.address);
  return { target, config, link };
}

async function callManager(): Promise<CallManager> {
  const { target, link } = await connect();
  const { accountSid, fromNumber } = target;
  return new CallManager({ client: link.client, accountSid, fromNumber });
}

async function operations(): Promise<Operations> {
  const { config, link } = await connect();
  const { reconcileMs } = config.workers;
  return new Operations({ client: link.client, ...(reconcileMs !== undefined && { reconcileMs }) });
}

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text}\n`),
  manager: callManager,
  operations,
  erase: (callId) => eraseHere(...configured(), callId),
  operatorAccess: (url) => operatorAccess(...configured(), url),
});
await link?.close();
