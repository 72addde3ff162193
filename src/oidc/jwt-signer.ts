import type { KeyRing, SigningKey } from "../keys/key-ring.ts";
import type { IdTokenAlgorithm } from "../model/application.ts";
import { JWS_ALGORITHMS, keyTypeOf, signJws } from "./jwt-algorithms.ts";

/** `typ` keeps one kind of token from being taken for another (RFC 8725 3.11). */
export type JwtType = "JWT" | "at+jwt" | "logout+jwt" | "token-revocations+jwt";

/** Signs JWTs with the key ring's active keys, as compact JWS (RFC 7515 3.1) with `alg`, `kid` and `typ` in the header. */
export class JwtSigner {
  readonly #keyRing: KeyRing;
  readonly #headers = new Map<string, string>();

  constructor(keyRing: KeyRing) {
    this.#keyRing = keyRing;
    keyRing.onLoad(() => this.#headers.clear());
  }

  /** Which algorithms have an active key now. */
  algorithms(): readonly IdTokenAlgorithm[] {
    const types = new Set(
      this.#keyRing
        .published()
        .filter((key) => key.state === "active")
        .map((key) => key.type),
    );
    return JWS_ALGORITHMS.filter((algorithm) => types.has(keyTypeOf(algorithm)));
  }

  /** The `kid` of what is signed with this algorithm now. Throws `Unavailable` when there is no such key. */
  keyId(algorithm: IdTokenAlgorithm): string {
    return this.#keyRing.active(keyTypeOf(algorithm)).id;
  }

  /** Members that are undefined are left out. Throws `Unavailable` when no key of the algorithm's type is active. */
  sign(algorithm: IdTokenAlgorithm, type: JwtType, claims: Readonly<Record<string, unknown>>): string {
    const key = this.#keyRing.active(keyTypeOf(algorithm));
    const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
    const input = `${this.#header(algorithm, type, key)}.${payload}`;
    return `${input}.${signJws(algorithm, key.privateKey, input).toString("base64url")}`;
  }

  #header(algorithm: IdTokenAlgorithm, type: JwtType, key: SigningKey): string {
    const name = `${algorithm} ${type} ${key.id}`;
    let header = this.#headers.get(name);
    if (header === undefined) {
      header = Buffer.from(JSON.stringify({ alg: algorithm, typ: type, kid: key.id })).toString("base64url");
      this.#headers.set(name, header);
    }
    return header;
  }
}
