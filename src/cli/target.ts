/** Which instance a command speaks to, and whether what it writes there is sealed as it should be. */
import { CallRequestError, NotReadyError } from '../call-manager.ts';
import { isLoopback } from '../config-faults.ts';
import type { CliConfig, Environment } from '../config.ts';
import { knownDataDirs } from '../data-dirs.ts';
import { findInstance } from '../running.ts';
import type { RunningInstance } from '../running.ts';
import { createKeyRing } from '../sealing/index.ts';

export interface Target {
  address: string;
  accountSid: string;
  fromNumber: string;
  /** What that instance said of itself; undefined when only the environment names it. */
  running?: RunningInstance;
}

/**
 * What the environment names; else an instance that runs on this machine.
 * @throws {CallRequestError} when the environment says too little, {NotReadyError} when none runs.
 */
export function findTarget(config: CliConfig, env: Environment): Target {
  const { temporal, twilio } = config;
  const instances = knownDataDirs(config, env).flatMap((dataDir) => findInstance(dataDir) ?? []);
  const { address } = temporal;
  if (address !== undefined) {
    if (twilio.accountSid === undefined || twilio.phoneNumber === undefined) {
      throw new CallRequestError(
        'Beside TEMPORAL_ADDRESS, set TWILIO_ACCOUNT_SID and TWILIO_PHONE_NUMBER.',
      );
    }
    const { accountSid, phoneNumber } = twilio;
    const running = instances.find(
      (each) => each.temporalAddress === address && each.namespace === temporal.namespace,
    );
    return { address, accountSid, fromNumber: phoneNumber, ...(running && { running }) };
  }
  const [running] = instances;
  if (running) {
    const { temporalAddress, accountSid, phoneNumber } = running;
    return { address: temporalAddress, accountSid, fromNumber: phoneNumber, running };
  }
  throw new NotReadyError(
    'No instance runs on this machine: start one (npm start or npm run demo), or set TEMPORAL_ADDRESS.',
  );
}

/**
 * For commands that write numbers or words into Temporal: nothing goes there in the clear, or sealed
 * with a key that the workers do not have, without somebody having been told.
 * @returns what to warn of
 * @throws {CallRequestError} when it must not be written.
 */
export function checkSealing(
  { address, running }: Target,
  config: CliConfig,
  env: Environment,
): string | undefined {
  const own = createKeyRing(config.rest.secretKeys).sealing?.id;
  if (running) {
    if (own !== running.sealingKeyId) throw new CallRequestError(difference(own, running));
    return undefined;
  }
  if (own !== undefined) return undefined;
  if (env['NODE_ENV'] === 'production') {
    throw new CallRequestError(
      'VOCA_SECRET_KEY is missing and NODE_ENV is production: numbers and words would not be sealed.',
    );
  }
  if (isLoopback(address.replace(/:\d+$/, ''))) return undefined;
  return (
    'WARNING: VOCA_SECRET_KEY is not set here. The numbers and words of this command are written ' +
    'to TEMPORAL_ADDRESS unsealed: set it as it is set for the workers.'
  );
}

function difference(own: string | undefined, { sealingKeyId }: RunningInstance): string {
  if (own === undefined) {
    return (
      'The instance seals what it writes, and VOCA_SECRET_KEY is not set here: ' +
      'set it as it is set for the instance.'
    );
  }
  if (sealingKeyId === undefined) {
    return (
      'VOCA_SECRET_KEY is set here, and the instance runs without it: ' +
      'it could not read this. Start it again with the key, or leave the key out here.'
    );
  }
  return (
    'The first key of VOCA_SECRET_KEY here is not the one that the instance seals with: ' +
    'set it as it is set for the instance.'
  );
}
