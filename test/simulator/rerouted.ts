import RequestClient from 'twilio/lib/base/RequestClient.js';

/** Sends the real client's requests to the simulator. */
export class Rerouted extends RequestClient {
  readonly #base: string;

  constructor(base: string) {
    super();
    this.#base = base;
  }

  override request<T>(options: Parameters<RequestClient['request']>[0]) {
    const uri = options.uri.replace('https://api.twilio.com', this.#base);
    return super.request<T>({ ...options, uri } as never);
  }
}
