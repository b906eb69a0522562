export type {
  VoiceActivity,
  VoiceChange,
  VoiceStream,
  VoiceStreamOptions,
} from './voice-activity-types.ts';
