import type { Protocol } from "./application.ts";
import type { RequestedContext } from "./authentication.ts";
import type { ReplyAddress } from "./reply-address.ts";

/**
 * What an application asks for, in neutral words: the AuthnRequest or authorization request after it was read and
 * checked once. `wire` is what the protocol needs to answer and nobody else reads; it must survive JSON.
 */
export interface SignOnRequest {
  /** Ours, random. It is what proves that a forced login served this request. */
  readonly id: string;
  readonly protocol: Protocol;
  readonly applicationId: string;
  readonly replyTo: ReplyAddress;
  readonly receivedAtMs: number;
  /** Interaction forbidden (IsPassive, prompt=none). */
  readonly silent: boolean;
  /** Re-authenticate (ForceAuthn, prompt=login, max_age=0). */
  readonly reauthenticate: boolean;
  /** prompt=select_account. */
  readonly selectAccount: boolean;
  /** prompt=consent. */
  readonly askConsent: boolean;
  readonly maxAgeSeconds?: number | undefined;
  readonly requestedContext?: RequestedContext | undefined;
  /** The account that the application expects (id_token_hint, Subject); another one's session does not do. */
  readonly expectedAccountId?: string | undefined;
  /** Fills the name field, never more. */
  readonly loginHint?: string | undefined;
  /** What consent is about (`scope`); empty for SAML. */
  readonly scopes: readonly string[];
  readonly wire: unknown;
}
