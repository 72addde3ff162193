import type { ApiToken, TokenOwner } from "../../model/api-token.ts";
import { randomId } from "../../platform/random.ts";
import {
  recordedAct,
  type TokenActor,
  type TokenFacts,
  type TokenRefused,
  tokenRefused,
} from "../token-act.ts";
import type { TokenResult } from "../token-act.ts";
import { makeToken } from "../token-format.ts";
import { limitsOf, type NewToken, NewTokenInput, readInput } from "../token-input.ts";
import { isOwnerUsable, ownerFacts } from "../token-rights.ts";
import { factsOf, reachOf, staleLogin } from "./token-access.ts";
import { ceilingIssues, expiryIssues, invalid, scopeIssues, tooManyLive } from "./token-checks.ts";
import type { TokenActParts } from "./token-parts.ts";

/** A new token with its secret, which is shown this once and kept nowhere. */
export interface CreatedToken {
  readonly token: TokenFacts;
  readonly secret: string;
}

/** Makes a token. Refuses `invalid`, `forbidden` and `login-needed`. */
export async function createToken(
  parts: TokenActParts,
  actor: TokenActor,
  input: unknown,
): Promise<TokenResult<CreatedToken>> {
  const nowMs = parts.clock.nowMs();
  const read = readInput(NewTokenInput, input);
  if (!read.ok) return invalid(read.issues);
  const refusal = (await mayNotMake(parts, actor, read.value)) ?? staleLogin(parts.policy, actor, nowMs);
  if (refusal !== undefined) return refusal;
  const owner = ownerOf(actor, read.value);
  if (owner === undefined) return invalid([{ field: "owner", text: "Say whose token it is." }]);
  const wrong = await wrongWith(parts, actor, read.value, owner);
  if (wrong !== undefined) return wrong;
  return await store(parts, actor, read.value, owner);
}

async function mayNotMake(
  { owners }: TokenActParts,
  actor: TokenActor,
  { kind, owner }: NewToken,
): Promise<TokenRefused | undefined> {
  const reach = await reachOf(owners, actor, "write");
  if (reach.kind === "none") return tokenRefused("forbidden", "This needs the right to make tokens.");
  if (actor.kind === "command") return undefined;
  if (kind !== "pat") {
    return reach.kind === "all"
      ? undefined
      : tokenRefused("forbidden", "API keys and service tokens are made by owners alone.");
  }
  // Whoever makes a token sees its secret, and so could act as the person: not even an owner may.
  const self = selfOf(actor);
  if (self === undefined) return tokenRefused("forbidden", "A personal access token is a person's own.");
  return owner === undefined || (owner.kind === "account" && owner.id === self)
    ? undefined
    : tokenRefused("forbidden", "A personal access token is made by its own person alone.");
}

/** The account that the actor is, or acts for. */
function selfOf(actor: TokenActor): string | undefined {
  if (actor.kind === "account") return actor.id;
  return actor.kind === "token" && actor.owner.kind === "account" ? actor.owner.id : undefined;
}

function ownerOf(actor: TokenActor, { kind, owner }: NewToken): TokenOwner | undefined {
  if (owner !== undefined || kind !== "pat") return owner;
  const self = selfOf(actor);
  return self === undefined ? undefined : { kind: "account", id: self };
}

async function wrongWith(
  parts: TokenActParts,
  actor: TokenActor,
  { kind, limits: given, expiresAtMs }: NewToken,
  owner: TokenOwner,
): Promise<TokenRefused | undefined> {
  const nowMs = parts.clock.nowMs();
  const limits = limitsOf(given);
  const facts = await ownerFacts(parts.owners, owner);
  const fits = ownerFits(kind, owner, facts);
  if (fits !== undefined) return invalid([{ field: "owner", text: fits }]);
  const issues = [
    ...expiryIssues(parts.policy, kind, expiresAtMs, { createdAtMs: nowMs, nowMs }),
    ...scopeIssues(parts.resources, kind, facts, limits),
    ...ceilingIssues(actor, limits, expiresAtMs),
  ];
  return issues.length > 0 ? invalid(issues) : await tooManyLive(parts, owner);
}

/** A sentence when a token of this kind cannot be this owner's. */
function ownerFits(
  kind: NewToken["kind"],
  owner: TokenOwner,
  facts: Awaited<ReturnType<typeof ownerFacts>>,
): string | undefined {
  if (!isOwnerUsable(facts)) return "There is no such owner, or it is switched off.";
  switch (kind) {
    case "pat":
      return owner.kind === "account" ? undefined : "A personal access token belongs to an account.";
    case "key":
      return owner.kind === "account" ? "An API key belongs to an application or a project." : undefined;
    case "svc": {
      const isService =
        facts.kind === "application" &&
        facts.application?.protocol === "oidc" &&
        facts.application.profile === "service";
      return isService ? undefined : "A service token belongs to a client of the profile service.";
    }
  }
}

async function store(
  parts: TokenActParts,
  actor: TokenActor,
  { kind, name, limits, expiresAtMs }: NewToken,
  owner: TokenOwner,
): Promise<TokenResult<CreatedToken>> {
  const nowMs = parts.clock.nowMs();
  const { text, hash, lastFour } = makeToken(kind, parts.random);
  const token: ApiToken = {
    id: randomId(parts.random),
    kind,
    name,
    hash,
    lastFour,
    owner,
    madeBy: madeBy(actor, owner),
    limits: limitsOf(limits),
    createdAtMs: nowMs,
    expiresAtMs,
    state: "active",
    stateSinceMs: nowMs,
    version: 1,
  };
  const entry = {
    action: "token.created",
    targetId: token.id,
    targetName: name,
    detail: {
      kind,
      owner: `${owner.kind}:${owner.id}`,
      scopes: limits.scopes.join(" "),
      expires: new Date(expiresAtMs).toISOString(),
    },
  };
  return await recordedAct(parts.audit, actor, entry, async () => {
    // Nothing to announce: nobody can have kept anything about a secret that did not exist.
    await parts.store.insert(token);
    return { ok: true, token: factsOf(token), secret: text };
  });
}

function madeBy(actor: TokenActor, owner: TokenOwner): string {
  if (owner.kind === "account") return owner.id;
  switch (actor.kind) {
    case "account":
      return actor.id;
    case "token":
      return actor.madeBy;
    case "command":
    case "system":
      return actor.kind;
  }
}
