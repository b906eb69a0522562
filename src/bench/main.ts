/**
 * `npm run bench -- NAME`: a report on stderr, one line of JSON as the last line of stdout. Exits 1
 * when there were errors, 2 when it was called wrongly, 130 when it was stopped.
 */
import { readEnvironment } from '../config.ts';
import { createProgress } from '../embedded/progress.ts';
import { apiBenchmark } from './api/api.ts';
import { readArguments, UsageError } from './arguments.ts';
import { Interrupted } from './bench-instance.ts';
import type { Benchmark } from './benchmark.ts';
import { deliveryBenchmark } from './delivery/delivery.ts';
import { floodBenchmark } from './flood/flood.ts';
import { recoveryBenchmark } from './recovery/recovery.ts';
import { mediaBenchmark } from './media/media.ts';
import { longCallBenchmark } from './long-call/long-call.ts';
import { voiceActivityBenchmark } from './media/voice-activity.ts';
import { soakBenchmark } from './soak.ts';
import { webhookBenchmark } from './webhook.ts';

const BENCHMARKS: Record<string, Benchmark> = {
  webhook: webhookBenchmark,
  'long-call': longCallBenchmark,
  recovery: recoveryBenchmark,
  soak: soakBenchmark,
  api: apiBenchmark,
  flood: floodBenchmark,
  delivery: deliveryBenchmark,
  media: mediaBenchmark,
  'voice-activity': voiceActivityBenchmark,
};

/** The shell's exit code for Ctrl-C. */
const INTERRUPTED = 130;

async function main(args: string[]): Promise<number> {
  const { benchmark, options, texts } = readArguments(args, BENCHMARKS);
  const progress = createProgress(process.stderr);
  const result = await benchmark.run(options, { env: readEnvironment(), progress, texts });
  progress.say(result.report);
  // Waits for it: a pipe may not have taken it yet when this process exits.
  await new Promise<void>((resolve) => {
    process.stdout.write(`${JSON.stringify(result.json)}\n`, () => resolve());
  });
  if (result.interrupted) return INTERRUPTED;
  return result.errors > 0 ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : 'The benchmark failed.'}\n`);
  if (error instanceof UsageError) process.exitCode = 2;
  else process.exitCode = error instanceof Interrupted ? INTERRUPTED : 1;
}
process.exit();
