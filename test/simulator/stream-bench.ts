/** A call whose stream goes to a server of the test. */
import { afterEach } from '@jest/globals';
import { CaptionReader } from '../../src/captions/index.ts';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import type { Bench } from './bench.ts';
import { startBench } from './bench.ts';
import type { Answer } from './customer-app.ts';
import { spoken, startStreamApp } from './stream-app.ts';
import type { AppStream, StreamApp } from './stream-app.ts';

let bench: Bench | undefined;
let app: StreamApp | undefined;
afterEach(async () => {
  await bench?.close();
  await app?.close();
  bench = undefined;
  app = undefined;
});

export interface Setting {
  /** After the stream's verb. */
  after?: string;
  action?: string;
  inside?: string;
  path?: string;
  url?: string;
  refuse?: number;
  attributes?: string;
  /** What else the application answers; `url` is where streams go. */
  answers?: (url: string) => Record<string, Answer>;
  options?: Partial<SimulatorOptions>;
}

/** A call that is answered with a stream. */
export async function begin(setting: Setting = {}) {
  const { after = '', action, inside = '', path = '/media?lost=1', answers = () => ({}) } = setting;
  app = await startStreamApp(setting.refuse);
  const url = setting.url ?? app.url + path;
  const attribute = action === undefined ? '' : ` action="${action}"`;
  bench = await startBench(
    {
      '/voice': `<Connect${attribute}><Stream url="${url}" ${setting.attributes ?? ''}>${inside}</Stream></Connect>${after}`,
      ...answers(app.url),
    },
    { callerVoice: 'tones', ...setting.options },
  );
  const phone = bench.call();
  return { phone, bench, app, sim: bench.sim, log: bench.sim.log };
}

export async function withStream(setting: Setting = {}) {
  const begun = await begin(setting);
  const stream = await begun.app.stream();
  return { ...begun, stream };
}

export const problems = (used: Bench) => used.sim.log.of('error').map(({ code }) => code);
export const wordsIn = (audio: Uint8Array) =>
  new CaptionReader().read(audio).map(({ word }) => word);
export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
export const isMark = (name: string) => (message: { mark?: { name: string } }) =>
  message.mark?.name === name;
export const second = (text: string) => spoken(text).slice(0, 8_000);

/** What `mark` echoes so far. */
export const marksOf = (stream: AppStream) => stream.of('mark').map(({ mark }) => mark?.name);
