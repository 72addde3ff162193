import { Busy } from "./busy.ts";

/** So many may wait: at a few milliseconds each, whoever comes later would be answered too late to matter. */
const WAITING_AT_MOST = 1_000;
const RETRY_AFTER_SECONDS = 5;

/**
 * Lets one piece of costly work begin in each turn of the event loop. A message from a stranger costs some milliseconds
 * until it is refused; of a thousand that arrive together each would begin in the same turn, and everything else in the
 * process, the health check that keeps it alive included, would wait for the last of them (SA-25).
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it is the caller's turn, in the order of the calls. Throws `Busy` when too many wait. */
  async next(): Promise<void> {
    if (this.#waiting.length >= WAITING_AT_MOST) throw new Busy("messages", RETRY_AFTER_SECONDS);
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) this.#schedule();
    });
  }

  #schedule(): void {
    setImmediate(() => {
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
