import type { Config } from './config.ts';
import { createUrls } from './twilio/urls.ts';
import type { CarrierOptions } from './twilio/rest.ts';

/** Shorter than the activities, and the clients of the API, that wait for it. */
const CARRIER_TIMEOUT_MS = 8000;

/** How Twilio's REST API is asked, as the configuration says. */
export function carrierOptions({ twilio }: Config): CarrierOptions {
  const { accountSid, authToken, apiKey, apiBaseUrl, webhookUrl } = twilio;
  return {
    accountSid,
    authToken,
    ...(apiKey && { apiKey }),
    ...(apiBaseUrl !== undefined && { baseUrl: apiBaseUrl }),
    timeoutMs: CARRIER_TIMEOUT_MS,
    urls: createUrls(webhookUrl),
  };
}
