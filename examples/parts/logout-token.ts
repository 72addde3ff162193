import { createRemoteJWKSet, jwtVerify } from "jose";
import { z } from "zod";

/** What a logout token says: end this session, or every session of this person. */
export interface LogoutNotice {
  readonly id: string;
  readonly expiresAtMs: number;
  readonly subject: string | undefined;
  readonly session: string | undefined;
}

const EVENT = "http://schemas.openid.net/event/backchannel-logout";

/** The claims of a logout token (OpenID Connect Back-Channel Logout 1.0, 2.4). A nonce is forbidden: it could be an ID token. */
const Claims = z
  .object({
    jti: z.string().min(1),
    exp: z.number(),
    sub: z.string().optional(),
    sid: z.string().optional(),
    events: z.object({ [EVENT]: z.object({}).loose() }).loose(),
    nonce: z.never().optional(),
  })
  .loose()
  .refine(({ sub, sid }) => sub !== undefined || sid !== undefined, "neither sub nor sid");

/** Checks logout tokens (Back-Channel Logout 2.6). Throws where one is not from `issuer`, not for us, or is of another kind. */
export function logoutTokens(expected: { issuer: string; clientId: string; jwksUri: string }) {
  const keys = createRemoteJWKSet(new URL(expected.jwksUri));
  return async (token: string): Promise<LogoutNotice> => {
    const { payload } = await jwtVerify(token, keys, {
      issuer: expected.issuer,
      audience: expected.clientId,
      typ: "logout+jwt",
      algorithms: ["RS256", "ES256"],
      requiredClaims: ["iat", "exp", "jti"],
      maxTokenAge: "5m",
      clockTolerance: "1m",
    });
    const { jti, exp, sub, sid } = Claims.parse(payload);
    return { id: jti, expiresAtMs: (exp + 60) * 1000, subject: sub, session: sid };
  };
}
