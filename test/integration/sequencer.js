import Sequencer from '@jest/test-sequencer';

/**
 * What takes longest begins first, so that nothing long is left to the end; then what measures callers'
 * waits, when the machine has less to do. All others behind these.
 */
const FIRST = [
  ...['delivery-kills', 'schemathesis', 'versions', 'bench', 'reconcile', 'api-calls'],
  ...['delivery', 'event-streams', 'endurance', 'graceful-stop', 'observability', 'cli-webhooks'],
  ...['drills', 'faults'],
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
