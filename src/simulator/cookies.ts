/** The cookies of one call: kept per host, sent back with every later request of the call. */
export class CookieJar {
  readonly #byHost = new Map<string, Map<string, string>>();

  /** Takes in the Set-Cookie headers of an answer. */
  store(url: URL, setCookie: readonly string[] = []): void {
    const cookies = this.#byHost.get(url.host) ?? new Map<string, string>();
    this.#byHost.set(url.host, cookies);
    for (const line of setCookie) {
      const [pair = '', ...attributes] = line.split(';');
      const [name = '', ...value] = pair.split('=');
      const gone = attributes.some((attribute) =>
        /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(attribute),
      );
      if (gone) cookies.delete(name.trim());
      else cookies.set(name.trim(), value.join('=').trim());
    }
  }

  /** The Cookie header for a request, or undefined when there is nothing to send. */
  header(url: URL): string | undefined {
    const cookies = [...(this.#byHost.get(url.host) ?? [])];
    if (cookies.length === 0) return undefined;
    return cookies.map(([name, value]) => `${name}=${value}`).join('; ');
  }
}
