/** Webhooks that are sent once more, and whether the same was answered. */
import type { TimedAnswer, TwilioClient } from '../twilio-client.ts';

type Post = Parameters<TwilioClient['post']>;

interface Sent {
  post: Post;
  body: string;
}

/** Sends every now and then the webhook before the last one again, and compares the answers. */
export class OldWebhooks {
  readonly #client: Pick<TwilioClient, 'post'>;
  readonly #every: number;
  readonly #onTurn: (turn: number) => void;
  readonly #sent: Sent[] = [];
  #turn = 0;
  #repeated = 0;
  #differing = 0;

  /**
   * @param every after so many turns
   * @param onTurn is told how many turns have been made
   */
  constructor(client: Pick<TwilioClient, 'post'>, every: number, onTurn: (turn: number) => void) {
    this.#client = client;
    this.#every = every;
    this.#onTurn = onTurn;
  }

  async post(...post: Post): Promise<TimedAnswer> {
    const answer = await this.#client.post(...post);
    if (answer.body === '') return answer; // a status callback: nothing is said to it
    this.#sent.push({ post, body: answer.body });
    if (this.#sent.length > 2) this.#sent.shift();
    this.#turn += 1;
    this.#onTurn(this.#turn - 1);
    const [before] = this.#sent;
    if (before && this.#sent.length > 1 && this.#turn % this.#every === 0) {
      const again = await this.#client.post(...before.post);
      this.#repeated += 1;
      if (again.body !== before.body) this.#differing += 1;
    }
    return answer;
  }

  counts() {
    return { sentAgain: this.#repeated, answeredDifferently: this.#differing };
  }

  /**
   * When the call is long over: sends the newest ones again.
   * @returns what is answered to each; undefined: nothing
   */
  async replayNewest(): Promise<(TimedAnswer | undefined)[]> {
    const answers: (TimedAnswer | undefined)[] = [];
    for (const { post } of this.#sent) {
      answers.push(await this.#client.post(...post).catch(() => undefined));
    }
    return answers;
  }
}
