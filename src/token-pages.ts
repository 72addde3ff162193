import { inspected } from "./account/inspected.ts";
import { type TokenChangeDraft, TokenDrafts } from "./account/token-drafts.ts";
import type { AdminTokenParts } from "./admin/admin-token-parts.ts";
import { isSignedByUs } from "./oidc/own-signature.ts";
import type { Parts } from "./parts.ts";
import { takeApart } from "./tokens/take-apart.ts";
import { DAY_MS } from "./tokens/token-policy.ts";

/** What the pages about API tokens stand on, those of people and those of administrators. */
export function openTokenPages({ stores, tokens, keyRing, clock, random }: Parts): AdminTokenParts {
  return {
    tokens: tokens.apiTokens,
    tokenPolicy: tokens.policy,
    notices: stores.durable.tokenNotices,
    drafts: new TokenDrafts(stores.volatile, random),
    changes: new TokenDrafts<TokenChangeDraft>(stores.volatile, random, "token-change"),
    useOf: async (tokenId, days) => {
      const fromMs = clock.nowMs() - (days - 1) * DAY_MS;
      return await stores.durable.tokenUse.list(tokenId, new Date(fromMs).toISOString().slice(0, 10));
    },
    takeApart: (text) => inspected(takeApart(text, clock.nowMs()), isSignedByUs(keyRing, text)),
  };
}
