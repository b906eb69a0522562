/** A vendor that speaks Chat Completions (whole and streamed) and `/models`. */
import { startFakeModelServer } from './fake-model-server.ts';
import type { Dialect, FakeAnswer, FakeModelServer } from './model-behaviour.ts';
import { halfOf } from './model-writing.ts';

export type { Behaviour, ChatRequest, LoggedRequest } from './model-behaviour.ts';
/** Its `baseURL` ends in `/v1`. */
export type FakeOpenAi = FakeModelServer;

const MODEL = 'fake-model';
const USAGE = { prompt_tokens: 21, completion_tokens: 7, total_tokens: 28 };

const REFUSALS = {
  tools: `${MODEL} does not support tools`,
  stream: 'stream is not supported',
  usage: 'Unknown field: stream_options',
};

const DIALECT: Dialect = {
  basePath: '/v1',
  completionsPath: '/chat/completions',
  modelsPath: '/models',
  modelList: { object: 'list', data: [{ id: MODEL, object: 'model' }] },
  emptyAnswer: { ...wholeAnswer({ text: '' }), choices: [] },
  whole: wholeAnswer,
  failure: (_status, message, code) => ({
    error: { message, type: 'fake_error', param: null, code: code ?? null },
  }),
  frames: (answer, pieces, body) => {
    const { tool, isCutOff } = answer;
    const finish = tool ? 'tool_calls' : isCutOff ? 'length' : 'stop';
    return {
      opening: [frame(chunk({ role: 'assistant', content: '' }))],
      pieces: [
        ...pieces.map((content) => frame(chunk({ content }))),
        ...(tool ? toolDeltas(tool).map((each) => frame(chunk({ tool_calls: [each] }))) : []),
      ],
      closing: [
        frame(chunk({}, finish)),
        ...(body.stream_options ? [frame({ ...chunk({}), choices: [], usage: USAGE })] : []),
        'data: [DONE]\n\n',
      ],
    };
  },
  noise: [': keep-alive\n\n', 'event: news\ndata: {"choices":[]}\n\n', 'retry: 3000\n\n'],
  badFrame: 'data: {"choices": [{"delta": {"content": "Hel\n\n',
  failingFrame: (failure) =>
    frame({
      error:
        failure === 'overload'
          ? { message: 'overloaded', type: 'server_error', code: 503 }
          : { message: 'too many', type: 'rate_limit_error', code: 'rate_limit_exceeded' },
    }),
  refusal: (what) => REFUSALS[what],
};

/** Listens on a free port of the loopback. */
export async function startFakeOpenAi(): Promise<FakeOpenAi> {
  return await startFakeModelServer(DIALECT);
}

function wholeAnswer({ text, tool, isCutOff }: FakeAnswer): object {
  const calls = tool && [
    {
      id: 'call_1',
      type: 'function',
      function: { name: tool.name, arguments: tool.rawArguments },
    },
  ];
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: MODEL,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, ...(calls && { tool_calls: calls }) },
        finish_reason: calls ? 'tool_calls' : isCutOff ? 'length' : 'stop',
      },
    ],
    usage: USAGE,
  };
}

function chunk(delta: object, finish: string | null = null): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: MODEL,
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

/** The name first, the arguments in two pieces. */
function toolDeltas({ name, rawArguments }: { name: string; rawArguments: string }): object[] {
  const letters = rawArguments.split('');
  const half = halfOf(letters).length;
  return [
    { index: 0, id: 'call_1', type: 'function', function: { name, arguments: '' } },
    { index: 0, function: { arguments: letters.slice(0, half).join('') } },
    { index: 0, function: { arguments: letters.slice(half).join('') } },
  ];
}

function frame(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
