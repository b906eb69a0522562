/** Reads a form with one file (RFC 7578). @throws Error for anything else */
export function readMultipart(
  contentType: string,
  body: Buffer,
): { fields: Record<string, string>; file: Buffer } {
  const [, boundary] = /^multipart\/form-data; boundary=([\w-]+)$/.exec(contentType) ?? [];
  if (!boundary) throw new Error('no form');
  const fields: Record<string, string> = {};
  let file: Buffer | undefined;
  const line = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(line); at !== -1;) {
    const next = body.indexOf(line, at + line.length);
    if (next === -1) break;
    const part = body.subarray(at + line.length + 2, next - 2);
    const head = part.subarray(0, part.indexOf('\r\n\r\n')).toString('utf8');
    const content = part.subarray(head.length + 4);
    const [, name = ''] = / name="([^"]*)"/.exec(head) ?? [];
    if (head.includes('filename=')) file = content;
    else fields[name] = content.toString('utf8');
    at = next;
  }
  if (!file) throw new Error('no file');
  return { fields, file };
}
