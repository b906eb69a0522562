/** How requests for speech look to the vendors that the voice server stands for, and what each checks. */
import type { IncomingHttpHeaders } from 'node:http';

export interface SpeechAsked {
  vendor: 'elevenlabs' | 'deepgram' | 'openai';
  text: string;
  /** What was said before, where the vendor takes it. */
  previous?: string;
  model: string;
  voice?: string;
  /** `mulaw` at 8 kHz, or 16 bits at 24 kHz. */
  format: 'mulaw' | 'pcm24k';
}

/** Why a vendor would not take it; the body is in the vendor's form. */
export interface Refusal {
  status: number;
  body: object;
}

type Read = (
  url: URL,
  headers: IncomingHttpHeaders,
  body: Record<string, unknown>,
) => SpeechAsked | Refusal;

/** @returns undefined for a path that no vendor has */
export function readRequest(
  url: URL,
  headers: IncomingHttpHeaders,
  body: Record<string, unknown>,
): SpeechAsked | Refusal | undefined {
  const read = READERS.find(({ path }) => path.test(url.pathname))?.read;
  return read?.(url, headers, body);
}

export function failureBody(vendor: SpeechAsked['vendor'], status: number, code: string): object {
  if (vendor === 'elevenlabs') return { detail: { status: code, message: 'The fake refuses.' } };
  if (vendor === 'deepgram') {
    return { err_code: code, err_msg: 'The fake refuses.', request_id: '00000000' };
  }
  return { error: { message: 'The fake refuses.', type: 'fake_error', code, param: status } };
}

const elevenlabs: Read = (url, headers, body) => {
  const fail = (status: number, code: string): Refusal => ({
    status,
    body: failureBody('elevenlabs', status, code),
  });
  if (!headers['xi-api-key']) return fail(401, 'invalid_api_key');
  const { text, model_id: model, previous_text: previous } = body;
  if (typeof text !== 'string' || text === '' || typeof model !== 'string') {
    return fail(422, 'unprocessable');
  }
  if (url.searchParams.get('output_format') !== 'ulaw_8000') return fail(400, 'output_format');
  return {
    vendor: 'elevenlabs',
    text,
    model,
    voice: decodeURIComponent(url.pathname.split('/').at(-2) ?? ''),
    ...(typeof previous === 'string' && { previous }),
    format: 'mulaw',
  };
};

const deepgram: Read = (url, headers, { text }) => {
  const fail = (status: number, code: string): Refusal => ({
    status,
    body: failureBody('deepgram', status, code),
  });
  if (!/^Token \S+$/.test(headers.authorization ?? '')) return fail(401, 'INVALID_AUTH');
  if (typeof text !== 'string' || text === '') return fail(400, 'Bad Request');
  if (text.length > 2_000) return fail(413, 'Payload Too Large');
  const query = ['encoding', 'sample_rate', 'container'].map((each) => url.searchParams.get(each));
  if (query.join() !== 'mulaw,8000,none') return fail(400, 'UNSUPPORTED_AUDIO_FORMAT');
  const model = url.searchParams.get('model') ?? 'aura-asteria-en';
  return { vendor: 'deepgram', text, model, format: 'mulaw' };
};

const openai: Read = (_url, _headers, { input, model, voice, response_format: format }) => {
  const fail = (status: number, code: string): Refusal => ({
    status,
    body: failureBody('openai', status, code),
  });
  if (typeof input !== 'string' || typeof model !== 'string' || typeof voice !== 'string') {
    return fail(400, 'missing_required_parameter');
  }
  if (input.length > 4_096) return fail(400, 'string_above_max_length');
  if (format !== 'pcm') return fail(400, 'unsupported_value');
  return { vendor: 'openai', text: input, model, voice, format: 'pcm24k' };
};

const READERS: { path: RegExp; read: Read }[] = [
  { path: /\/v1\/text-to-speech\/[^/]+\/stream$/, read: elevenlabs },
  { path: /\/v1\/speak$/, read: deepgram },
  { path: /\/v1\/audio\/speech$/, read: openai },
];
