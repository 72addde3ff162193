import type { AuditTrail } from "../audit/audit-trail.ts";
import { mayEnter } from "../decision/access.ts";
import type { Applications } from "../flow/applications.ts";
import type { OidcApplication } from "../model/application.ts";
import type { TokenUseSeen } from "../model/token-use.ts";
import type { Clock } from "../platform/clock.ts";
import { isWithinDomain } from "../platform/cookie-domain.ts";
import type { Participants } from "../session/participants.ts";
import { sessionIndexFor } from "../session/session-index.ts";
import type { SessionStore } from "../session/session-store.ts";
import type { Subjects } from "../session/subject.ts";
import type { SsoTokens, StandingSsoToken } from "../tokens/sso/sso-tokens.ts";
import { acrOf } from "./acr.ts";
import { userinfoClaims } from "./claims.ts";
import { subjectFor } from "./oidc-subject.ts";

export interface SsoChecksParts {
  readonly issuer: string;
  readonly domain: string;
  readonly tokens: Pick<SsoTokens, "find">;
  readonly applications: Pick<Applications, "oidcByClientId">;
  readonly sessions: Pick<SessionStore, "exists">;
  readonly participants: Pick<Participants, "has" | "record">;
  readonly subjects: Subjects;
  readonly watch: { seen(use: TokenUseSeen): void };
  readonly audit: Pick<AuditTrail, "note">;
  readonly clock: Clock;
}

export type SsoAnswer = Readonly<Record<string, unknown>>;

/** Tells the organisation's own applications of one domain whose session an SSO token is (docs/decisions/0007). */
export class SsoChecks {
  readonly #parts: SsoChecksParts;

  constructor(parts: SsoChecksParts) {
    this.#parts = parts;
  }

  /**
   * What this client is told about the token, as RFC 7662 2.2 has it. undefined: inactive, for whatever reason; nobody
   * learns by the answer that a token exists. `address`: the person's, as the application saw it. Throws `Unavailable`.
   */
  async about(clientId: string, text: string, address?: string): Promise<SsoAnswer | undefined> {
    const application = this.asker(clientId);
    if (application === undefined) return undefined;
    const found = await this.#parts.tokens.find(text);
    if (found === undefined) return undefined;
    const isAllowed = mayEnter(found.account, application);
    this.#seen(found, application, isAllowed, address);
    if (!isAllowed || !(await this.#isParticipant(found, application, address))) return undefined;
    return this.#answer(found, application);
  }

  /** Whether this client may end the token's session: where it would be told whose that is. Throws `Unavailable`. */
  async mayEnd(clientId: string, text: string): Promise<boolean> {
    const application = this.asker(clientId);
    const found = application === undefined ? undefined : await this.#parts.tokens.find(text);
    return application !== undefined && found !== undefined && mayEnter(found.account, application);
  }

  /** The client, where it may ask: it proves who it is, is the organisation's own, and lives in the domain. */
  asker(clientId: string): OidcApplication | undefined {
    const application = this.#parts.applications.oidcByClientId(clientId);
    if (application?.enabled !== true || application.consent !== "implied") return undefined;
    if (application.authenticationMethod === "none") return undefined;
    const { redirectUris, postLogoutRedirectUris } = application;
    const lives = [...redirectUris, ...postLogoutRedirectUris].every((uri) => this.#isOfDomain(uri));
    return redirectUris.length > 0 && lives ? application : undefined;
  }

  #isOfDomain(uri: string): boolean {
    if (!URL.canParse(uri)) return false;
    const { protocol, hostname } = new URL(uri);
    return protocol === "https:" && isWithinDomain(hostname, this.#parts.domain);
  }

  /**
   * The application may have begun a session of its own with what it is told: the logout must reach it, and the receipt
   * name it. Recorded before it is told, and the session looked up behind it, so that a logout at the same time either
   * finds it or has come first. False: the session has ended.
   */
  async #isParticipant(
    { session, account }: StandingSsoToken,
    application: OidcApplication,
    address: string | undefined,
  ): Promise<boolean> {
    const { participants, sessions, audit, clock } = this.#parts;
    if (await participants.has(session.id, application.id)) return true;
    await participants.record(session.id, account.id, {
      applicationId: application.id,
      protocol: "oidc",
      ...this.#namesAt(application, { session, account }),
      lastSignOnMs: clock.nowMs(),
      wire: {},
    });
    if (!(await sessions.exists(session.id))) return false;
    audit.note({
      action: "sign-on.succeeded",
      outcome: "success",
      actorId: account.id,
      actorName: account.username,
      targetKind: "application",
      targetId: application.id,
      targetName: application.name,
      address,
      detail: { protocol: "sso-token", session: session.id },
    });
    return true;
  }

  /** The same names as by OpenID Connect, so that the application knows one person and one session, not two. */
  #namesAt(
    application: OidcApplication,
    { session, account }: Pick<StandingSsoToken, "session" | "account">,
  ) {
    return {
      subject: subjectFor(application, account.id, this.#parts.subjects),
      sessionIndex: sessionIndexFor(session.id, application.id),
    };
  }

  #answer({ session, account, issuedAtMs, expiresAtMs }: StandingSsoToken, application: OidcApplication) {
    const { subject, sessionIndex } = this.#namesAt(application, { session, account });
    const { instantMs, methods, context } = session.authentication;
    const { scopes } = application;
    // A pairwise subject would be none if the name stood beside it.
    const name = application.subjectType === "public" ? { username: account.username } : {};
    return {
      // First: no mapping can put another value in the place of what follows.
      ...userinfoClaims({ application, account, scopes, claims: undefined }),
      ...name,
      active: true,
      kind: "sso",
      iss: this.#parts.issuer,
      sub: subject,
      aud: application.id,
      sid: sessionIndex,
      auth_time: seconds(instantMs),
      acr: acrOf(context),
      amr: methods,
      iat: seconds(issuedAtMs),
      exp: seconds(expiresAtMs),
    };
  }

  #seen(
    { session, account }: StandingSsoToken,
    { id }: OidcApplication,
    isAllowed: boolean,
    address: string | undefined,
  ): void {
    this.#parts.watch.seen({
      tokenId: session.id,
      kind: "sso",
      owner: { kind: "account", id: account.id },
      atMs: this.#parts.clock.nowMs(),
      address,
      resource: id,
      outcome: isAllowed ? "ok" : "owner",
    });
  }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
