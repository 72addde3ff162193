import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide, type DecisionInput } from "../../src/decision/decide.ts";
import type { Decision } from "../../src/decision/decision.ts";
import type { Account } from "../../src/model/account.ts";
import type { OidcApplication } from "../../src/model/application.ts";
import type { Grant } from "../../src/model/grant.ts";
import type { SignOnPolicy } from "../../src/model/policy.ts";
import type { ReplyAddress } from "../../src/model/reply-address.ts";
import type { Session } from "../../src/model/session.ts";
import type { SignOnRequest } from "../../src/model/sign-on-request.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);

const policy: SignOnPolicy = {
  sessionIdleMs: 2 * HOUR,
  sessionAbsoluteMs: 12 * HOUR,
  rememberedIdleMs: 14 * 24 * HOUR,
  rememberedAbsoluteMs: 30 * 24 * HOUR,
  clockSkewMs: 3 * MINUTE,
  availableContexts: ["password"],
};

const account: Account = {
  id: "a1",
  username: "alice",
  email: "alice@example.org",
  emailVerified: true,
  groups: ["staff"],
  role: "person",
  enabled: true,
  attributes: {},
  createdAtMs: 0,
  updatedAtMs: 0,
};

const session: Session = {
  id: "s1",
  accountId: "a1",
  startedAtMs: NOW - HOUR,
  lastSeenAtMs: NOW - MINUTE,
  authentication: { instantMs: NOW - HOUR, methods: ["pwd"], context: "password", servedRequestId: "other" },
  remembered: false,
};

const application: OidcApplication = {
  id: "app1",
  name: "Wiki",
  protocol: "oidc",
  enabled: true,
  access: { kind: "everyone" },
  consent: "implied",
  release: [],
  profile: "web",
  authenticationMethod: "client_secret_basic",
  secrets: [],
  redirectUris: ["https://wiki.example.org/cb"],
  postLogoutRedirectUris: [],
  grantTypes: ["authorization_code"],
  pkceRequired: true,
  parRequired: false,
  idTokenAlgorithm: "RS256",
  accessTokenFormat: "opaque",
  subjectType: "public",
  scopes: [],
  origins: [],
  createdAtMs: 0,
  updatedAtMs: 0,
};

const request: SignOnRequest = {
  id: "r1",
  protocol: "oidc",
  applicationId: "app1",
  replyTo: "https://wiki.example.org/cb" as ReplyAddress,
  receivedAtMs: NOW,
  silent: false,
  reauthenticate: false,
  selectAccount: false,
  askConsent: false,
  scopes: ["openid", "profile"],
  wire: {},
};

const grant: Grant = {
  id: "g1",
  accountId: "a1",
  applicationId: "app1",
  scopes: ["profile"],
  declined: [],
  createdAtMs: 0,
  updatedAtMs: 0,
};

interface Case {
  readonly given: {
    readonly session?: Partial<Session> | "none";
    readonly authentication?: Partial<Session["authentication"]>;
    readonly account?: Partial<Account> | "none";
    readonly application?: Partial<OidcApplication>;
    readonly request?: Partial<SignOnRequest>;
    readonly grant?: Partial<Grant> | "none";
    readonly policy?: Partial<SignOnPolicy>;
    readonly chosen?: string;
  };
  readonly gives: Decision;
  /** What the same request gets when interaction is forbidden; the same decision where it is left out. */
  readonly silently?: Decision;
}

const responds: Decision = { kind: "respond", scopes: ["openid", "profile"] };
const loginRequired: Decision = { kind: "refuse", reason: "login-required" };
const ask = { consent: "ask" } as const;
const twoFactors = { comparison: "exact", classes: ["multi-factor"], essential: true } as const;

const cases: Record<string, Case> = {
  "a live session of an allowed account is answered": { given: {}, gives: responds },
  "no session asks for a login": {
    given: { session: "none" },
    gives: { kind: "login", why: "no-session" },
    silently: loginRequired,
  },
  "a session whose account is gone asks for a login": {
    given: { account: "none" },
    gives: { kind: "login", why: "no-session" },
    silently: loginRequired,
  },
  "a session whose account is switched off asks for a login": {
    given: { account: { enabled: false } },
    gives: { kind: "login", why: "no-session" },
    silently: loginRequired,
  },
  "a session at its idle limit is expired": {
    given: { session: { lastSeenAtMs: NOW - 2 * HOUR } },
    gives: { kind: "login", why: "expired" },
    silently: loginRequired,
  },
  "a session one millisecond inside its idle limit is live": {
    given: { session: { lastSeenAtMs: NOW - 2 * HOUR + 1 } },
    gives: responds,
  },
  "a busy session at its absolute limit is expired": {
    given: { session: { startedAtMs: NOW - 12 * HOUR, lastSeenAtMs: NOW } },
    gives: { kind: "login", why: "expired" },
    silently: loginRequired,
  },
  "a remembered session outlives the short limits": {
    given: { session: { startedAtMs: NOW - 13 * HOUR, lastSeenAtMs: NOW - 3 * HOUR, remembered: true } },
    gives: responds,
  },
  "a remembered session ends at its own absolute limit": {
    given: { session: { startedAtMs: NOW - 30 * 24 * HOUR, lastSeenAtMs: NOW, remembered: true } },
    gives: { kind: "login", why: "expired" },
    silently: loginRequired,
  },
  "an application that is switched off is refused before anything is asked": {
    given: { application: { enabled: false }, session: "none" },
    gives: { kind: "refuse", reason: "application-disabled" },
  },
  "a forced login asks although the session is a second old": {
    given: { request: { reauthenticate: true }, authentication: { instantMs: NOW - 1000 } },
    gives: { kind: "login", why: "forced" },
    silently: loginRequired,
  },
  "a forced login that served this very request is done": {
    given: { request: { reauthenticate: true }, authentication: { servedRequestId: "r1" } },
    gives: responds,
  },
  "a forced login that served another request does not count": {
    given: { request: { reauthenticate: true }, authentication: { servedRequestId: "r2", instantMs: NOW } },
    gives: { kind: "login", why: "forced" },
    silently: loginRequired,
  },
  "a login older than max_age asks again": {
    given: { request: { maxAgeSeconds: 60 }, authentication: { instantMs: NOW - 60_001 } },
    gives: { kind: "login", why: "max-age" },
    silently: loginRequired,
  },
  "a login of exactly max_age is fresh enough": {
    given: { request: { maxAgeSeconds: 60 }, authentication: { instantMs: NOW - 60_000 } },
    gives: responds,
  },
  "max_age is satisfied by the login made for this request, however long the consent page took": {
    given: {
      request: { maxAgeSeconds: 1 },
      authentication: { instantMs: NOW - 90_000, servedRequestId: "r1" },
    },
    gives: responds,
  },
  "another expected account asks for a login": {
    given: { request: { expectedAccountId: "a2" } },
    gives: { kind: "login", why: "another-account" },
    silently: loginRequired,
  },
  "another expected account is not satisfied by a login for this request": {
    given: { request: { expectedAccountId: "a2" }, authentication: { servedRequestId: "r1" } },
    gives: { kind: "login", why: "another-account" },
    silently: loginRequired,
  },
  "the expected account is answered": { given: { request: { expectedAccountId: "a1" } }, gives: responds },
  "select_account shows the choice": {
    given: { request: { selectAccount: true } },
    gives: { kind: "choose-account" },
    silently: { kind: "refuse", reason: "account-selection-required" },
  },
  "select_account is satisfied by the choice for this request": {
    given: { request: { selectAccount: true }, chosen: "a1" },
    gives: responds,
  },
  "select_account is not satisfied by the choice of an account that is no longer here": {
    given: { request: { selectAccount: true }, chosen: "a2" },
    gives: { kind: "choose-account" },
    silently: { kind: "refuse", reason: "account-selection-required" },
  },
  "select_account is satisfied by a login for this request": {
    given: { request: { selectAccount: true }, authentication: { servedRequestId: "r1" } },
    gives: responds,
  },
  "select_account without a session asks for a login": {
    given: { request: { selectAccount: true }, session: "none" },
    gives: { kind: "login", why: "no-session" },
    silently: loginRequired,
  },
  "a second factor that is possible here steps up": {
    given: {
      request: { requestedContext: twoFactors },
      policy: { availableContexts: ["password", "multi-factor"] },
    },
    gives: { kind: "step-up", to: ["multi-factor"] },
    silently: { kind: "refuse", reason: "step-up-required" },
  },
  "a second factor that is not possible here is refused, not looped on": {
    given: { request: { requestedContext: twoFactors } },
    gives: { kind: "refuse", reason: "context-not-possible" },
  },
  "a wished second factor that is not possible goes on without": {
    given: { request: { requestedContext: { ...twoFactors, essential: false } } },
    gives: responds,
  },
  "a session with two factors satisfies a request for a password": {
    given: {
      authentication: { context: "multi-factor" },
      request: { requestedContext: { comparison: "exact", classes: ["password"], essential: true } },
    },
    gives: responds,
  },
  "minimum password is satisfied by a password": {
    given: {
      request: { requestedContext: { comparison: "minimum", classes: ["password"], essential: true } },
    },
    gives: responds,
  },
  "better than a password needs two factors": {
    given: {
      request: { requestedContext: { comparison: "better", classes: ["password"], essential: true } },
      policy: { availableContexts: ["password", "multi-factor"] },
    },
    gives: { kind: "step-up", to: ["multi-factor"] },
    silently: { kind: "refuse", reason: "step-up-required" },
  },
  "better than two factors does not exist": {
    given: {
      request: { requestedContext: { comparison: "better", classes: ["multi-factor"], essential: true } },
    },
    gives: { kind: "refuse", reason: "context-not-possible" },
  },
  "maximum two factors is satisfied by a password": {
    given: {
      request: { requestedContext: { comparison: "maximum", classes: ["multi-factor"], essential: true } },
    },
    gives: responds,
  },
  "only classes that we do not know cannot be satisfied": {
    given: { request: { requestedContext: { comparison: "exact", classes: [], essential: true } } },
    gives: { kind: "refuse", reason: "context-not-possible" },
  },
  "an account outside the application's groups is refused": {
    given: { application: { access: { kind: "groups", groups: ["finance"] } } },
    gives: { kind: "refuse", reason: "access-denied" },
  },
  "an account in one of the groups is answered": {
    given: { application: { access: { kind: "groups", groups: ["finance", "staff"] } } },
    gives: responds,
  },
  "an empty list of groups lets nobody in": {
    given: { application: { access: { kind: "groups", groups: [] } } },
    gives: { kind: "refuse", reason: "access-denied" },
  },
  "who may not enter is not asked for consent": {
    given: { application: { ...ask, access: { kind: "groups", groups: [] } }, grant: "none" },
    gives: { kind: "refuse", reason: "access-denied" },
  },
  "a first sign-on asks for consent": {
    given: { application: ask, grant: "none" },
    gives: { kind: "consent", to: ["profile"] },
    silently: { kind: "refuse", reason: "consent-required" },
  },
  "remembered consent is not asked again": { given: { application: ask }, gives: responds },
  "a new scope asks for that scope": {
    given: { application: ask, request: { scopes: ["openid", "profile", "email"] } },
    gives: { kind: "consent", to: ["email"] },
    silently: { kind: "refuse", reason: "consent-required" },
  },
  "a narrower answer to this request is final for it": {
    given: {
      application: ask,
      request: { scopes: ["openid", "profile", "email"] },
      grant: { answeredRequestId: "r1" },
    },
    gives: responds,
  },
  "a scope that was declined before is neither asked for nor released": {
    given: {
      application: ask,
      request: { scopes: ["openid", "profile", "email"] },
      grant: { declined: ["email"] },
    },
    gives: responds,
  },
  "prompt=consent asks for what was declined as well": {
    given: {
      application: ask,
      request: { scopes: ["openid", "profile", "email"], askConsent: true },
      grant: { declined: ["email"] },
    },
    gives: { kind: "consent", to: ["profile", "email"], declined: ["email"] },
    silently: { kind: "refuse", reason: "consent-required" },
  },
  "prompt=consent asks for everything again": {
    given: { application: ask, request: { askConsent: true } },
    gives: { kind: "consent", to: ["profile"] },
    silently: { kind: "refuse", reason: "consent-required" },
  },
  "prompt=consent is satisfied by the answer to this request": {
    given: { application: ask, request: { askConsent: true }, grant: { answeredRequestId: "r1" } },
    gives: responds,
  },
  "prompt=consent asks nothing where consent is implied": {
    given: { request: { askConsent: true }, grant: "none" },
    gives: responds,
  },
  "openid alone needs no consent": {
    given: { application: ask, request: { scopes: ["openid"] }, grant: "none" },
    gives: { kind: "respond", scopes: ["openid"] },
  },
  "forced comes before consent": {
    given: { application: ask, request: { reauthenticate: true }, grant: "none" },
    gives: { kind: "login", why: "forced" },
    silently: loginRequired,
  },
};

function inputOf({ given }: Case, silent: boolean): DecisionInput {
  const withAuthentication = {
    ...session,
    authentication: { ...session.authentication, ...given.authentication },
  };
  return {
    session: given.session === "none" ? undefined : { ...withAuthentication, ...given.session },
    account:
      given.account === "none" || given.session === "none" ? undefined : { ...account, ...given.account },
    application: { ...application, ...given.application },
    request: { ...request, ...given.request, silent },
    grant: given.grant === "none" ? undefined : { ...grant, ...given.grant },
    chosenAccountId: given.chosen,
    policy: { ...policy, ...given.policy },
    nowMs: NOW,
  };
}

describe("decide", () => {
  for (const [name, row] of Object.entries(cases)) {
    test(name, () => assert.deepEqual(decide(inputOf(row, false)), row.gives));
    test(`${name} (silent)`, () => assert.deepEqual(decide(inputOf(row, true)), row.silently ?? row.gives));
  }

  test("a silent request never leads to a page", () => {
    for (const row of Object.values(cases)) {
      const { kind } = decide(inputOf(row, true));
      assert.ok(kind === "respond" || kind === "refuse", kind);
    }
  });

  test("no combination answers an account that is not the session's, not allowed, not fresh or not live", () => {
    for (const row of Object.values(cases)) {
      for (const other of Object.values(cases)) {
        const input = inputOf({ given: { ...row.given, ...other.given }, gives: row.gives }, false);
        if (decide(input).kind !== "respond") continue;
        assert.ok(
          input.session !== undefined && input.account?.enabled === true && input.application.enabled,
        );
        const expected = input.request.expectedAccountId;
        assert.ok(expected === undefined || expected === input.account.id);
      }
    }
  });
});
