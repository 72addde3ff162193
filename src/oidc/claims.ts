import { release } from "../flow/release.ts";
import type { Account } from "../model/account.ts";
import type { OidcApplication } from "../model/application.ts";
import type { ReleasedAttribute, ReleaseRule } from "../model/release.ts";
import type { ClaimsRequest, ClaimWish } from "./claims-parameter.ts";
import { DEFAULT_CLAIMS } from "./default-claims.ts";
import { ADDRESS_MEMBERS, derivedClaimNames, derivedClaims } from "./derived-claims.ts";

/**
 * Claims that say who issued a token, to whom and when. No mapping may write them: a rule named `sub` would let
 * whoever edits an attribute become somebody else.
 */
const PROTECTED = new Set(
  (
    "iss sub aud exp nbf iat jti nonce auth_time acr amr azp at_hash c_hash s_hash sid client_id scope act may_act " +
    "cnf events active token_type typ sub_jwk __proto__"
  ).split(" "),
);

/** True for a claim that no mapping may write. */
export function isProtectedClaim(name: string): boolean {
  return PROTECTED.has(name);
}

const BOOLEANS = new Set(["email_verified", "phone_number_verified"]);
const LISTS = new Set(["groups", "roles"]);

export interface ClaimsInput {
  readonly application: OidcApplication;
  readonly account: Account;
  /** Asked for and allowed. */
  readonly scopes: readonly string[];
  readonly claims: ClaimsRequest | undefined;
}

/** A claim by its name, and the scope that brings it; undefined: it is always sent. */
type Claim = Pick<ReleaseRule, "name" | "scope">;

/**
 * The claims of the UserInfo answer besides `sub`: what the scopes bring (OpenID Connect Core 5.4), what the mapping
 * always sends, and what the `claims` parameter asked for by name (5.5).
 */
export function userinfoClaims(input: ClaimsInput): Readonly<Record<string, unknown>> {
  const wished = namesOf(input.claims?.userinfo);
  return released(
    input,
    ({ name, scope }) => scope === undefined || input.scopes.includes(scope) || wished.has(name),
  );
}

/**
 * The claims of an ID token besides those that it always has: what the `claims` parameter asked for there, and what
 * the mapping sends without a scope. A scope's claims are for UserInfo alone, because an ID token travels through
 * more hands (Core 5.4).
 */
export function idTokenClaims(input: ClaimsInput): Readonly<Record<string, unknown>> {
  const wished = namesOf(input.claims?.idToken);
  return released(input, ({ name, scope }) => scope === undefined || wished.has(name));
}

/** The scopes that bring the claims that were asked for by name: it is these that a person is asked to allow. */
export function scopesOfClaims(application: OidcApplication, claims: ClaimsRequest): readonly string[] {
  const wished = namesOf([...claims.idToken, ...claims.userinfo]);
  const scopes = claimsOf(application).flatMap(({ name, scope }) =>
    scope !== undefined && wished.has(name) ? [scope] : [],
  );
  return [...new Set(scopes)].filter((scope) => application.scopes.includes(scope));
}

/** Leaves only wishes for claims whose scope the person allowed, or that need none. */
export function allowedWishes(
  application: OidcApplication,
  claims: ClaimsRequest,
  allowedScopes: readonly string[],
): ClaimsRequest {
  const allowed = new Set(
    claimsOf(application)
      .filter(({ scope }) => scope === undefined || allowedScopes.includes(scope))
      .map(({ name }) => name),
  );
  const only = (wishes: readonly ClaimWish[]) => wishes.filter(({ name }) => allowed.has(name));
  return { idToken: only(claims.idToken), userinfo: only(claims.userinfo) };
}

/**
 * What an application is sent under which scope: its own mapping, or the ready-made one. For pages that show it; the
 * address, which is an object, stands there as one line.
 */
export function claimRules(application: OidcApplication): readonly ReleaseRule[] {
  if (application.release.length > 0) return application.release;
  const sources = ADDRESS_MEMBERS.map((name) => ({ kind: "attribute", name }) as const);
  const source = { kind: "join", sources, separator: ", " } as const;
  return [...DEFAULT_CLAIMS, { name: "address", source, scope: "address" }];
}

/** Every claim that the ready-made scopes can bring, for discovery. */
export function defaultClaimNames(): readonly string[] {
  return [...DEFAULT_CLAIMS.map(({ name }) => name), ...derivedClaimNames()];
}

function rulesOf(application: OidcApplication): readonly ReleaseRule[] {
  return application.release.length > 0 ? application.release : DEFAULT_CLAIMS;
}

function claimsOf(application: OidcApplication): readonly Claim[] {
  return [...rulesOf(application), ...derivedClaims(application)];
}

function namesOf(wishes: readonly ClaimWish[] | undefined): ReadonlySet<string> {
  return new Set(wishes?.map(({ name }) => name));
}

function released(
  { application, account }: ClaimsInput,
  wanted: (claim: Claim) => boolean,
): Readonly<Record<string, unknown>> {
  const rules = rulesOf(application).filter((rule) => !PROTECTED.has(rule.name) && wanted(rule));
  const mapped = release(rules, account).map((item) => [item.rule.name, valueOf(item)] as const);
  const derived = derivedClaims(application)
    .filter(wanted)
    .map((claim) => [claim.name, claim.valueOf(account)] as const)
    .filter(([, value]) => value !== undefined);
  // The mapping last: what it says about a claim is what is sent.
  return Object.fromEntries([...derived, ...mapped]);
}

/** A list where the mapping or the claim's meaning wants one, so that one group does not look like another type than two. */
function valueOf({ rule, values }: ReleasedAttribute): unknown {
  if (BOOLEANS.has(rule.name)) return values[0] === "true";
  if (rule.multiValued === true || LISTS.has(rule.name) || values.length > 1) return values;
  return values[0];
}
