/** A vendor that speaks Anthropic's Messages (whole and streamed) and `/v1/models`. */
import { startFakeModelServer } from './fake-model-server.ts';
import type { Dialect, FakeAnswer, FakeModelServer } from './model-behaviour.ts';
import { halfOf } from './model-writing.ts';

export type { Behaviour, ChatRequest, LoggedRequest } from './model-behaviour.ts';
export type FakeAnthropic = FakeModelServer;

const MODEL = 'fake-model';

/** The vendor's name of an error, by its status. */
const ERROR_TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const DIALECT: Dialect = {
  basePath: '',
  completionsPath: '/v1/messages',
  modelsPath: '/v1/models',
  modelList: {
    data: [{ type: 'model', id: MODEL, display_name: 'Fake', created_at: '2026-01-01T00:00:00Z' }],
    has_more: false,
    first_id: MODEL,
    last_id: MODEL,
  },
  emptyAnswer: { ...wholeAnswer({ text: null }), content: [] },
  whole: wholeAnswer,
  failure: (status, message) => ({
    type: 'error',
    error: { type: ERROR_TYPES[status] ?? 'api_error', message },
    request_id: 'req_1',
  }),
  frames: (answer, pieces) => {
    const { tool, text } = answer;
    const opening = {
      ...wholeAnswer({ text: null }),
      content: [],
      stop_reason: null,
      usage: { input_tokens: 21, output_tokens: 1 },
    };
    return {
      opening: [frame({ type: 'message_start', message: opening })],
      pieces: [
        ...(text === null
          ? []
          : block(
              0,
              { type: 'text', text: '' },
              pieces.map((each) => textDelta(each)),
            )),
        ...(tool
          ? block(
              text === null ? 0 : 1,
              { type: 'tool_use', id: 'toolu_1', name: tool.name, input: {} },
              inHalves(tool.rawArguments).map((partial_json) => ({
                type: 'input_json_delta',
                partial_json,
              })),
            )
          : []),
      ],
      closing: [
        frame({
          type: 'message_delta',
          delta: { stop_reason: stopReason(answer), stop_sequence: null },
          usage: { output_tokens: 7 },
        }),
        frame({ type: 'message_stop' }),
      ],
    };
  },
  noise: [frame({ type: 'ping' }), frame({ type: 'weather', is: 'fine' }), ': a comment\n\n'],
  badFrame: 'event: content_block_delta\ndata: {"type":"content_block_delta","del\n\n',
  failingFrame: (failure) =>
    frame({
      type: 'error',
      error:
        failure === 'overload'
          ? { type: 'overloaded_error', message: 'Overloaded' }
          : { type: 'rate_limit_error', message: 'Too many' },
    }),
  refusal: (what) => `${what}: not supported`,
};

/** Listens on a free port of the loopback. */
export async function startFakeAnthropic(): Promise<FakeAnthropic> {
  return await startFakeModelServer(DIALECT);
}

function wholeAnswer(answer: FakeAnswer): object {
  const { text, tool } = answer;
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: MODEL,
    content: [
      ...(text === null ? [] : [{ type: 'text', text }]),
      ...(tool
        ? [{ type: 'tool_use', id: 'toolu_1', name: tool.name, input: inputOf(tool.rawArguments) }]
        : []),
    ],
    stop_reason: stopReason(answer),
    stop_sequence: null,
    usage: { input_tokens: 21, output_tokens: 7 },
  };
}

function stopReason({ tool, isCutOff }: FakeAnswer): string {
  return tool ? 'tool_use' : isCutOff ? 'max_tokens' : 'end_turn';
}

function block(index: number, start: object, deltas: object[]): string[] {
  return [
    frame({ type: 'content_block_start', index, content_block: start }),
    ...deltas.map((delta) => frame({ type: 'content_block_delta', index, delta })),
    frame({ type: 'content_block_stop', index }),
  ];
}

function textDelta(text: string): object {
  return { type: 'text_delta', text };
}

function inHalves(text: string): string[] {
  const half = halfOf(text.split('')).length;
  return [text.slice(0, half), text.slice(half)];
}

/** Whole answers hold parsed arguments. */
function inputOf(rawArguments: string): unknown {
  try {
    return JSON.parse(rawArguments);
  } catch {
    return rawArguments;
  }
}

function frame(data: { type: string } & Record<string, unknown>): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
