import type { Clock } from "../platform/clock.ts";
import type { ApiTokenStore, TokenNoticeStore } from "../storage/api-token-stores.ts";
import type { ApiTokens } from "./api-tokens.ts";
import { SYSTEM } from "./token-act.ts";
import { readToken, type TokenKind } from "./token-format.ts";

/** How a token came to be readable by others. */
export type ExposedBy = "plain-http" | "query";

export interface ExposuresParts {
  readonly store: Pick<ApiTokenStore, "findByHash">;
  readonly apiTokens: Pick<ApiTokens, "revoke">;
  readonly notices: Pick<TokenNoticeStore, "insert">;
  /** Revokes what hangs together with an OAuth access or refresh token, or ends the session of an SSO token. */
  readonly revokeOther: (
    text: string,
    evidence: { readonly by: ExposedBy; readonly address: string },
  ) => Promise<void>;
  readonly clock: Clock;
}

/** Revokes tokens that travelled where others can read them: over plain http, or in an address that ends up in logs. */
export class Exposures {
  readonly #parts: ExposuresParts;

  constructor(parts: ExposuresParts) {
    this.#parts = parts;
  }

  /** What is not a token of ours costs nothing. Throws `Unavailable`: then it is not revoked, and must not be used. */
  async report(text: string, by: ExposedBy, address: string): Promise<void> {
    const read = readToken(text);
    const evidence = { by, address };
    if (read === undefined || !isKept(read.kind)) {
      if (read !== undefined || text.includes(".")) await this.#parts.revokeOther(text, evidence);
      return;
    }
    const token = await this.#parts.store.findByHash(read.hash);
    if (token === undefined || token.state === "revoked") return;
    const done = await this.#parts.apiTokens.revoke(SYSTEM, token.id, { reason: "exposed", evidence });
    if (!done.ok) return;
    // One id for all: of two that come together one tells.
    await this.#parts.notices.insert({
      id: `exposed-${token.id}`,
      tokenId: token.id,
      accountId: token.madeBy,
      atMs: this.#parts.clock.nowMs(),
      rule: "exposed",
      action: "revoked",
      evidence,
    });
  }
}

/** Kept as a record of its own, and not by the part that issues it. */
function isKept(kind: TokenKind): boolean {
  return kind === "pat" || kind === "key" || kind === "svc";
}
