/** Vendors of voices, as tests want them: a key and an address for each driver. */
import { startVoiceServer, type VoiceServer } from '../../src/bench/voices/voice-server.ts';

export type { VoiceBehaviour, VoiceServer } from '../../src/bench/voices/voice-server.ts';

export const VOICE_KEY = 'canary-key-of-a-voice';

export interface FakeVoices extends VoiceServer {
  /** By the names of `VOCA_TTS`. */
  accounts: Record<'elevenlabs' | 'deepgram' | 'openai', { apiKey: string; baseUrl: string }>;
}

/** Listens on a free port of the loopback. */
export async function startFakeVoices(): Promise<FakeVoices> {
  const server = await startVoiceServer();
  const account = { apiKey: VOICE_KEY, baseUrl: server.origin };
  const openai = { apiKey: VOICE_KEY, baseUrl: `${server.origin}/v1` };
  return { ...server, accounts: { elevenlabs: account, deepgram: account, openai } };
}
