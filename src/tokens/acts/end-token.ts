import type { ApiToken, ApiTokenState } from "../../model/api-token.ts";
import {
  recordedAct,
  type TokenActor,
  type TokenFacts,
  type TokenRefused,
  tokenRefused,
  type TokenResult,
} from "../token-act.ts";
import { ReasonInput, readInput } from "../token-input.ts";
import { findToWrite, whyUnchanged } from "./change-token.ts";
import { factsOf, isTheirs, noSuchToken, reachOf, staleLogin } from "./token-access.ts";
import { invalid } from "./token-checks.ts";
import type { TokenActParts } from "./token-parts.ts";

/** Why a token is suspended or revoked. */
export interface EndReason {
  /** A closed word such as `leaked` or `rule:new-network`; absent: `owner` or `administrator`, by who does it. */
  readonly reason?: string | undefined;
  /** Short facts for the audit trail; never a secret. */
  readonly evidence?: Readonly<Record<string, string | number>> | undefined;
}

type Changed = TokenResult<{ readonly token: TokenFacts }>;

/** Revokes a token for good. One that is revoked already is told everybody once more, and that is a success. */
export async function revokeToken(
  parts: TokenActParts,
  actor: TokenActor,
  id: string,
  end: EndReason,
  version?: number,
): Promise<Changed> {
  return await stopToken(parts, actor, id, { what: "revoked", end, version });
}

/**
 * Stops a token until it is released. Refuses a revoked one. One that is suspended already stays as it is, except that an
 * administrator's word comes on top of every other: its owner cannot release it any more.
 */
export async function suspendToken(
  parts: TokenActParts,
  actor: TokenActor,
  id: string,
  end: EndReason,
  version?: number,
): Promise<Changed> {
  return await stopToken(parts, actor, id, { what: "suspended", end, version });
}

async function stopToken(
  parts: TokenActParts,
  actor: TokenActor,
  id: string,
  stop: Pick<StateChange, "end" | "version"> & { readonly what: "revoked" | "suspended" },
): Promise<Changed> {
  const token = await findToWrite(parts, actor, id);
  if (token === undefined) return noSuchToken();
  const isStricter = byAdministrator(actor, token, stop.what) && token.stateReason !== ADMINISTRATOR;
  if (token.state === stop.what && !isStricter) {
    await parts.announce([{ what: stop.what, id }]);
    return { ok: true, token: factsOf(token) };
  }
  if (token.state === "revoked") return tokenRefused("state", "The token is revoked.");
  return await changeState(parts, actor, token, { ...stop, state: stop.what });
}

const ADMINISTRATOR = "administrator";

/** Whether somebody suspends it who is neither its owner nor Gatehouse itself. */
function byAdministrator(actor: TokenActor, token: ApiToken, what: StateChange["what"]): boolean {
  return what === "suspended" && actor.kind !== "system" && !isTheirs(actor, token);
}

/**
 * Lets a suspended token work again: its owner with a fresh login, or an owner of the installation. A program may not,
 * unless it looks after all tokens: whoever stole a token could otherwise undo what caught them.
 */
export async function releaseToken(
  parts: TokenActParts,
  actor: TokenActor,
  id: string,
  version?: number,
): Promise<Changed> {
  const token = await findToWrite(parts, actor, id);
  if (token === undefined) return noSuchToken();
  if (token.state !== "suspended") return tokenRefused("state", "The token is not suspended.");
  const refusal = await mayNotRelease(parts, actor, token);
  if (refusal !== undefined) return refusal;
  // Judged by why it was suspended: an administrator's word that came since must not be undone.
  const seen = version ?? token.version;
  return await changeState(parts, actor, token, {
    state: "active",
    what: "released",
    end: {},
    version: seen,
  });
}

async function mayNotRelease(
  { owners, policy, clock }: TokenActParts,
  actor: TokenActor,
  token: ApiToken,
): Promise<TokenRefused | undefined> {
  const reach = await reachOf(owners, actor, "write");
  if (reach.kind !== "all") {
    if (actor.kind === "token") return tokenRefused("login-needed", "A person must log in to release it.");
    if (token.stateReason === ADMINISTRATOR) {
      return tokenRefused("forbidden", "An administrator suspended it, and only one can release it.");
    }
  }
  if (actor.kind === "token" && actor.tokenId === token.id) {
    return tokenRefused("forbidden", "A token does not release itself.");
  }
  return staleLogin(policy, actor, clock.nowMs());
}

interface StateChange {
  readonly state: ApiTokenState;
  readonly what: "revoked" | "suspended" | "released";
  readonly end: EndReason;
  readonly version: number | undefined;
}

async function changeState(
  parts: TokenActParts,
  actor: TokenActor,
  token: ApiToken,
  { state, what, end, version }: StateChange,
): Promise<Changed> {
  const read = readInput(ReasonInput.optional(), end.reason);
  if (!read.ok) return invalid([{ field: "reason", text: "A reason is one lower-case word." }]);
  const reason =
    what === "released" ? undefined : (read.value ?? (isTheirs(actor, token) ? "owner" : ADMINISTRATOR));
  const entry = {
    action: `token.${what}`,
    targetId: token.id,
    targetName: token.name,
    detail: { ...end.evidence, ...(reason === undefined ? {} : { reason }) },
  };
  return await recordedAct(parts.audit, actor, entry, async () => {
    // Whatever is said of it in the trail: an owner cannot release what an administrator has suspended.
    const stateReason = byAdministrator(actor, token, what) ? ADMINISTRATOR : reason;
    const change = { state, stateReason };
    const changed = await parts.store.change(token.id, change, parts.clock.nowMs(), version);
    if (changed === undefined) return await whyUnchanged(parts, token.id);
    await parts.announce([{ what, id: token.id }]);
    return { ok: true, token: factsOf(changed) };
  });
}
