import type { KeyObject } from "node:crypto";
import type { JWK } from "jose";
import type { SigningKeyState, SigningKeyType } from "../model/signing-key.ts";
import { Unavailable } from "../platform/unavailable.ts";

/** A signing key in memory: KeyObjects made once, because PEM text at each signature costs almost a second one. */
export interface SigningKey {
  /** The `kid`. */
  readonly id: string;
  readonly type: SigningKeyType;
  readonly state: SigningKeyState;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Base64 DER, for SAML metadata and KeyInfo. */
  readonly certificate: string;
  /** The public half with `kid` and `use`, without `alg` (one RSA key serves several). */
  readonly jwk: JWK;
  readonly createdAtMs: number;
  readonly stateSinceMs: number;
}

/** The installation's signing keys. `load` replaces them all at once, so readers never see half a rotation. */
export class KeyRing {
  #keys: readonly SigningKey[] = [];
  #byId = new Map<string, SigningKey>();
  readonly #listeners: (() => void)[] = [];

  load(keys: readonly SigningKey[]): void {
    this.#keys = keys;
    this.#byId = new Map(keys.map((key) => [key.id, key]));
    for (const listener of this.#listeners) listener();
  }

  /** Called after each load: published documents (JWKS, metadata) are made anew. */
  onLoad(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The key that signs now. Throws `Unavailable` when there is none of this type. */
  active(type: SigningKeyType): SigningKey {
    const key = this.#keys.find((candidate) => candidate.type === type && candidate.state === "active");
    if (key === undefined) throw new Unavailable("keys");
    return key;
  }

  /** Next, active and retiring: what JWKS and SAML metadata publish; the active one of each type first. */
  published(): readonly SigningKey[] {
    return this.#keys;
  }

  /** By `kid`, for verifying what we signed ourselves. */
  byId(id: string): SigningKey | undefined {
    return this.#byId.get(id);
  }
}
