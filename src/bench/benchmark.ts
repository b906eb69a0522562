/** What a benchmark is, so that `main.ts` can be a table of them. */
import type { Environment } from '../config.ts';
import type { Progress } from '../embedded/progress.ts';

/** An option of the command line, `--calls 50`: a whole number. */
export interface NumberOption {
  what: string;
  default: number;
  min: number;
  max: number;
}

export interface BenchContext {
  env: Environment;
  progress: Progress;
  /** Options that are text, such as the name of a folder; only those that were given. */
  texts?: Readonly<Record<string, string>>;
}

export interface BenchResult {
  /** For a person, on stderr. */
  report: string;
  /** The last line of stdout. */
  json: Record<string, unknown>;
  /** More than none, and the command fails. */
  errors: number;
  /** Somebody has stopped it; what it reports is a part. */
  interrupted?: boolean;
}

export interface Benchmark<Name extends string = string> {
  /** One line for the list of benchmarks. */
  summary: string;
  options: Record<Name, NumberOption>;
  /** Options that are text, `--logdir FOLDER`, and what each is for. */
  texts?: Readonly<Record<string, string>>;
  run(options: Record<Name, number>, context: BenchContext): Promise<BenchResult>;
}
