import { hash } from "node:crypto";
import type { KeyUseNotes } from "../keys/key-use-notes.ts";
import type { Account } from "../model/account.ts";
import type { OidcApplication } from "../model/application.ts";
import type { AuthenticationMethod } from "../model/authentication.ts";
import type { Clock } from "../platform/clock.ts";
import { sessionIndexFor } from "../session/session-index.ts";
import type { Subjects } from "../session/subject.ts";
import { idTokenClaims } from "./claims.ts";
import type { ClaimsRequest } from "./claims-parameter.ts";
import type { JwtSigner } from "./jwt-signer.ts";
import { subjectFor } from "./oidc-subject.ts";

/** An ID token says that a login happened; nobody needs it for longer than the redirect takes. */
const LIFETIME_SECONDS = 600;

export interface IdTokenInput {
  readonly application: OidcApplication;
  readonly account: Account;
  /** The session that the token was born in, also at a refresh. */
  readonly sessionId: string;
  readonly scopes: readonly string[];
  readonly claims: ClaimsRequest | undefined;
  /** Only of the authorization request itself: a refreshed ID token has none (OpenID Connect Core 12.2). */
  readonly nonce: string | undefined;
  /** Epoch milliseconds; at a refresh that of the original login (Core 12.2). */
  readonly authTimeMs: number;
  readonly acr: string;
  readonly methods: readonly AuthenticationMethod[];
  /** The access token that goes out beside it, for `at_hash`. */
  readonly accessToken?: string | undefined;
}

/** Makes ID tokens (OpenID Connect Core 2), signed with the algorithm of the client's choice. */
export class IdTokens {
  readonly #issuer: string;
  readonly #signer: JwtSigner;
  readonly #subjects: Subjects;
  readonly #clock: Clock;
  readonly #keyUse: Pick<KeyUseNotes, "signed"> | undefined;

  constructor(parts: {
    issuer: string;
    signer: JwtSigner;
    subjects: Subjects;
    clock: Clock;
    keyUse?: Pick<KeyUseNotes, "signed"> | undefined;
  }) {
    this.#issuer = parts.issuer;
    this.#signer = parts.signer;
    this.#subjects = parts.subjects;
    this.#clock = parts.clock;
    this.#keyUse = parts.keyUse;
  }

  /** Throws `Unavailable` when there is no key for the client's algorithm. */
  issue(input: IdTokenInput): string {
    const { application, account, accessToken } = input;
    const iat = Math.floor(this.#clock.nowMs() / 1000);
    const algorithm = application.idTokenAlgorithm;
    this.#keyUse?.signed(application.id, this.#signer.keyId(algorithm));
    return this.#signer.sign(algorithm, "JWT", {
      // The mapped claims come first: whatever they are named, what follows is ours.
      ...idTokenClaims(input),
      iss: this.#issuer,
      sub: subjectFor(application, account.id, this.#subjects),
      aud: application.id,
      exp: iat + LIFETIME_SECONDS,
      iat,
      auth_time: Math.floor(input.authTimeMs / 1000),
      nonce: input.nonce,
      acr: input.acr,
      amr: input.methods,
      sid: sessionIndexFor(input.sessionId, application.id),
      at_hash: accessToken === undefined ? undefined : leftHalfHash(algorithm, accessToken),
    });
  }
}

/** The left half of the hash that the signature's algorithm names; for EdDSA that is SHA-512 (Core 3.1.3.6). */
function leftHalfHash(algorithm: OidcApplication["idTokenAlgorithm"], text: string): string {
  const digest = hash(digestOf(algorithm), text, "buffer");
  return digest.subarray(0, digest.length / 2).toString("base64url");
}

function digestOf(algorithm: OidcApplication["idTokenAlgorithm"]): string {
  switch (algorithm) {
    case "RS256":
    case "PS256":
    case "ES256":
      return "sha256";
    case "RS384":
    case "ES384":
      return "sha384";
    case "RS512":
    case "EdDSA":
      return "sha512";
  }
}
