/** A clock that goes on when it is told to. */
export class Clock {
  ms = 0;
  readonly now = (): number => this.ms;
}
