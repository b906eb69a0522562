import Sequencer from '@jest/test-sequencer';

/** What takes longest begins first, so that nothing long is left to the end. All others behind these. */
const FIRST = [
  ...['bench', 'stream-drills', 'streams', 'versions', 'stream-speech-failures', 'reconcile'],
  ...['stream-models', 'stream-conversations', 'graceful-stop', 'stream-long', 'api-calls'],
  ...['faults', 'drills', 'media-worker', 'schemathesis', 'delivery-kills', 'media-drain'],
  ...['failures', 'stream-abuse', 'delivery-deaths', 'observability', 'delivery', 'endurance'],
  ...['replay', 'stream-sealed', 'session', 'sealing', 'embedded', 'api-lists', 'erase'],
  ...['session-activity', 'cli-webhooks', 'cli-api', 'event-streams'],
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
