/** `ETag` and `If-Match`: a change that was made of an older reading is refused. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Problem } from './problems.ts';

export const conditionalHeaders = z.looseObject({
  'if-match': z
    .string()
    .optional()
    .meta({ description: 'The `ETag` that the change was made of; left out: whatever it is now' }),
});

export function sendVersion(reply: FastifyReply, version: number): void {
  void reply.header('etag', `"${version}"`);
}

/**
 * The versions that a change may replace; undefined when the client does not care.
 * @throws {Problem} `changed` when the header names nothing that we ever sent.
 */
export function expectedVersions(request: FastifyRequest): number[] | undefined {
  const header = request.headers['if-match'];
  if (header === undefined || header.trim() === '*') return undefined;
  const versions = header.split(',').flatMap((tag) => {
    const match = /^\s*"(\d{1,9})"\s*$/.exec(tag);
    return match ? [Number(match[1])] : [];
  });
  if (versions.length === 0) throw new Problem('changed');
  return versions;
}
