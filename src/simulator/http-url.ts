/** An absolute http(s) URL, or undefined. */
export function parseHttpUrl(text: string, base?: URL): URL | undefined {
  const url = URL.canParse(text, base?.href) ? new URL(text, base?.href) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}
