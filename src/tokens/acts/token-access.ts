import type { ApiToken, TokenOwner } from "../../model/api-token.ts";
import type { TokenActor, TokenFacts, TokenRefused } from "../token-act.ts";
import { tokenRefused } from "../token-act.ts";
import type { TokenPolicy } from "../token-policy.ts";
import type { Owners } from "../token-rights.ts";

/** Which tokens an actor reaches. */
export type Reach =
  | { readonly kind: "all" }
  | { readonly kind: "own"; readonly owner: TokenOwner }
  | { readonly kind: "none" };

/** Asked anew for each act: an owner may have ceased to be one since the login. */
export async function reachOf(owners: Owners, actor: TokenActor, how: "read" | "write"): Promise<Reach> {
  switch (actor.kind) {
    case "account": {
      const account = await owners.account(actor.id);
      if (account?.enabled !== true) return { kind: "none" };
      return account.role === "owner" ? { kind: "all" } : own({ kind: "account", id: actor.id });
    }
    case "token":
      if (actor.scopes.includes(`tokens:${how}:all`)) return { kind: "all" };
      return actor.scopes.includes(`tokens:${how}`) ? own(actor.owner) : { kind: "none" };
    case "command":
    case "system":
      return { kind: "all" };
  }
}

function own(owner: TokenOwner): Reach {
  return { kind: "own", owner };
}

export function isWithin(reach: Reach, token: Pick<ApiToken, "owner">): boolean {
  return reach.kind === "all" || (reach.kind === "own" && sameOwner(reach.owner, token.owner));
}

export function sameOwner(a: TokenOwner, b: TokenOwner): boolean {
  return a.kind === b.kind && a.id === b.id;
}

/** True when the actor is the person, or a program of the person, whose token it is. */
export function isTheirs(actor: TokenActor, token: Pick<ApiToken, "owner">): boolean {
  switch (actor.kind) {
    case "account":
      return sameOwner({ kind: "account", id: actor.id }, token.owner);
    case "token":
      return sameOwner(actor.owner, token.owner);
    case "command":
    case "system":
      return false;
  }
}

/**
 * Refuses a person whose login is too old for what makes or revives a secret: an unattended browser must not be enough.
 * A program has shown its token just now; the command line has the machine.
 */
export function staleLogin(policy: TokenPolicy, actor: TokenActor, nowMs: number): TokenRefused | undefined {
  if (actor.kind !== "account") return undefined;
  const sinceMs = actor.freshSinceMs ?? Number.NEGATIVE_INFINITY;
  const ageMs = nowMs - sinceMs;
  // A login in the future is none: the clock was set back since.
  if (ageMs >= -1_000 && ageMs <= policy.freshLoginMs) return undefined;
  return tokenRefused("login-needed", "Log in again first: this needs a login of the last minutes.");
}

/** The same answer for a token that is not there and for one that the actor may not know of. */
export function noSuchToken(): TokenRefused {
  return tokenRefused("not-found", "There is no such token.");
}

/** What is shown of a token. */
export function factsOf(token: ApiToken): TokenFacts {
  const { hash: _, ...facts } = token;
  return facts;
}
