/** Somebody waits until it rings; what rang while nobody waited is heard by the next who does. */
export class Bell {
  #isRung = false;
  #heard: (() => void) | undefined;

  ring = (): void => {
    this.#isRung = true;
    this.#heard?.();
  };

  /** Until it rings, or for so long. */
  async wait(ms: number): Promise<void> {
    if (!this.#isRung) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
        timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
      this.#heard = undefined;
    }
    this.#isRung = false;
  }
}
