import type { SourceToken, TokenSource } from "../tokens/token-verifier.ts";
import type { AccessTokens } from "./access-token.ts";
import type { TokenFamilies } from "./token-families.ts";

/** OAuth access tokens for the check that is the same for all tokens (tokens/token-verifier.ts). */
export function accessTokenSource(accessTokens: Pick<AccessTokens, "active">): TokenSource {
  return {
    async find(text): Promise<SourceToken | undefined> {
      const active = await accessTokens.active(text);
      if (active === undefined) return undefined;
      const { token, application, account } = active;
      return {
        // Its family: what is counted and revoked together, whatever token of it is shown.
        id: token.familyId,
        kind: "at",
        owner:
          account === undefined
            ? { kind: "application", id: application.id }
            : { kind: "account", id: account.id },
        subject: token.subject,
        // A pairwise subject would be none if the name stood beside it.
        username: application.subjectType === "public" ? account?.username : undefined,
        clientId: token.clientId,
        scopes: token.scopes,
        resources: token.audience,
        issuedAtMs: token.issuedAtMs,
        expiresAtMs: token.expiresAtMs,
      };
    },
  };
}

/** Revokes the family of an access token; nothing where the text is none. Throws `Unavailable`. */
export function accessTokenRevoker(
  accessTokens: Pick<AccessTokens, "find">,
  families: Pick<TokenFamilies, "revoke">,
): (text: string) => Promise<void> {
  return async (text) => {
    const token = await accessTokens.find(text);
    if (token !== undefined) await families.revoke(token.familyId);
  };
}
