import type { TokenFamilies } from "./oidc/token-families.ts";
import type { Parts } from "./parts.ts";
import type { EndSso } from "./token-sso.ts";
import { SYSTEM } from "./tokens/token-act.ts";
import type { ApiTokens } from "./tokens/api-tokens.ts";
import type { TokenActs } from "./tokens/watch/alarms.ts";
import { TokenWatch } from "./tokens/watch/token-watch.ts";

/** The watch over how tokens are used; the server starts it, and everything that checks tokens tells it of their use. */
export function openTokenWatch(
  parts: Parts,
  families: Pick<TokenFamilies, "revoke">,
  endSso: EndSso,
): TokenWatch {
  const { stores, tokens, settings, audit, clock, random, log } = parts;
  const { apiTokens, tokenUse, tokenNotices } = stores.durable;
  return new TokenWatch({
    uses: tokenUse,
    notices: tokenNotices,
    tokens: apiTokens,
    acts: actsOf(tokens.apiTokens),
    endDelegated: async (kind, id, reason) =>
      kind === "sso" ? await endSso(id, reason) : await families.revoke(id),
    volatile: stores.volatile,
    audit,
    policy: () => settings.tokenRules().watch,
    clock,
    random,
    log,
  });
}

function actsOf(apiTokens: Pick<ApiTokens, "suspend" | "revoke">): TokenActs {
  return {
    suspend: async (id, reason, evidence) => (await apiTokens.suspend(SYSTEM, id, { reason, evidence })).ok,
    revoke: async (id, reason, evidence) => (await apiTokens.revoke(SYSTEM, id, { reason, evidence })).ok,
  };
}
