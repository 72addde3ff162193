import type { AuditEntry, AuditTrail } from "../audit/audit-trail.ts";
import type { ApiToken, TokenLimits, TokenOwner } from "../model/api-token.ts";

/** A token that acts on tokens can give no more than it has itself. */
export interface TokenCeiling {
  readonly limits: TokenLimits;
  readonly expiresAtMs: number;
}

/** Who acts on tokens. Only ever taken from a session, a checked token or the operating system, never from input. */
export type TokenActor =
  /** A person in a browser. `freshSinceMs`: when they last proved who they are; absent counts as long ago. */
  | {
      readonly kind: "account";
      readonly id: string;
      readonly name: string;
      readonly address: string;
      readonly freshSinceMs?: number | undefined;
    }
  /** A program with a token of ours (`ApiTokens.actorOf` makes it). */
  | {
      readonly kind: "token";
      readonly tokenId: string;
      readonly name: string;
      readonly address: string;
      readonly owner: TokenOwner;
      /** The account that answers for it. */
      readonly madeBy: string;
      /** Those that it has now. */
      readonly scopes: readonly string[];
      readonly ceiling: TokenCeiling;
    }
  /** Someone at the server's own command line. */
  | { readonly kind: "command"; readonly user: string }
  /** Gatehouse itself: the watch, a token that came over plain http. */
  | { readonly kind: "system" };

export const SYSTEM: TokenActor = { kind: "system" };

/** A token as it is shown: of the secret only the last four characters. */
export type TokenFacts = Omit<ApiToken, "hash">;

/** One thing that is wrong with the input; `text` is a sentence. */
export interface TokenIssue {
  readonly field: string;
  readonly text: string;
}

/** Why nothing was done. `message` is a sentence for the person or the program. */
export interface TokenRefused {
  readonly ok: false;
  readonly code: /** No such token, or none that the actor may know of. */
    | "not-found"
    | "invalid"
    /** The actor may not do this. */
    | "forbidden"
    /** A login that is not older than `TokenPolicy.freshLoginMs` must come first. */
    | "login-needed"
    /** It was changed by somebody else meanwhile. */
    | "version"
    /** It is not in a state in which this can be done. */
    | "state";
  readonly message: string;
  readonly issues?: readonly TokenIssue[] | undefined;
}

export type TokenResult<T> = ({ readonly ok: true } & T) | TokenRefused;

export function tokenRefused(code: TokenRefused["code"], message: string): TokenRefused {
  return { ok: false, code, message };
}

/** One line of the audit trail about a token, without who did it. */
export type TokenEntry = Omit<AuditEntry, "actorId" | "actorName" | "address" | "outcome" | "targetKind">;

/**
 * Writes the act into the audit trail and then does it: nothing changes that the trail does not know of. A change that
 * is refused or breaks afterwards gets a second line with the outcome `failure`.
 */
export async function recordedAct<T>(
  audit: Pick<AuditTrail, "record">,
  actor: TokenActor,
  entry: TokenEntry,
  change: () => Promise<TokenResult<T>>,
): Promise<TokenResult<T>> {
  const line = { ...entry, targetKind: "token", ...auditActor(actor) } as const;
  await audit.record({ ...line, outcome: "success" });
  try {
    const result = await change();
    if (!result.ok) await audit.record({ ...line, outcome: "failure" });
    return result;
  } catch (error) {
    // What the caller must see is the cause, whether or not the trail can be written now.
    await audit.record({ ...line, outcome: "failure" }).catch(() => undefined);
    throw error;
  }
}

function auditActor(actor: TokenActor): Pick<AuditEntry, "actorId" | "actorName" | "address"> {
  switch (actor.kind) {
    case "account":
      return { actorId: actor.id, actorName: actor.name, address: actor.address };
    case "token":
      return { actorId: `token:${actor.tokenId}`, actorName: actor.name, address: actor.address };
    case "command":
      return { actorId: "command", actorName: actor.user };
    case "system":
      return { actorId: "system" };
  }
}
