import type { SpeechChoice, VoiceChoice } from '../../../workflows/assistant.ts';
import type { SpeechToText } from '../../speech/stt.ts';
import type { TextToSpeech } from '../../speech/tts.ts';
import type { StreamDoor } from '../../stream-gateway.ts';
import type { PlaybackEvent } from '../playback/index.ts';
import type { Clock, Ticker } from '../ticker.ts';
import type { TalkNews } from '../turns/index.ts';
import type { VoiceActivity } from '../voice-activity/index.ts';
import type { StreamingOrchestrator } from './mind.ts';

/** What all sessions of a process share. */
export interface SessionParts {
  orchestrator: StreamingOrchestrator;
  /** For an assistant's own choice, or without one the configured recognisers. */
  recognisers(choices: readonly SpeechChoice[] | undefined): SpeechToText;
  voices(choices: readonly VoiceChoice[] | undefined): TextToSpeech;
  voiceActivity: VoiceActivity;
  ticker: Ticker;
  clock: Clock;
  door: Pick<StreamDoor, 'tell' | 'settled' | 'recall'>;
  watch: SessionWatch;
}

/** For metrics. */
export interface SessionWatch {
  told(news: TalkNews, assistantId: string): void;
  underrun(event: Extract<PlaybackEvent, { type: 'underrun' }>): void;
}
