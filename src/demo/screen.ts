/** What the demo tells the person at the terminal. Pure: text out. */
import { callLink } from '../running.ts';
import type { ErrorEvent } from '../simulator/truth-events.ts';
import type { Demo } from './demo.ts';

export function welcome({ instance, dataDir, isOwnDataDir, logFile }: Demo): string {
  const { apiUrl, temporalUiUrl } = instance.running;
  const { postgres, temporal } = instance.stack;
  const servers = [postgres, temporal].flatMap((server) =>
    server?.pid === undefined ? [] : [[server.spec.name, server.pid] as const],
  );
  const pids = [...Object.entries(instance.supervisor.pids()), ...servers].map(
    ([name, pid]) => `    ${name.padEnd(14)} kill -9 ${pid}`,
  );
  return [
    '',
    'VOCA is ready.',
    ...(temporalUiUrl ? [`  Temporal UI   ${temporalUiUrl}`] : []),
    `  API           ${apiUrl}/readyz`,
    `  Log           ${logFile}`,
    `  Processes     pid files in ${dataDir}/run. Kill what you like while you talk:`,
    ...pids,
    '',
    `In another terminal${isOwnDataDir ? ' (with the same VOCA_DATA_DIR)' : ''}: npm run voca -- calls`,
    'and, when no call is on, npm run voca -- call +14155550199. An assistant of your own:',
    'npm run voca -- keys create, and then as the README says.',
    '',
  ].join('\n');
}

/** Said when the call goes over a stream of audio. */
export function aboutStreams({
  simulator,
  recordings,
}: Pick<Demo, 'simulator' | 'recordings'>): string {
  const voice = simulator.callerVoice;
  const aboutVoice =
    voice === 'tones'
      ? [
          'No voice is installed on this machine, so tones stand in for speech, in the recordings too.',
          'To hear words, install one and start again: apt-get install flite, or brew install espeak-ng.',
        ]
      : [
          `What you type is spoken by ${voice} when you press Enter, over the assistant if it speaks.`,
        ];
  return [
    ...aboutVoice,
    `When the call is over, what each side heard is in ${recordings}.`,
    'Kill a media worker (voca-media) while it speaks: the call goes on at the other one.',
    '',
  ].join('\n');
}

/** What the simulated Twilio wrote into its error log. */
export function networkError({ level, code, message }: ErrorEvent): string {
  return `  Twilio's ${level} ${code}: ${message}`;
}

export function whereIsTheCall({ instance }: Demo, callId: string): string {
  const { temporalUiUrl, namespace } = instance.running;
  if (!temporalUiUrl) return `This call is ${callId}.`;
  return `This call in the Temporal UI: ${callLink(temporalUiUrl, namespace, callId)}`;
}
