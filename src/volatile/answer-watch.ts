/** The limit is looked at this many times before it is over, so an answer is missed by a quarter of it at most. */
const LOOKS = 4;

/**
 * Notices that answers stay out: `late` is called when something that was sent has waited for `limitMs` (and up to a
 * quarter more). Redis answers in the order of the commands, so two counters and one timer watch over all of them; a
 * timer and a promise for each command cost more than the command itself.
 */
export class AnswerWatch {
  readonly #everyMs: number;
  readonly #late: () => void;
  #sent = 0;
  #answered = 0;
  /** How many had been sent at each of the last looks, the oldest first. */
  #marks: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number, late: () => void) {
    this.#everyMs = limitMs / LOOKS;
    this.#late = late;
  }

  sent(): void {
    this.#sent += 1;
    if (this.#timer === undefined) this.#timer = this.#next();
  }

  /** Also for one that failed. */
  answered(): void {
    this.#answered += 1;
  }

  #next(): NodeJS.Timeout {
    // What has arrived meanwhile is read first: an event loop that was held up must not be taken for a server that was.
    return setTimeout(() => setImmediate(() => this.#look()), this.#everyMs);
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#answered === this.#sent) {
      this.#marks = [];
      return;
    }
    const oldest = this.#marks.length < LOOKS ? undefined : this.#marks.shift();
    if (oldest !== undefined && this.#answered < oldest) {
      this.#marks = [];
      this.#late();
      return;
    }
    this.#marks.push(this.#sent);
    this.#timer = this.#next();
  }
}
