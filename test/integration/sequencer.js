import Sequencer from '@jest/test-sequencer';

/**
 * What takes longest begins first, so that nothing long is left to the end. What works hard (kills,
 * schemathesis, benchmarks) begins apart from one another, beside such as mostly waits. All others
 * behind these.
 */
const FIRST = [
  ...[
    'stream-drills',
    'stream-conversations',
    'streams',
    'stream-models',
    'stream-speech-failures',
  ],
  ...['delivery-kills', 'reconcile', 'api-calls', 'versions', 'delivery', 'schemathesis'],
  ...['observability', 'cli-webhooks', 'endurance', 'bench', 'graceful-stop', 'event-streams'],
  ...['drills', 'faults', 'failures', 'sealing', 'session'],
].map((name) => `/test/integration/${name}.test.ts`);

const rank = ({ path }) => {
  const at = FIRST.findIndex((end) => path.endsWith(end));
  return at === -1 ? FIRST.length : at;
};

export default class extends Sequencer {
  async sort(tests) {
    const usual = await super.sort(tests);
    return usual.toSorted((one, other) => rank(one) - rank(other));
  }
}
