import type { AuthenticationContext, RequestedContext } from "../model/authentication.ts";
import type { ClaimsRequest } from "./claims-parameter.ts";

/** Our contexts as absolute URIs (OpenID Connect Core 2, `acr`); the same names that SAML uses for them. */
const ACR: Readonly<Record<AuthenticationContext, string>> = {
  password: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
  "multi-factor": "https://refeds.org/profile/mfa",
};

const CONTEXTS: readonly AuthenticationContext[] = ["password", "multi-factor"];

export function acrOf(context: AuthenticationContext): string {
  return ACR[context];
}

function contextOf(acr: unknown): AuthenticationContext | undefined {
  return CONTEXTS.find((context) => ACR[context] === acr);
}

/**
 * What a request says about the strength of the login. `acr` as an essential claim of the ID token is a demand, and
 * one with values that we do not know cannot be met (Core 5.5.1.1); `acr_values` and a voluntary claim are a wish, and
 * one that we do not know is nothing (Core 3.1.2.1).
 */
export function requestedContext(
  acrValues: readonly string[],
  claims: ClaimsRequest | undefined,
): RequestedContext | undefined {
  const wish = claims?.idToken.find((claim) => claim.name === "acr");
  const named = wish?.values ?? [];
  const essential = wish?.essential === true && named.length > 0;
  const classes = known(named.length > 0 ? named : acrValues);
  if (classes.length === 0 && !essential) return undefined;
  return { comparison: "exact", classes, essential };
}

function known(values: readonly unknown[]): readonly AuthenticationContext[] {
  return [...new Set(values.flatMap((value) => contextOf(value) ?? []))];
}

/**
 * The `acr` of an ID token: of the contexts that were asked for, the first that this login fulfils; otherwise the one
 * of the login. Who gave two factors fulfils a demand for a password, and the answer must name what was demanded.
 */
export function fulfilledAcr(
  context: AuthenticationContext,
  requested: RequestedContext | undefined,
): string {
  const own = CONTEXTS.indexOf(context);
  const fulfilled = requested?.classes.find((asked) => CONTEXTS.indexOf(asked) <= own);
  return ACR[fulfilled ?? context];
}
