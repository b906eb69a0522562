/** The account's phone numbers through Twilio's REST API. */
import type { CarrierNumber, CarrierNumbers, NumberCheck } from '../../activities/number-ports.ts';
import { differencesOf, ourSettings, withoutOurs } from './number-settings.ts';
import type { NumberSettings } from './number-settings.ts';
import { createRestClient, RestAnswerError } from './rest-client.ts';
import type { RestClient } from './rest-client.ts';
import { CarrierError } from './rest.ts';
import type { CarrierOptions } from './rest.ts';
import type { TwilioUrls } from './urls.ts';

/** Twilio's largest page. */
const PAGE_SIZE = 1000;
/** Numbers that hold the digits asked for. */
const MAX_ALIKE = 20;

interface Fetched extends NumberSettings {
  sid: string;
  phoneNumber: string;
  friendlyName: string;
  capabilities?: { voice?: boolean };
}

/** All of it throws {@link CarrierError}. */
export function createCarrierNumbers(options: CarrierOptions): CarrierNumbers {
  const client = createRestClient(options);
  const { urls } = options;
  const find = async (number: string) =>
    asked('A number could not be looked up', () => findNumber(client, urls, number));
  return {
    list: () =>
      asked('Numbers could not be listed', async () => {
        // Without a limit: whoever is missing in the list would count as missing at Twilio.
        const listed: Fetched[] = await client.incomingPhoneNumbers.list({ pageSize: PAGE_SIZE });
        return listed.map((number) => carrierNumber(number, urls));
      }),
    find,
    check: async (number) => {
      const found = await find(number);
      return found ? { ...checkOf(found), carrierSid: found.carrierSid } : MISSING;
    },
    configure: (carrierSid) =>
      asked('A number could not be set up', () => configure(client, urls, carrierSid)),
    release: (carrierSid) =>
      asked('A number could not be given up', () => release(client, urls, carrierSid)),
  };
}

const MISSING: NumberCheck = { status: 'missing', differences: [] };

function checkOf({ differences }: Pick<CarrierNumber, 'differences'>): NumberCheck {
  return { status: differences.length === 0 ? 'ok' : 'differs', differences };
}

async function findNumber(
  client: RestClient,
  urls: TwilioUrls,
  number: string,
): Promise<CarrierNumber | undefined> {
  const alike: Fetched[] = await client.incomingPhoneNumbers.list({
    phoneNumber: number,
    limit: MAX_ALIKE,
    pageSize: MAX_ALIKE,
  });
  const found = alike.find(({ phoneNumber }) => phoneNumber === number);
  return found && carrierNumber(found, urls);
}

async function configure(
  client: RestClient,
  urls: TwilioUrls,
  carrierSid: string,
): Promise<NumberCheck> {
  const number = client.incomingPhoneNumbers(carrierSid);
  try {
    const before: Fetched = await number.fetch();
    const after: Fetched = await number.update({
      ...ourSettings(urls),
      // What is not there is not touched.
      ...(before.voiceApplicationSid && { voiceApplicationSid: '' }),
      ...(before.trunkSid && { trunkSid: '' }),
      ...(before.voiceReceiveMode === 'fax' && { voiceReceiveMode: 'voice' as const }),
    });
    return checkOf(carrierNumber(after, urls));
  } catch (error) {
    if (error instanceof RestAnswerError && error.httpStatus === 404) return MISSING;
    throw error;
  }
}

async function release(client: RestClient, urls: TwilioUrls, carrierSid: string): Promise<void> {
  const number = client.incomingPhoneNumbers(carrierSid);
  try {
    const changes = withoutOurs((await number.fetch()) as Fetched, urls);
    if (Object.keys(changes).length > 0) await number.update(changes);
  } catch (error) {
    if (!(error instanceof RestAnswerError) || error.httpStatus !== 404) throw error;
  }
}

function carrierNumber(number: Fetched, urls: TwilioUrls): CarrierNumber {
  const { sid, phoneNumber, friendlyName, capabilities } = number;
  if (typeof sid !== 'string' || typeof phoneNumber !== 'string') {
    throw new TypeError('Not a phone number.');
  }
  return {
    carrierSid: sid,
    number: phoneNumber,
    label: typeof friendlyName === 'string' ? friendlyName : phoneNumber,
    takesCalls: capabilities?.voice !== false,
    differences: differencesOf(number, urls),
  };
}

async function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new CarrierError(what, error);
  }
}
