/** What a fake of a model's vendor can be told to do, whatever protocol it speaks. */

export type Behaviour =
  /**
   * Answers with `text`, word by word when a stream is asked for; `afterMs` before the headers,
   * `betweenMs` between the words. The response ends `endsAfterMs` behind its last word.
   */
  | {
      kind: 'answer';
      text: string;
      afterMs?: number;
      betweenMs?: number;
      endsAfterMs?: number;
      isCutOff?: boolean;
    }
  | { kind: 'end-call'; text?: string; farewell?: string }
  /** Any tool, with arguments as raw text: they need not be JSON. */
  | { kind: 'tool'; name: string; rawArguments: string; text?: string }
  /** Answers whole, also when a stream was asked for. */
  | { kind: 'whole'; text: string }
  /** Takes the request and never answers. */
  | { kind: 'stall' }
  /** Sends headers and the first half of the answer, then nothing more. */
  | { kind: 'stall-in-body'; text: string }
  /** The same, with the vendor's signs of life going on. */
  | { kind: 'stall-with-pings'; text: string; everyMs: number }
  /** Sends headers and the first half of the answer, then breaks the connection. */
  | { kind: 'cut'; text: string }
  /** Streams the first half of the words, then breaks the connection. */
  | { kind: 'cut-stream'; text: string; betweenMs?: number }
  /** Ends the stream in order after the first half of the words, without saying that it is the end. */
  | { kind: 'unfinished'; text: string }
  /** Breaks the connection without any answer. */
  | { kind: 'hang-up' }
  /** The stream in writes of so many bytes, also in the middle of a character. */
  | { kind: 'in-bytes'; text: string; bytes: number }
  /** Signs of life and events of unknown kinds before, between and after the words. */
  | { kind: 'noisy'; text: string }
  /** The whole answer, and then the connection stays open. */
  | { kind: 'linger'; text: string }
  /** The first half of the words, then an event that is not JSON. */
  | { kind: 'bad-event'; text: string }
  /** The first half of the words, then the vendor's report of a failure. */
  | { kind: 'failing-stream'; text: string; failure: 'overload' | 'rate-limit' }
  /** A stream of words without end. */
  | { kind: 'endless'; word: string }
  | {
      kind: 'status';
      status: number;
      message?: string;
      code?: string;
      headers?: Record<string, string>;
    }
  /** A body of any kind with status 200. */
  | { kind: 'raw'; body: string; contentType?: string }
  /** An answer in due form with nothing in it. */
  | { kind: 'empty-choices' }
  /** Refuses a request that offers tools and answers one without. */
  | { kind: 'no-tools'; text: string }
  /** Refuses a request for a stream and answers one without. */
  | { kind: 'no-streams'; text: string }
  /** Refuses a request for the count of tokens behind a stream and answers one without. */
  | { kind: 'no-usage'; text: string };

export interface LoggedRequest {
  /** Milliseconds since the fake was started. */
  atMs: number;
  path: string;
  messages: number;
  /** The body as it was parsed; undefined when it was not JSON. */
  body: unknown;
  headers: Record<string, string | string[] | undefined>;
  /** When the client closed the connection before it had an answer. */
  abortedAtMs?: number;
  /** Counts the connections from 1: requests on the same one have the same number. */
  connection: number;
}

export interface ChatRequest {
  model?: string;
  messages?: { role: string; content: string }[];
  stream?: boolean;
  stream_options?: unknown;
  tools?: unknown[];
}

export interface FakeModelServer {
  /** As a client wants it. */
  baseURL: string;
  /** Every request, in order of arrival; only ever grows. */
  readonly log: readonly LoggedRequest[];
  /** The requests for a completion alone. */
  completions(): readonly LoggedRequest[];
  /** Behaviours for the next requests for a completion, one each. */
  script(...behaviours: Behaviour[]): void;
  /** What answers when the script is over: a behaviour, or one made for the request. */
  always(behaviour: Behaviour | ((body: ChatRequest) => Behaviour)): void;
  /** How the list of models answers. Default: a list of one model. */
  models(behaviour: Behaviour): void;
  close(): Promise<void>;
}

/** What a fake answers, in no vendor's form. */
export interface FakeAnswer {
  text: string | null;
  tool?: { name: string; rawArguments: string };
  /** It has reached the most tokens. */
  isCutOff?: boolean;
}

/** What makes one vendor's protocol differ from another's. */
export interface Dialect {
  /** Behind the address of the server. */
  basePath: string;
  completionsPath: string;
  modelsPath: string;
  modelList: object;
  failure(status: number, message: string, code?: string): object;
  whole(answer: FakeAnswer): object;
  emptyAnswer: object;
  /** The frames of a stream: what opens it, one for each piece of the answer, what closes it. */
  frames(answer: FakeAnswer, pieces: string[], body: ChatRequest): Record<Part, string[]>;
  /** Signs of life and kinds of events that a client does not know. */
  noise: string[];
  badFrame: string;
  failingFrame(failure: 'overload' | 'rate-limit'): string;
  /** The message of a refusal that names what was refused. */
  refusal(what: 'tools' | 'stream' | 'usage'): string;
}

export type Part = 'opening' | 'pieces' | 'closing';
