export { createVoiceActivity } from './voice-activity.ts';
export type { VoiceActivityOptions } from './voice-activity.ts';
export type {
  VoiceActivity,
  VoiceChange,
  VoiceStream,
  VoiceStreamOptions,
} from './voice-activity-types.ts';
