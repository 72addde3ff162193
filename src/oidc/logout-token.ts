import type { OidcApplication } from "../model/application.ts";
import type { Participant } from "../model/participant.ts";
import type { Clock } from "../platform/clock.ts";
import { type Random, randomToken } from "../platform/random.ts";
import type { JwtSigner } from "./jwt-signer.ts";

/** Back-Channel Logout 1.0 section 2.4 recommends two minutes at most: a captured token is soon worth nothing. */
const LIFETIME_SECONDS = 120;
const EVENT = "http://schemas.openid.net/event/backchannel-logout";

/** Makes logout tokens (OpenID Connect Back-Channel Logout 1.0 section 2.4). */
export class LogoutTokens {
  readonly #issuer: string;
  readonly #signer: JwtSigner;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(parts: { issuer: string; signer: JwtSigner; clock: Clock; random: Random }) {
    this.#issuer = parts.issuer;
    this.#signer = parts.signer;
    this.#clock = parts.clock;
    this.#random = parts.random;
  }

  /** The key that a logout token of this application is signed with now. Throws as `issue` does. */
  keyIdFor(application: OidcApplication): string {
    return this.#signer.keyId(application.idTokenAlgorithm);
  }

  /**
   * A fresh one for each delivery, with a `jti` of its own: an application that has seen a `jti` refuses it. No `nonce`,
   * so that it can never pass for an ID token. Throws `Unavailable` when there is no key for the client's algorithm.
   */
  issue(application: OidcApplication, participant: Participant): string {
    const iat = Math.floor(this.#clock.nowMs() / 1000);
    return this.#signer.sign(application.idTokenAlgorithm, "logout+jwt", {
      iss: this.#issuer,
      aud: application.id,
      iat,
      exp: iat + LIFETIME_SECONDS,
      jti: randomToken(this.#random),
      sub: participant.subject,
      sid: participant.sessionIndex,
      events: { [EVENT]: {} },
    });
  }
}
