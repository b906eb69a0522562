/** What operators may open of what is sealed, behind a sign-in. */
import type { FastifyInstance } from 'fastify';
import type { Log } from '../../log.ts';
import { createOperatorTokens } from '../../sealing/index.ts';
import { Access } from './access.ts';
import { decode } from './decode.ts';
import { signIn } from './sign-in.ts';

export interface OperatorOptions {
  /** `VOCA_SECRET_KEY`, at least one. */
  secretKeys: readonly string[];
  /** The only one whose payloads are opened. */
  namespace: string;
  /** Of the Temporal Web UI, the only place whose pages may ask. Left out: programs only. */
  uiUrl?: string | undefined;
  /** Our own address, as others see it. */
  publicUrl: string;
  log: Log;
}

export function operatorRoutes(app: FastifyInstance, options: OperatorOptions): void {
  const access = new Access(createOperatorTokens(options.secretKeys));
  void app.register(async (scope) => decode(scope, options, access));
  void app.register(async (scope) => signIn(scope, options, access));
}
