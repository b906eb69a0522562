/** Deepgram's live transcription, which misbehaves on request: each connection takes the next misdeed. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  startDeepgramServer,
  type DeepgramServer,
  type DeepgramServerOptions,
} from '../../src/bench/recognition/deepgram-server.ts';
import type { DeepgramStream } from '../../src/bench/recognition/deepgram-stream.ts';

export type SttMisdeed =
  | { kind: 'none' }
  /** In place of the upgrade. */
  | { kind: 'status'; status: number; headers?: Record<string, string> }
  | { kind: 'no-answer' }
  | { kind: 'late'; afterMs: number }
  /** Takes audio and says nothing any more, after so many bytes. */
  | { kind: 'silent'; afterBytes?: number }
  | { kind: 'ignores-finalize' }
  | { kind: 'hides-finalize' }
  /** Does not read what it is sent. */
  | { kind: 'deaf' }
  /** Ends after so many bytes: with a close frame, or without a word. */
  | { kind: 'cut'; afterBytes: number; code?: number; reset?: boolean }
  /** Says this, so often, with the first audio. */
  | { kind: 'says'; data: string | Buffer; times?: number };

export interface FakeDeepgramStt extends DeepgramServer {
  misbehave(...misdeeds: SttMisdeed[]): void;
  /** What was to come is not done. */
  forgive(): void;
  /** Requests for a connection, also those that were refused. */
  readonly requests: IncomingMessage[];
  /** Whoever is connected hears nothing any more: the connection breaks, or it goes on in silence. */
  fail(how: 'cut' | 'silent'): void;
}

export async function startFakeDeepgramStt(
  options: DeepgramServerOptions = {},
): Promise<FakeDeepgramStt> {
  const queue: SttMisdeed[] = [];
  const requests: IncomingMessage[] = [];
  const opened: DeepgramStream[] = [];
  let current: SttMisdeed = { kind: 'none' };
  const server = await startDeepgramServer({
    ...options,
    onUpgrade: (request, socket, accept) => {
      requests.push(request);
      const misdeed = queue.shift() ?? { kind: 'none' };
      current = misdeed;
      return atUpgrade(misdeed, socket, () => {
        current = misdeed;
        accept();
      });
    },
    onStream: (stream) => {
      opened.push(stream);
      inStream(current, stream);
    },
  });
  return Object.assign(server, {
    misbehave: (...misdeeds: SttMisdeed[]) => void queue.push(...misdeeds),
    forgive: () => void (queue.length = 0),
    requests,
    fail: (how: 'cut' | 'silent') => {
      for (const stream of opened) {
        if (how === 'cut') cut({}, stream);
        else stream.habits.isSilent = true;
      }
    },
  });
}

/** @returns whether the request was dealt with */
function atUpgrade(misdeed: SttMisdeed, socket: Duplex, accept: () => void): boolean {
  if (misdeed.kind === 'status') {
    const { status, headers = {} } = misdeed;
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} No\r\n${lines.join('')}content-length: 0\r\n\r\n`);
    return true;
  }
  if (misdeed.kind === 'late') setTimeout(accept, misdeed.afterMs);
  if (misdeed.kind === 'no-answer') socket.on('end', () => socket.destroy()).resume();
  return misdeed.kind === 'no-answer' || misdeed.kind === 'late';
}

function inStream(misdeed: SttMisdeed, stream: DeepgramStream): void {
  const { socket, habits, log } = stream;
  if (misdeed.kind === 'ignores-finalize') habits.ignoresFinalize = true;
  if (misdeed.kind === 'hides-finalize') habits.hidesFinalize = true;
  if (misdeed.kind === 'deaf') socket.pause();
  if (misdeed.kind === 'silent' && !misdeed.afterBytes) habits.isSilent = true;
  socket.on('message', () => {
    if (misdeed.kind === 'silent' && log.bytes >= (misdeed.afterBytes ?? 0)) habits.isSilent = true;
    if (misdeed.kind === 'cut' && log.bytes >= misdeed.afterBytes) cut(misdeed, stream);
  });
  if (misdeed.kind !== 'says') return;
  socket.once('message', () => {
    for (let time = 0; time < (misdeed.times ?? 1); time += 1) socket.send(misdeed.data);
  });
}

function cut(
  { code, reset }: { code?: number; reset?: boolean },
  { socket }: DeepgramStream,
): void {
  if (code !== undefined) return socket.close(code);
  const { _socket: raw } = socket as unknown as { _socket: Socket };
  if (reset) raw.resetAndDestroy();
  else raw.destroy();
}
