import type { SourceToken, TokenSource } from "../tokens/token-verifier.ts";
import type { AccessTokens } from "./access-token.ts";
import { revocationIdsOf } from "./revocation-ids.ts";
import type { RefreshTokens } from "./refresh-token.ts";

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
        revocationIds: revocationIdsOf(token),
        issuedAtMs: token.issuedAtMs,
        expiresAtMs: token.expiresAtMs,
      };
    },
  };
}

/** The family that an access or refresh token belongs to, and whose it is. undefined: it is neither, or has ended. */
export async function familyOf(
  {
    accessTokens,
    refreshTokens,
  }: { accessTokens: Pick<AccessTokens, "find">; refreshTokens: Pick<RefreshTokens, "find"> },
  text: string,
): Promise<{ readonly clientId: string; readonly familyId: string } | undefined> {
  const access = await accessTokens.find(text);
  if (access !== undefined) return access;
  const refresh = await refreshTokens.find(text);
  return refresh && { clientId: refresh.token.applicationId, familyId: refresh.token.familyId };
}
