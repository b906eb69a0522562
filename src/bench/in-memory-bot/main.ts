/**
 * The in-memory bot as a process of its own: the HTTP application of VOCA with its signature checks
 * and its TwiML, the same client of the same model, and a Map in place of everything durable.
 */
import { buildApp } from '../../http/app.ts';
import { createLogger } from '../../log.ts';
import { createOrchestrator, demoAssistant } from '../../orchestrator/index.ts';
import { createUrls } from '../../twilio/urls.ts';
import { MemoryGateway } from './memory-gateway.ts';
import type { BotOrder } from './order.ts';

async function serve({ authToken, port, openai }: BotOrder): Promise<void> {
  const webhookUrl = `http://127.0.0.1:${port}`;
  const mind = createOrchestrator({ llm: 'openai', openai });
  const app = buildApp({
    gateway: new MemoryGateway(mind, { id: 'asst_bench', version: 1, ...demoAssistant }),
    account: { authToken, webhookUrl },
    urls: createUrls(webhookUrl),
    readiness: async () => [],
    log: createLogger({ level: 'warn', role: 'bot' }),
  });
  await app.listen({ host: '127.0.0.1', port });
  process.send?.({ type: 'ready' });
}

process.title = 'voca-bench-bot';
process.on('disconnect', () => process.exit(0)); // whoever started it is gone
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.once('message', (order) => {
  serve(order as BotOrder).catch((error: unknown) => {
    process.stderr.write(
      `The bot failed: ${error instanceof Error ? error.message : 'no reason'}\n`,
    );
    process.exit(1);
  });
});
