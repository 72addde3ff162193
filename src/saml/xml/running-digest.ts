import { createHash, type Hash } from "node:crypto";
import type { SignedDigest } from "./verify-signature.ts";

/** A call for each tag would cost more than the hash itself. */
const GATHERED = 32_768;

/** The digest of a text that comes in many small pieces, to be compared with the one that was signed. */
export class RunningDigest {
  readonly #signed: SignedDigest;
  readonly #hash: Hash;
  #gathered: string[] = [];
  #size = 0;

  constructor(signed: SignedDigest) {
    this.#signed = signed;
    this.#hash = createHash(signed.hash);
  }

  add(text: string): void {
    this.#gathered.push(text);
    this.#size += text.length;
    if (this.#size >= GATHERED) this.#flush();
  }

  /** True where all that was added is what was signed; nothing can be added afterwards. */
  fits(): boolean {
    this.#flush();
    return this.#hash.digest().equals(this.#signed.value);
  }

  #flush(): void {
    this.#hash.update(this.#gathered.join(""), "utf8");
    this.#gathered = [];
    this.#size = 0;
  }
}
