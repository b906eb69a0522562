/** What Twilio makes of the answer to a request for instructions, by its content type. */
import { parseTwiml } from './twiml-parse.ts';
import type { TwimlNode } from './twiml-parse.ts';
import type { WebhookAnswer } from './webhook-tap.ts';

/** Instructions for a call. `url` is what relative URLs in it resolve against. */
export interface TwimlDocument {
  verbs: readonly TwimlNode[];
  /** Absent for a document that was given over REST. */
  url?: string;
  method: 'GET' | 'POST';
  requestId?: string;
  /** What to play instead of running verbs. */
  sound?: { source: 'play' | 'text'; text: string; bytes?: number };
}

export type ReadAnswer =
  { ok: true; document: TwimlDocument } | { ok: false; code: number; message: string };

/** Reads an answer, or says with which error code Twilio refuses it. */
export function readAnswer(
  answer: WebhookAnswer & { requestId: string },
  method: 'GET' | 'POST',
): ReadAnswer {
  if (!answer.ok) return { ok: false, code: answer.code, message: answer.message };
  const place = { url: answer.url, method, requestId: answer.requestId };
  const header = answer.headers['content-type'] ?? '';
  const [type = ''] = header.toLowerCase().split(';');
  const mediaType = type.trim();
  if (mediaType.startsWith('audio/')) {
    const sound = { source: 'play' as const, text: answer.url, bytes: answer.body.length };
    return { ok: true, document: { ...place, verbs: [], sound } };
  }
  if (!['text/xml', 'application/xml', 'text/html', 'text/plain'].includes(mediaType)) {
    return { ok: false, code: 12300, message: 'invalid content type' };
  }
  const text = decode(answer.body, header);
  if (text === undefined) return { ok: false, code: 12100, message: 'undecodable characters' };
  const parsed = parseTwiml(text);
  if (parsed.ok) return { ok: true, document: { ...place, verbs: parsed.verbs } };
  if (mediaType === 'text/plain') {
    return { ok: true, document: { ...place, verbs: [], sound: { source: 'text', text } } };
  }
  return { ok: false, code: 12100, message: parsed.reason };
}

function decode(body: Buffer, contentType: string): string | undefined {
  const charset = /charset="?([\w-]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}
