import type { ApiToken } from "../../model/api-token.ts";
import { randomId } from "../../platform/random.ts";
import {
  recordedAct,
  type TokenActor,
  type TokenRefused,
  tokenRefused,
  type TokenResult,
} from "../token-act.ts";
import { makeToken } from "../token-format.ts";
import { readInput, RotationInput, type TokenRotation } from "../token-input.ts";
import { longestLifeMs } from "../token-policy.ts";
import { findToWrite, whyUnchanged } from "./change-token.ts";
import type { CreatedToken } from "./create-token.ts";
import { factsOf, isTheirs, noSuchToken, staleLogin } from "./token-access.ts";
import { ceilingIssues, expiryIssues, invalid, tooManyLive } from "./token-checks.ts";
import type { TokenActParts } from "./token-parts.ts";

/**
 * Replaces a token by a new one with the same name, owner and limits. The old one works on for `overlapSeconds`, never
 * longer than it would have. Refuses `not-found`, `invalid`, `forbidden`, `login-needed`, `version` and `state`.
 */
export async function rotateToken(
  parts: TokenActParts,
  actor: TokenActor,
  id: string,
  input: unknown,
  version?: number,
): Promise<TokenResult<CreatedToken>> {
  const old = await findToWrite(parts, actor, id);
  if (old === undefined) return noSuchToken();
  const read = readInput(RotationInput, input);
  if (!read.ok) return invalid(read.issues);
  const { text, token } = successorOf(parts, old, read.value);
  const refusal = mayNotRotate(parts, actor, old, token, read.value);
  if (refusal !== undefined) return refusal;
  // With an overlap there is one more live token afterwards.
  const crowd = read.value.overlapSeconds > 0 ? await tooManyLive(parts, old.owner) : undefined;
  if (crowd !== undefined) return crowd;
  const nowMs = parts.clock.nowMs();
  const oldExpiresAtMs = Math.min(old.expiresAtMs, nowMs + read.value.overlapSeconds * 1_000);
  const entry = {
    action: "token.rotated",
    targetId: id,
    targetName: old.name,
    detail: { successor: token.id, overlapSeconds: read.value.overlapSeconds },
  };
  return await recordedAct(parts.audit, actor, entry, async () => {
    // Its limits were copied from this version: a narrower one that came since must not be undone by the successor.
    const done = await parts.store.rotate(id, token, oldExpiresAtMs, version ?? old.version);
    if (!done) return await whyUnchanged(parts, id);
    await parts.announce([{ what: "changed", id }]);
    return { ok: true, token: factsOf(token), secret: text };
  });
}

function successorOf(
  { clock, random, policy }: TokenActParts,
  old: ApiToken,
  { expiresAtMs }: TokenRotation,
): { readonly text: string; readonly token: ApiToken } {
  const nowMs = clock.nowMs();
  const { text, hash, lastFour } = makeToken(old.kind, random);
  // One that was cut short by an earlier rotation has a successor as short-lived as what is left of it.
  const lifeMs = Math.min(old.expiresAtMs - old.createdAtMs, longestLifeMs(policy, old.kind));
  const { stateReason: _, lastUsedAtMs: _at, lastUsedAddress: _address, ...same } = old;
  const token: ApiToken = {
    ...same,
    id: randomId(random),
    hash,
    lastFour,
    createdAtMs: nowMs,
    expiresAtMs: expiresAtMs ?? nowMs + lifeMs,
    state: "active",
    stateSinceMs: nowMs,
    replaces: old.id,
    version: 1,
  };
  return { text, token };
}

function mayNotRotate(
  { policy, clock }: TokenActParts,
  actor: TokenActor,
  old: ApiToken,
  successor: ApiToken,
  { overlapSeconds }: TokenRotation,
): TokenRefused | undefined {
  const nowMs = clock.nowMs();
  // Who rotates sees the new secret: a person's stays the person's.
  if (old.kind === "pat" && actor.kind !== "command" && !isTheirs(actor, old)) {
    return tokenRefused("forbidden", "A personal access token is rotated by its own person alone.");
  }
  if (old.state !== "active") return tokenRefused("state", `The token is ${old.state}: it has no successor.`);
  if (old.expiresAtMs <= nowMs) return tokenRefused("state", "The token has expired: make a new one.");
  const stale = staleLogin(policy, actor, nowMs);
  if (stale !== undefined) return stale;
  const overlap =
    overlapSeconds * 1_000 > policy.longestOverlapMs
      ? [{ field: "overlapSeconds", text: "The old token may not work on for that long." }]
      : [];
  const issues = [
    ...overlap,
    ...expiryIssues(policy, old.kind, successor.expiresAtMs, { createdAtMs: nowMs, nowMs }),
    ...ceilingIssues(actor, successor.limits, successor.expiresAtMs),
  ];
  return issues.length > 0 ? invalid(issues) : undefined;
}
