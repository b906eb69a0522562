import { randomBytes } from 'node:crypto';

/** A form with one file, as `multipart/form-data` (RFC 7578). Names are ours, values may be anybody's. */
export function multipart(
  fields: readonly [name: string, value: string][],
  file: { name: string; bytes: Uint8Array },
): { body: Uint8Array; contentType: string } {
  // Long and random: no value can hold it.
  const boundary = randomBytes(24).toString('hex');
  const head = fields.map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  head.push(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.name}"\r\n` +
      'Content-Type: audio/wav\r\n\r\n',
  );
  return {
    body: Buffer.concat([
      Buffer.from(head.join('')),
      file.bytes,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
    contentType: `multipart/form-data; boundary=${boundary}`,
  };
}
