import type { EndSession } from "./flow/end-session.ts";
import { SsoCookie } from "./http/sso-cookie.ts";
import { SsoChecks } from "./oidc/sso-checks.ts";
import type { Parts } from "./parts.ts";
import type { SourceToken, TokenWatcher } from "./tokens/token-verifier.ts";
import type { Evidence } from "./tokens/watch/rules.ts";

/** Ends the session that an SSO token is of, with every application in it; the reason goes into the audit trail. */
export type EndSso = (sessionId: string, reason: string, evidence?: Evidence) => Promise<void>;

/** SSO tokens for those that check and end tokens of every kind. */
export interface SsoParts {
  readonly checks: SsoChecks;
  /** For the reports of leaked tokens alone: no check of tokens for APIs must ever find one. */
  readonly find: (text: string) => Promise<SourceToken | undefined>;
  readonly endByText: (text: string, reason: string, evidence: Evidence) => Promise<void>;
}

export function ssoEnd({ sessions, audit }: Parts, endSession: Pick<EndSession, "endQuietly">): EndSso {
  return async (sessionId, reason, evidence = {}) => {
    if (!(await sessions.exists(sessionId))) return;
    await audit.record({
      action: "sso-token.revoked",
      outcome: "success",
      actorId: "system",
      targetKind: "session",
      targetId: sessionId,
      detail: { reason, ...evidence },
    });
    await endSession.endQuietly([sessionId]);
  };
}

/** undefined: no domain is set whose applications are given them. */
export function openSso(parts: Parts, watch: Pick<TokenWatcher, "seen">, end: EndSso): SsoParts | undefined {
  const { config, sso: tokens } = parts;
  const { issuer, ssoDomain: domain } = config;
  if (tokens === undefined || domain === undefined) return undefined;
  return {
    checks: new SsoChecks({ ...parts, issuer, domain, tokens, watch }),
    find: async (text) => {
      const found = await tokens.find(text);
      if (found === undefined) return undefined;
      const { session, account, issuedAtMs, expiresAtMs } = found;
      const owner = { kind: "account", id: account.id } as const;
      const nothing = { scopes: [], resources: [] };
      return { id: session.id, kind: "sso", owner, subject: account.id, ...nothing, issuedAtMs, expiresAtMs };
    },
    endByText: async (text, reason, evidence) => {
      const found = await tokens.find(text);
      if (found !== undefined) await end(found.session.id, reason, evidence);
    },
  };
}

/** The cookie for the browsers of people; undefined: none is set. */
export function ssoCookieOf({ config, sso: tokens }: Parts): SsoCookie | undefined {
  const { ssoDomain: domain, policy } = config;
  return tokens === undefined || domain === undefined ? undefined : new SsoCookie({ domain, tokens, policy });
}
