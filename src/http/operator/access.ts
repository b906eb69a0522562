/** Who may read what is sealed, and how often others may try. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TokenBucket } from './token-bucket.ts';
import { TOKEN_LIFE_MS } from '../../sealing/index.ts';
import type { OperatorTokens } from '../../sealing/index.ts';
import { sessionTokens } from './session-cookie.ts';

/** Wrong tokens of everybody together; good ones are let through whatever others try. */
const WRONG_TOKENS = 20;
const WRONG_TOKENS_PER_SECOND = 1 / 3;

export class Access {
  readonly #tokens: OperatorTokens;
  readonly #wrong: TokenBucket;

  constructor(tokens: OperatorTokens, wrong?: TokenBucket) {
    this.#tokens = tokens;
    this.#wrong = wrong ?? new TokenBucket(WRONG_TOKENS, WRONG_TOKENS_PER_SECOND);
  }

  /** `Authorization: Bearer` with a token of a program. */
  isProgram({ headers }: FastifyRequest): boolean {
    const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    return token !== undefined && this.#tokens.check('bearer', token) !== undefined;
  }

  /** @returns until when the browser that asks is signed in (ms since 1970). */
  sessionEnd({ headers }: FastifyRequest): number | undefined {
    const ends = sessionTokens(headers.cookie).flatMap(
      (token) => this.#tokens.check('session', token) ?? [],
    );
    return ends.length === 0 ? undefined : Math.max(...ends);
  }

  /** @returns a new session's token, for the token of a link. */
  exchange(link: string, lifeMs = TOKEN_LIFE_MS.session): string | undefined {
    const isGood = this.#tokens.check('link', link) !== undefined;
    return isGood ? this.#tokens.mint('session', Date.now(), lifeMs) : undefined;
  }

  /** For a wrong token: sets the status, 429 when there were too many. */
  refuse(reply: FastifyReply, code: 401 | 403): FastifyReply {
    const waitSeconds = this.#wrong.take();
    if (waitSeconds > 0) return reply.code(429).header('retry-after', waitSeconds);
    return reply.code(code);
  }
}
