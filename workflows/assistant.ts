/** What a call needs to know of its assistant. Loaded once when a call begins, then pinned to it. */
export interface Assistant {
  id: string;
  /** Counts the saved versions of this assistant; a call keeps the one it began with. */
  version: number;
  name: string;
  /** The workspace that it belongs to. */
  workspaceId?: string;
  /** The first words; empty to wait for the caller to speak. */
  firstMessage: string;
  /** The system prompt of the language model. */
  instructions: string;
  /** The language models to ask, the first one first; left out for those of the configuration. */
  models?: ModelChoice[];
  voice: Voice;
  /**
   * `gather` (also when left out): sentence by sentence, with Twilio's recognition and voices.
   * `stream`: as live audio, through a media worker.
   */
  mode?: 'gather' | 'stream';
  /** For `mode: stream`; what is left out has defaults. */
  stream?: StreamPlan;
  listen: ListenPlan;
  silence: SilencePlan;
  limits: CallLimits;
  ending: EndingPlan;
  /** Said in place of an answer when the language model fails; the call goes on. */
  apology: string;
  /** When a call with failing models ends after all; left out: it goes on. */
  failure?: FailurePlan;
  /** What stands for `{{name}}` in texts when a call does not say. */
  variables?: Variables;
  /** What was said in earlier calls of the open session, in short; read when the call begins. */
  memory?: string;
  /** The customer's own notes; of no meaning here. */
  metadata?: Record<string, string>;
}

/** Texts by name. Names are letters, digits and `_`. */
export type Variables = Record<string, string>;

/** A language model, and whom to ask for it. */
export interface ModelChoice {
  /** As `VOCA_LLM` names it, such as `openai`. */
  provider: string;
  /** As the provider names it; left out for the one of the configuration. */
  model?: string;
}

export interface Voice {
  /** BCP-47 tag, for recognition and for speech. */
  language: string;
  /** Twilio's name of a voice, such as `Polly.Joanna-Neural`; left out for Twilio's default. */
  name?: string;
}

/** How the assistant listens: the attributes of Twilio's `<Gather>`. */
export interface ListenPlan {
  /** Whether keys of the telephone are taken as an answer beside speech. */
  keys: boolean;
  /** Seconds of silence before an answer counts as silence. */
  timeoutSeconds: number;
  /** Seconds of silence that end a sentence, or `auto` to leave it to the recogniser. */
  speechTimeout: 'auto' | number;
  /** Words that the recogniser is to expect. */
  hints: string[];
}

export interface SilencePlan {
  /** Said when the caller was silent. */
  prompt: string;
  /** So many silences in a row are prompted; one more ends the call. */
  prompts: number;
  /** Said before the call ends for silence. */
  farewell: string;
}

export interface CallLimits {
  /** Seconds after which the call is ended with `farewell`. */
  callSeconds: number;
  /** Answered turns after which the call is ended with `farewell`. */
  turns: number;
  farewell: string;
}

export interface FailurePlan {
  /**
   * After so many apologies in a row, from 1, the call ends, and `farewell` is said in place of the
   * last one; left out: it goes on.
   */
  endAfter?: number;
  farewell: string;
}

export interface EndingPlan {
  /** The call ends with `message` when the caller says one of these and nothing else. */
  phrases: string[];
  message: string;
}

/** How an assistant listens and speaks over a stream of audio. All times in milliseconds. */
export interface StreamPlan {
  /** Whom to ask for what the caller said, the first one first; left out: the configuration's. */
  recognition?: SpeechChoice[];
  /** Whom to ask for speech, the first one first; left out: the configuration's. */
  speech?: VoiceChoice[];
  endpointing?: Partial<EndpointingPlan>;
  interruption?: Partial<InterruptionPlan>;
  filler?: Partial<FillerPlan>;
  /** Said when the audio was lost for a moment and has come back. */
  bridge?: string;
}

/** A provider of speech services, and what to ask it for. */
export interface SpeechChoice {
  /** As `VOCA_STT` or `VOCA_TTS` names it, such as `deepgram`. */
  provider: string;
  /** As the provider names it; left out for its default. */
  model?: string;
}

export interface VoiceChoice extends SpeechChoice {
  /** The provider's id of a voice; left out for its default. */
  voice?: string;
}

/** How long the caller must be silent before it is the assistant's turn. */
export interface EndpointingPlan {
  /** After words that end like a sentence. */
  afterPunctuation: number;
  /** After words that do not. */
  withoutPunctuation: number;
  /** After a number: more digits may follow. */
  afterDigits: number;
  /** The longest wait, whatever the words look like and the recogniser is still missing. */
  longest: number;
}

/** When the caller's voice stops the assistant's. */
export interface InterruptionPlan {
  /** Not at all when false. */
  allowed: boolean;
  /** So many recognised words interrupt. */
  minWords: number;
  /** So much uninterrupted voice interrupts, also before any word is recognised; 0: only words do. */
  minVoice: number;
  /** Alone they never interrupt, such as `mhm`. */
  ignored: string[];
  /** They interrupt at once, also where `minWords` wants more, such as `stop`. */
  always: string[];
  /** After an interruption the assistant stays silent for at least so long. */
  backOff: number;
}

/** What is said while a reply is waited for. */
export interface FillerPlan {
  /** After so long without anything to say. */
  after: number;
  /** After so long again, another one. */
  every: number;
  /** In turn; none: nothing is said. */
  phrases: string[];
}
