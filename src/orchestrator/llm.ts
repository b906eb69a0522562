/** The one interface through which VOCA speaks with language models, and the one error they throw. */
import type { ModelTry } from '../../workflows/contract.ts';
import { VendorError, type VendorErrorKind } from '../vendors/vendor-error.ts';

/** One line of the conversation as a model sees it. Two lines of one speaker may follow each other. */
export interface PromptMessage {
  role: 'user' | 'assistant';
  content: string;
}

/** What a model may want to know of the call beside the words. */
export interface CallFacts {
  /** When the call began, RFC 3339. */
  startedAt: string;
  /** IANA zone in which the caller and we read the clock, such as `Europe/Berlin`. */
  timeZone: string;
  /** BCP-47 tag of the assistant's voice. */
  language: string;
  /** The line that is said when a model failed: an assistant's message that is no model's answer. */
  apology: string;
  /** What was said before the first message, in short; also in the system prompt. */
  summary?: string;
  /** What was said in earlier calls, in short; also in the system prompt. */
  memory?: string;
}

export interface Prompt {
  system: string;
  /** The conversation; the last message is what is to be answered. */
  messages: PromptMessage[];
  call: CallFacts;
  /**
   * Given when not an answer to the caller is wanted but a summary: the lines to make it of, which
   * `messages` holds as one text. No tools then.
   */
  toSummarize?: PromptMessage[];
  /** What of `system` no caller is to hear, see `leak.ts`. */
  secret?: { frame: string; instructions: string };
}

export interface Completion {
  /** As the model wrote it; may be empty only when `end` is true. */
  text: string;
  /** The model ends the call with these words. */
  end: boolean;
  /** The answer became too long and breaks off in the middle of a sentence. */
  isCut?: boolean;
  /** The model that answered, as it names itself. */
  model: string;
  tokens?: { prompt: number; completion: number };
}

export interface LanguageModel {
  /** For logs and records: the provider and the model. */
  readonly name: string;
  /**
   * Resolves when the model can be asked; cheap, spends no tokens.
   * @throws ModelError when it cannot.
   */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * Answers once; never tries again by itself.
   * @throws ModelError; after an abort its kind is `timeout`.
   */
  complete(prompt: Prompt, options: CompleteOptions): Promise<Completion>;
}

export interface CompleteOptions {
  signal: AbortSignal;
  /** Called whenever a piece of the answer comes in, by a model that streams. */
  progress?: () => void;
  /**
   * Given the words of the answer as they come, in pieces of any length, by a model that can; together
   * they are the `text` of the completion, but for white space around it. What is known only at the
   * end (a farewell, an answer that came whole) is in the completion alone. Must not throw.
   */
  onText?: (piece: string) => void;
}

export type ModelErrorKind = VendorErrorKind;

/** A language model did not answer. The message is ours alone, see {@link VendorError}. */
export class ModelError extends VendorError {
  override readonly name: string = 'ModelError';
}

/** No model answered in the time of a turn. What the last try failed of, and all tries. */
export class NoModelAnswered extends ModelError {
  readonly tries: ModelTry[];

  constructor(last: ModelError, tries: ModelTry[]) {
    const { kind, retryable, retryAfterMs } = last;
    super(kind, `no model answered; the last try: ${last.message}`, {
      retryable,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      original: last,
    });
    this.tries = tries;
  }
}
