/** A media stream without a call behind it, for tests of who is let in. */
import { newSid } from '../ids.ts';
import { SILENT_PAYLOAD } from './format.ts';
import { CONNECTED, MessageWriter } from './messages.ts';
import { openSocket } from './open-socket.ts';

export interface StrayOrder {
  url: string;
  accountSid?: string;
  callSid?: string;
  streamSid?: string;
  parameters?: Readonly<Record<string, string>>;
  /** Signs as another account would, or (null) not at all; else as Twilio. */
  signWith?: string | null;
  ca?: string | undefined;
  /** False opens the socket and says nothing. */
  start?: boolean;
}

export interface StrayStream {
  readonly streamSid: string;
  /** 101 when the socket was opened, else what was answered; 0 for no answer. */
  readonly status: number;
  /** What the application sent. */
  readonly received: readonly string[];
  /** Settles when the socket is closed, with the code. */
  readonly closed: Promise<{ code: number }>;
  /** Any text, to the byte. */
  send(text: string): void;
  /** Any bytes, in a binary frame. */
  sendBinary(bytes: Uint8Array): void;
  /** The next frame of silence. */
  frame(): void;
  close(): void;
}

export async function openStrayStream(
  order: StrayOrder & { signWith: string | null },
): Promise<StrayStream> {
  const { url, signWith, ca, parameters = {}, start = true } = order;
  const { streamSid = newSid('MZ'), callSid = newSid('CA'), accountSid = newSid('AC') } = order;
  const opened = await openSocket({ url, signWith, ca });
  const received: string[] = [];
  if (!opened.ok) {
    const nothing = () => {};
    const closed = Promise.resolve({ code: 1006 });
    const deaf = { send: nothing, sendBinary: nothing, frame: nothing, close: nothing };
    return { streamSid, status: opened.status ?? 0, received, closed, ...deaf };
  }
  const { socket } = opened;
  const closed = new Promise<{ code: number }>((resolve) => {
    socket.on('close', (code) => resolve({ code }));
  });
  socket.on('message', (data) => received.push((data as Buffer).toString('utf8')));
  const writer = new MessageWriter({
    streamSid,
    accountSid,
    callSid,
    customParameters: parameters,
  });
  const send = (data: string | Uint8Array) => socket.send(data, () => {});
  if (start) {
    send(CONNECTED);
    send(writer.start());
  }
  let frames = 0;
  return {
    streamSid,
    status: 101,
    received,
    closed,
    send,
    sendBinary: send,
    frame() {
      send(writer.media(SILENT_PAYLOAD, 20 * frames));
      frames += 1;
    },
    close: () => socket.close(1000),
  };
}
