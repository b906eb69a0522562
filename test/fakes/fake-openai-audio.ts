/** OpenAI's transcription, which misbehaves on request: each request takes the next misdeed. */
import type { ServerResponse } from 'node:http';
import {
  startTranscriptionServer,
  type TranscriptionServer,
  type TranscriptionServerOptions,
} from '../../src/bench/recognition/transcription-server.ts';

export type AudioMisdeed =
  | { kind: 'none' }
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  | { kind: 'no-answer' }
  | { kind: 'late'; afterMs: number }
  /** Breaks off: before the head of the answer, or in its body. */
  | { kind: 'cut'; inBody?: boolean }
  | { kind: 'stall-in-body' }
  | { kind: 'says'; body: string };

export interface FakeOpenAiAudio extends TranscriptionServer {
  misbehave(...misdeeds: AudioMisdeed[]): void;
}

export async function startFakeOpenAiAudio(
  options: TranscriptionServerOptions = {},
): Promise<FakeOpenAiAudio> {
  const queue: AudioMisdeed[] = [];
  const server = await startTranscriptionServer({
    ...options,
    onRequest: ({ text }, response) => act(queue.shift() ?? { kind: 'none' }, text, response),
  });
  return Object.assign(server, {
    misbehave: (...misdeeds: AudioMisdeed[]) => void queue.push(...misdeeds),
  });
}

/** @returns whether the request was dealt with */
function act(misdeed: AudioMisdeed, text: string, response: ServerResponse): boolean {
  const ok = (): void => void response.writeHead(200, { 'content-type': 'application/json' });
  switch (misdeed.kind) {
    case 'none':
      return false;
    case 'no-answer':
      return true;
    case 'late':
      setTimeout(() => {
        ok();
        response.end(JSON.stringify({ text }));
      }, misdeed.afterMs);
      return true;
    case 'status':
      response.writeHead(misdeed.status, misdeed.headers).end(misdeed.body);
      return true;
    case 'cut':
      if (misdeed.inBody) {
        ok();
        response.write('{"te');
      }
      setTimeout(() => response.destroy(), 10);
      return true;
    case 'stall-in-body':
      ok();
      response.write('{"te');
      return true;
    case 'says':
      ok();
      response.end(misdeed.body);
      return true;
  }
}
