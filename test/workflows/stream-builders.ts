/** Small verbs for calls over streams of audio. */
import type { Assistant } from '../../workflows/assistant.ts';
import type { Heard, Step, TurnKey } from '../../workflows/contract.ts';
import type { StreamBrief, StreamReply } from '../../workflows/stream-contract.ts';
import type { StreamLoss } from '../../workflows/rules/state.ts';
import { briefOf, mayAttach, stepAfterStream } from '../../workflows/rules/streams.ts';
import { ASSISTANT, inboundInput, SID, speech, TestCall } from './builders.ts';

export const NEWS_AT = '2026-03-02T10:00:30.000Z';

export function replyOf(text: string, more: Partial<StreamReply> = {}): StreamReply {
  return { text, isInterrupted: false, source: 'model', model: 'm', ...more };
}

/** A call over streams, with what its webhooks and media workers do. */
export class StreamCall extends TestCall {
  /** @returns what the media worker is told; undefined when it is refused */
  attach(
    stream: number,
    streamSid = `MZ${stream}`,
    callSid = SID,
    taskQueue = `media-${stream}`,
  ): StreamBrief | undefined {
    const request = { stream, callSid, streamSid, taskQueue };
    this.happen({ type: 'attached', request });
    return mayAttach(this.state, request, this.now) ? briefOf(this.state) : undefined;
  }

  attached(stream: number): this {
    if (!this.attach(stream)) throw new Error(`Stream ${stream} was refused`);
    return this;
  }

  told(stream: number, key: TurnKey, heard: Heard = speech(`words ${key}`)): this {
    return this.happen({
      type: 'stream-news',
      news: { stream, at: NEWS_AT, what: 'heard', key, heard },
    });
  }

  said(stream: number, key: TurnKey, reply: StreamReply = replyOf(`reply ${key}`)): this {
    return this.happen({
      type: 'stream-news',
      news: { stream, at: NEWS_AT, what: 'said', key, reply },
    });
  }

  /** One whole turn. */
  talks(stream: number, key: TurnKey): this {
    return this.told(stream, key).said(stream, key);
  }

  sessionEnds(stream: number, why: StreamLoss): this {
    return this.happen({ type: 'session-over', stream, why });
  }

  reconnect(stream: number, callSid = SID): Step {
    this.happen({ type: 'reconnected', request: { callSid, stream } });
    return stepAfterStream(this.state, callSid);
  }

  /** A stream was lost and Twilio has been told of the next one. */
  loses(stream: number, why: StreamLoss = 'lost'): this {
    this.sessionEnds(stream, why);
    this.reconnect(stream);
    return this;
  }
}

/** An inbound call whose first stream was offered. */
export function offered(assistant: Partial<Assistant> = {}): StreamCall {
  const call = new StreamCall(inboundInput());
  call.loaded({ ...ASSISTANT, mode: 'stream', ...assistant });
  return call.begun();
}

/** One that has been greeted over its first stream. */
export function talking(assistant: Partial<Assistant> = {}): StreamCall {
  const call = offered(assistant).attached(1);
  return call.said(1, '0', replyOf(ASSISTANT.firstMessage, { source: 'script' }));
}
