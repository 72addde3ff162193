import { release } from "../flow/release.ts";
import type { Account } from "../model/account.ts";
import type { OidcApplication } from "../model/application.ts";
import type { ReleasedAttribute, ReleaseRule } from "../model/release.ts";
import type { ClaimsRequest, ClaimWish } from "./claims-parameter.ts";
import { ADDRESS_MEMBERS, DEFAULT_CLAIMS } from "./default-claims.ts";

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

const BOOLEANS = new Set(["email_verified", "phone_number_verified"]);
const LISTS = new Set(["groups", "roles"]);

export interface ClaimsInput {
  readonly application: OidcApplication;
  readonly account: Account;
  /** Asked for and allowed. */
  readonly scopes: readonly string[];
  readonly claims: ClaimsRequest | undefined;
}

/**
 * The claims of the UserInfo answer besides `sub`: what the scopes bring (OpenID Connect Core 5.4), what the mapping
 * always sends, and what the `claims` parameter asked for by name (5.5).
 */
export function userinfoClaims(input: ClaimsInput): Readonly<Record<string, unknown>> {
  const wished = namesOf(input.claims?.userinfo);
  return released(
    input,
    ({ name, scope }) => scope === undefined || input.scopes.includes(scope) || wished.has(name),
    input.scopes.includes("address") || wished.has("address"),
  );
}

/**
 * The claims of an ID token besides those that it always has: what the `claims` parameter asked for there, and what
 * the mapping sends without a scope. A scope's claims are for UserInfo alone, because an ID token travels through
 * more hands (Core 5.4).
 */
export function idTokenClaims(input: ClaimsInput): Readonly<Record<string, unknown>> {
  const wished = namesOf(input.claims?.idToken);
  return released(input, ({ name, scope }) => scope === undefined || wished.has(name), wished.has("address"));
}

/** The scopes that bring the claims that were asked for by name: it is these that a person is asked to allow. */
export function scopesOfClaims(application: OidcApplication, claims: ClaimsRequest): readonly string[] {
  const wished = namesOf([...claims.idToken, ...claims.userinfo]);
  const scopes = rulesOf(application).flatMap(({ name, scope }) =>
    scope !== undefined && wished.has(name) ? [scope] : [],
  );
  const all = wished.has("address") ? [...scopes, "address"] : scopes;
  return [...new Set(all)].filter((scope) => application.scopes.includes(scope));
}

/** Leaves only wishes for claims whose scope the person allowed, or that need none. */
export function allowedWishes(
  application: OidcApplication,
  claims: ClaimsRequest,
  allowedScopes: readonly string[],
): ClaimsRequest {
  const allowed = new Set(
    rulesOf(application)
      .filter(({ scope }) => scope === undefined || allowedScopes.includes(scope))
      .map(({ name }) => name),
  );
  if (allowedScopes.includes("address")) allowed.add("address");
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
  return [...DEFAULT_CLAIMS.map(({ name }) => name), "address"];
}

function rulesOf(application: OidcApplication): readonly ReleaseRule[] {
  return application.release.length > 0 ? application.release : DEFAULT_CLAIMS;
}

function namesOf(wishes: readonly ClaimWish[] | undefined): ReadonlySet<string> {
  return new Set(wishes?.map(({ name }) => name));
}

function released(
  { application, account }: ClaimsInput,
  wanted: (rule: ReleaseRule) => boolean,
  address: boolean,
): Readonly<Record<string, unknown>> {
  const rules = rulesOf(application).filter((rule) => !PROTECTED.has(rule.name) && wanted(rule));
  const claims = Object.fromEntries(release(rules, account).map((item) => [item.rule.name, valueOf(item)]));
  const whole = address && !("address" in claims) ? addressOf(account) : undefined;
  return whole === undefined ? claims : { ...claims, address: whole };
}

/** A list where the mapping or the claim's meaning wants one, so that one group does not look like another type than two. */
function valueOf({ rule, values }: ReleasedAttribute): unknown {
  if (BOOLEANS.has(rule.name)) return values[0] === "true";
  if (rule.multiValued === true || LISTS.has(rule.name) || values.length > 1) return values;
  return values[0];
}

function addressOf(account: Account): Readonly<Record<string, string>> | undefined {
  const rules = ADDRESS_MEMBERS.map(
    (name): ReleaseRule => ({ name, source: { kind: "attribute", name }, multiValued: false }),
  );
  const members = release(rules, account).flatMap(({ rule, values }) =>
    values[0] === undefined ? [] : [[rule.name, values[0]] as const],
  );
  return members.length === 0 ? undefined : Object.fromEntries(members);
}
