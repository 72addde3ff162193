/** How a person proved who they are, in the values of RFC 8176 (`amr`). */
export type AuthenticationMethod = "pwd" | "otp" | "hwk" | "mfa" | "ext";

/**
 * How strong a login was, weakest first: `password` is a password over TLS (or loopback), `multi-factor` two
 * different factors. Protocols translate: saml/authn-context.ts and oidc/acr.ts.
 */
export type AuthenticationContext = "password" | "multi-factor";

/** One proof of identity within a session. */
export interface Authentication {
  /** When the proof was given, in epoch milliseconds (AuthnInstant, `auth_time`). */
  readonly instantMs: number;
  readonly methods: readonly AuthenticationMethod[];
  readonly context: AuthenticationContext;
  /** The sign-on request that this login was made for: proof by identity, not by clock, that a forced login happened. */
  readonly servedRequestId?: string | undefined;
}

/**
 * The context that an application asked for (RequestedAuthnContext; `acr_values` and `claims`).
 * `classes` are ours, already translated and in the order of preference; a class that we do not know is left out
 * by the translation, so an empty list means "nothing that we can do".
 */
export interface RequestedContext {
  readonly comparison: "exact" | "minimum" | "better" | "maximum";
  readonly classes: readonly AuthenticationContext[];
  /** False for `acr_values`, which are a wish: the sign-on goes on with what there is (OIDC Core 3.1.2.1). */
  readonly essential: boolean;
}
