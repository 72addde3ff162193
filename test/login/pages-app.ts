import type { TestContext } from "node:test";
import { Router } from "express";
import { Accounts } from "../../src/account/accounts.ts";
import { consentsEndpoint } from "../../src/account/consents-endpoint.ts";
import { createAccount, type NewAccount } from "../../src/account/create-account.ts";
import { homeEndpoint } from "../../src/account/home-endpoint.ts";
import { logoutEndpoint } from "../../src/account/logout-endpoint.ts";
import { sessionsEndpoint } from "../../src/account/sessions-endpoint.ts";
import { AuditTrail } from "../../src/audit/audit-trail.ts";
import { Applications } from "../../src/flow/applications.ts";
import type { EndSession } from "../../src/flow/end-session.ts";
import { PATHS } from "../../src/flow/endpoints.ts";
import { PendingRequests } from "../../src/flow/pending-requests.ts";
import type { Responder } from "../../src/flow/responder.ts";
import { SignOn } from "../../src/flow/sign-on.ts";
import { browserMiddleware, browserOf } from "../../src/http/browser.ts";
import { Csrf } from "../../src/http/csrf.ts";
import { errorHandler } from "../../src/http/error-handler.ts";
import { createReplySender } from "../../src/http/reply-sender.ts";
import { resumeEndpoint } from "../../src/http/resume-endpoint.ts";
import { securityHeaders } from "../../src/http/security-headers.ts";
import { sessionMiddleware } from "../../src/http/session-middleware.ts";
import { chooseAccountEndpoint } from "../../src/login/choose-account-endpoint.ts";
import { consentEndpoint } from "../../src/login/consent-endpoint.ts";
import { KnownDevices } from "../../src/login/known-devices.ts";
import { loginEndpoint } from "../../src/login/login-endpoint.ts";
import { PasswordHasher } from "../../src/login/password-hasher.ts";
import { PasswordLogin } from "../../src/login/password-login.ts";
import { stepUpEndpoint } from "../../src/login/step-up-endpoint.ts";
import { Throttle } from "../../src/login/throttle.ts";
import type { Application } from "../../src/model/application.ts";
import type { SignOnPolicy } from "../../src/model/policy.ts";
import type { SignOnRequest } from "../../src/model/sign-on-request.ts";
import { silentLog } from "../../src/platform/log.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { Participants } from "../../src/session/participants.ts";
import { SessionStore } from "../../src/session/session-store.ts";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { TestClock } from "../fixtures/clock.ts";
import { serve } from "../http/serve.ts";
import { testRenderer } from "../http/site.ts";
import { testApplication, testRequest } from "./requests.ts";
import { TestBrowser } from "./test-browser.ts";

const HOUR = 60 * 60_000;

export const POLICY: SignOnPolicy = {
  sessionIdleMs: 2 * HOUR,
  sessionAbsoluteMs: 12 * HOUR,
  rememberedIdleMs: 14 * 24 * HOUR,
  rememberedAbsoluteMs: 30 * 24 * HOUR,
  clockSkewMs: 180_000,
  availableContexts: ["password"],
};

/** Says in plain text what would be sent to the application. */
const responder: Responder = {
  respond: async ({ request, application, account, scopes }) =>
    await Promise.resolve({
      reply: plain(`signed on: ${account.username} at ${application.name} with ${scopes.join(" ")}`),
      participant: {
        applicationId: application.id,
        protocol: request.protocol,
        subject: account.id,
        sessionIndex: "s",
        lastSignOnMs: 0,
        wire: {},
      },
    }),
  refuse: async (_request, _application, reason) => await Promise.resolve(plain(`refused: ${reason}`)),
};

function plain(body: string) {
  return { kind: "body", status: 200, contentType: "text/plain", body } as const;
}

/** One scope of one resource. */
function resourceScope(scope: string) {
  if (scope !== "orders:read") return undefined;
  return { name: scope, description: "See <your> orders", resource: { name: "Shop & Co" } };
}

type Inside = Awaited<ReturnType<typeof inside>>;

/** The person's pages over embedded stores, with a protocol that answers in plain text. `/start` begins a sign-on. */
export async function pagesApp(
  t: TestContext,
  applications: readonly Application[] = [testApplication()],
  policy: SignOnPolicy = POLICY,
) {
  const parts = await inside(applications, policy);
  const { render, clock, durable, store } = parts;
  const router = Router();
  const requests: SignOnRequest[] = [];
  const errors = errorHandler({ render, log: silentLog, random: systemRandom, clock });
  const url = await serve(t, router, { errors });
  mount(router, parts, url, requests);
  t.after(async () => {
    await parts.audit.flush();
    await store.close();
    await durable.close();
  });
  return {
    ...parts,
    url,
    /** The next `/start` begins this one. */
    next: (changes: Partial<SignOnRequest>) => void requests.push(testRequest(changes)),
    browser: () => new TestBrowser(url),
    add: async (account: NewAccount) => {
      const deps = { store: durable.accounts, hasher: parts.hasher, clock, random: systemRandom };
      const created = await createAccount(account, deps);
      if (created.kind === "refused") throw new Error(created.problem);
      return created.account;
    },
  };
}

async function inside(registered: readonly Application[], policy: SignOnPolicy) {
  const clock = new TestClock();
  const durable = await openDurableStore({ url: "sqlite::memory:", clock });
  const store = openEmbeddedVolatileStore({ path: ":memory:", clock });
  for (const application of registered) await durable.applications.insert(application);
  const applications = new Applications(durable.applications);
  await applications.reload();
  const sessions = new SessionStore(store, policy);
  const participants = new Participants(store, sessions.longestMs);
  const audit = new AuditTrail(durable.audit, clock, silentLog);
  const hasher = await PasswordHasher.create(systemRandom, 1);
  const accounts = new Accounts(durable.accounts);
  const ended: string[] = [];
  const signOn = new SignOn({
    applications,
    grants: durable.grants,
    participants,
    sessions,
    pending: new PendingRequests(store, systemRandom),
    responders: { saml: responder, oidc: responder },
    audit,
    policy,
    clock,
    random: systemRandom,
  });
  const endSession = plainEndSession(sessions, ended);
  const render = testRenderer();
  const stores = { clock, durable, store, sessions, participants, audit };
  return { ...stores, accounts, applications, hasher, signOn, endSession, ended, render, policy };
}

/** Ends sessions and tells nobody. */
function plainEndSession(
  sessions: SessionStore,
  ended: string[],
): Pick<EndSession, "confirmed" | "endQuietly"> {
  const endQuietly = async (ids: readonly string[]) => {
    for (const id of ids) {
      const session = await sessions.get(id);
      if (session !== undefined) await sessions.end(id, session.accountId);
      ended.push(id);
    }
    return [];
  };
  return {
    endQuietly,
    confirmed: async (_askedId, session, browser) => {
      if (session !== undefined) await endQuietly([session.id]);
      await browser.logOut();
      return { kind: "go", to: PATHS.receipt };
    },
  };
}

function mount(router: Router, parts: Inside, issuer: string, requests: SignOnRequest[]): void {
  const { accounts, applications, audit, clock, durable, endSession, participants, policy } = parts;
  const { render, sessions, signOn, store } = parts;
  const random = systemRandom;
  const replySender = createReplySender({ issuer, render, log: silentLog, clock, random });
  const csrf = new Csrf("a key of the tests", issuer);
  const step = { signOn, csrf, replySender, render };
  const passwordLogin = new PasswordLogin({
    accounts,
    store: durable.accounts,
    hasher: parts.hasher,
    throttle: new Throttle(store, clock),
    devices: new KnownDevices(store, random),
    audit,
    clock,
  });
  router.use(
    securityHeaders(issuer),
    sessionMiddleware({ store, cookieSecret: "a secret of the tests", secure: false, policy, random }),
    browserMiddleware({
      sessions,
      accounts,
      replaced: async (id) => void (await endSession.endQuietly([id])),
      addressOf: () => "192.0.2.7",
      secure: false,
      policy,
      clock,
      random,
    }),
  );
  router.get("/start", async (request, response) => {
    const next = requests.shift() ?? testRequest();
    replySender.outcome(request, response, await signOn.start(next, browserOf(request)));
  });
  router.get(PATHS.resume, resumeEndpoint({ signOn, replySender }));
  router.use(loginEndpoint({ ...step, passwordLogin, policy, clock, secure: false }));
  router.use(chooseAccountEndpoint(step), stepUpEndpoint(step));
  router.use(consentEndpoint({ ...step, rulesOf: (application) => application.release, resourceScope }));
  router.get(
    "/",
    homeEndpoint({ issuer, applications, notices: durable.tokenNotices, replySender, render, policy, clock }),
  );
  router.use(logoutEndpoint({ endSession, sessions, csrf, replySender, render }));
  router.use(
    consentsEndpoint({
      grants: durable.grants,
      applications,
      resourceScope,
      withdraw: async (grantId) => await durable.grants.delete(grantId),
      audit,
      csrf,
      replySender,
      render,
    }),
    sessionsEndpoint({ sessions, participants, applications, endSession, csrf, replySender, render }),
  );
}
