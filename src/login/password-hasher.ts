import { hash, parseOptions, verify } from "@node-rs/argon2";
import { Busy } from "../platform/busy.ts";
import { type Random, randomToken } from "../platform/random.ts";

/** argon2id with 19 MiB, two passes, one lane: OWASP's minimum; about 18 ms of one core. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const SALT_BYTES = 16;
const WAITING_FOR_EACH_SLOT = 50;
const RETRY_AFTER_SECONDS = 3;

/**
 * Password hashes. argon2 runs on libuv's threads, which sign and inflate as well: so only `inFlight` run at once, and
 * only so many more may wait as are served within about a second. Beyond that `Busy` is thrown before any work.
 */
export class PasswordHasher {
  readonly #random: Random;
  readonly #inFlight: number;
  readonly #dummy: string;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  private constructor(random: Random, inFlight: number, dummy: string) {
    this.#random = random;
    this.#inFlight = inFlight;
    this.#dummy = dummy;
  }

  static async create(random: Random, inFlight: number): Promise<PasswordHasher> {
    const dummy = await hash(randomToken(random), { ...PARAMETERS, salt: random.bytes(SALT_BYTES) });
    return new PasswordHasher(random, inFlight, dummy);
  }

  /** The hash in PHC form, its parameters inside. Throws `Busy`. */
  async hash(password: string): Promise<string> {
    const salt = this.#random.bytes(SALT_BYTES);
    return await this.#bounded(async () => await hash(password, { ...PARAMETERS, salt }));
  }

  /**
   * Compares. Without a stored hash (an unknown name, an account without a password) the same work is done on a dummy
   * and the answer is false: the time does not tell who exists. Throws `Busy`.
   */
  async verify(stored: string | undefined, password: string): Promise<boolean> {
    const right = await this.#bounded(async () => await verify(stored ?? this.#dummy, password));
    return right && stored !== undefined;
  }

  /** True when the hash was made with other parameters than today's. */
  needsRehash(stored: string): boolean {
    const { memoryCost, timeCost, parallelism } = parseOptions(stored);
    return (
      !stored.startsWith("$argon2id$") ||
      memoryCost !== PARAMETERS.memoryCost ||
      timeCost !== PARAMETERS.timeCost ||
      parallelism !== PARAMETERS.parallelism
    );
  }

  async #bounded<T>(work: () => Promise<T>): Promise<T> {
    await this.#takeSlot();
    try {
      return await work();
    } finally {
      // The slot is handed on to the next in line; only without one does it become free.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #takeSlot(): Promise<void> {
    if (this.#running < this.#inFlight) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.#inFlight * WAITING_FOR_EACH_SLOT) {
      throw new Busy("password checks", RETRY_AFTER_SECONDS);
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** libuv has four threads unless it is told otherwise; one of them stays free for signatures. */
const MOST_IN_FLIGHT = 3;

/** How many checks one process runs at once: a core stays free for sign-ons, and the workers share the rest. */
export function checksInFlight(cores: number, workers: number): number {
  return Math.max(1, Math.min(MOST_IN_FLIGHT, Math.floor((cores - 1) / workers)));
}
