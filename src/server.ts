import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type RequestHandler } from "express";
import { consentsEndpoint } from "./account/consents-endpoint.ts";
import { homeEndpoint } from "./account/home-endpoint.ts";
import { logoutEndpoint } from "./account/logout-endpoint.ts";
import { sessionsEndpoint } from "./account/sessions-endpoint.ts";
import { tokensEndpoint } from "./account/tokens-endpoint.ts";
import { actParts } from "./act-parts.ts";
import { adminEndpoint } from "./admin/admin-endpoint.ts";
import { ADMIN_PATH } from "./admin/owner-endpoint.ts";
import { problemShown } from "./audit/problem-shown.ts";
import type { Config } from "./config.ts";
import { PATHS } from "./flow/endpoints.ts";
import { Csrf } from "./http/csrf.ts";
import { directFirst } from "./http/direct-endpoint.ts";
import { directFailure, errorHandler, notFoundHandler } from "./http/error-handler.ts";
import { healthEndpoint, Metrics } from "./http/health-endpoint.ts";
import { siteOf } from "./http/site.ts";
import { drain, listen, listener } from "./http/listener.ts";
import { logoutRunEndpoint } from "./http/logout-run-endpoint.ts";
import { Outbound } from "./http/outbound.ts";
import { createRenderer, VIEWS_FOLDER } from "./http/render.ts";
import { createReplySender, type ShownProblem } from "./http/reply-sender.ts";
import { resumeEndpoint } from "./http/resume-endpoint.ts";
import { securityHeaderSetter } from "./http/security-headers.ts";
import { loadAssets } from "./http/static-files.ts";
import { chooseAccountEndpoint } from "./login/choose-account-endpoint.ts";
import { consentEndpoint } from "./login/consent-endpoint.ts";
import { KnownDevices } from "./login/known-devices.ts";
import { loginEndpoint } from "./login/login-endpoint.ts";
import { PasswordLogin } from "./login/password-login.ts";
import { stepUpEndpoint } from "./login/step-up-endpoint.ts";
import { Throttle } from "./login/throttle.ts";
import {
  browserParts,
  oidcBrowserEndpoints,
  oidcProgramEndpoints,
  rulesOfConsent,
  samlEndpoints,
  samlProgramEndpoints,
} from "./mount.ts";
import { problemDocsEndpoint } from "./api/problem-docs-endpoint.ts";
import { API_PATH } from "./api/openapi.ts";
import { openParts, type Parts, type Platform } from "./parts.ts";
import { openProtocols, type Protocols } from "./protocols.ts";
import { exposureGuard, tokenEndpoints } from "./token-checks.ts";
import { systemClock } from "./platform/clock.ts";
import { createLog } from "./platform/log.ts";
import { pooledRandom } from "./platform/random.ts";
import { openTokenPages } from "./token-pages.ts";
import { warnOfWeakSettings } from "./saml/weak-settings.ts";
import { startRounds } from "./rounds.ts";
import { tokenApi } from "./token-api.ts";
import { startUpkeep } from "./upkeep.ts";

const DELIVER_EVERY_MS = 5_000;

export interface RunningServer {
  readonly port: number;
  /** One line for the start: where it listens, and which stores serve. */
  readonly greeting: string;
  close(): Promise<void>;
}

/**
 * Starts Gatehouse: opens the stores, migrates, mounts every endpoint, listens. Throws what start-error.ts puts into one
 * clear line. Port 0 takes a free one.
 */
export async function startServer(config: Config, overrides: Partial<Platform> = {}): Promise<RunningServer> {
  const platform = {
    clock: systemClock,
    random: pooledRandom(),
    log: createLog(config.logLevel),
    ...overrides,
  };
  const parts = await openParts(config, platform);
  const state = { accepting: true };
  const protocols = openProtocols(parts);
  const server = listener(
    config,
    createApp(parts, () => state.accepting, protocols),
  );
  try {
    await listen(server, config);
  } catch (error) {
    await parts.close();
    throw error;
  }
  parts.versions.start();
  warnOfWeakSettings(parts.applications.all(), parts.log);
  const { deliveries, watch } = protocols;
  watch.start();
  const upkeep = startUpkeep(parts, watch);
  const rounds = startRounds(parts, protocols);
  const deliver = setInterval(() => void deliveries.runDue(), DELIVER_EVERY_MS).unref();
  const { port } = server.address() as AddressInfo;
  return {
    port,
    greeting: `Gatehouse serves ${config.issuer} on port ${port}: ${parts.stores.description}`,
    close: async () => {
      state.accepting = false;
      parts.tokens.feed.close();
      clearInterval(upkeep);
      clearInterval(rounds);
      clearInterval(deliver);
      await drain(server);
      await deliveries.stop();
      await watch.stop();
      await parts.close();
    },
  };
}

const SIGN_ON_PATHS: ReadonlySet<string> = new Set([PATHS.samlSso, PATHS.oidcAuthorize]);

/** The application with everything mounted, under the issuer's path. */
export function createApp(
  parts: Parts,
  accepting: () => boolean,
  protocols: Protocols = openProtocols(parts),
): RequestListener {
  const { config, keyRing, applications, accounts, sessions, participants, audit, clock, random, log } =
    parts;
  const { issuer, policy } = config;
  const { durable, volatile } = parts.stores;
  const secure = issuer.startsWith("https:");
  const base = new URL(issuer).pathname.replace(/\/$/, "");
  const assets = loadAssets(VIEWS_FOLDER, base);
  const render = createRenderer(
    siteOf({ base, host: new URL(issuer).host, ...assets.site }, parts.settings),
    VIEWS_FOLDER,
  );
  const onProblem = ({ reference, problem, browser }: ShownProblem) =>
    audit.note(problemShown(reference, problem, browser));
  const replySender = createReplySender({ issuer, render, log, clock, random, onProblem });
  const csrf = new Csrf(parts.sealing.derive("csrf"), issuer);
  const metrics = new Metrics();
  const { signOn, endSession, logoutRunner } = protocols;
  const passwordLogin = new PasswordLogin({
    accounts,
    store: durable.accounts,
    hasher: parts.hasher,
    throttle: new Throttle(volatile, clock),
    devices: new KnownDevices(volatile, random),
    audit,
    clock,
  });
  const resourceScope = (scope: string) => parts.resources.scope(scope);
  const step = { signOn, csrf, replySender, render };
  const tokenPages = openTokenPages(parts);

  const app = express();
  app.set("query parser", false);
  app.set("etag", false);
  app.disable("x-powered-by");
  app.use(metrics.middleware());

  // For programs: no cookie is read here, and none is set.
  const programs = express.Router();
  programs.use(healthEndpoint({ durable, volatile, accepting, metrics, metricsToken: config.metricsToken }));
  programs.use(assets.router);
  programs.use(tokenEndpoints(parts, protocols.oidc, protocols.checks, protocols.watch));
  programs.use(API_PATH, tokenApi(parts, protocols.checks, tokenPages.useOf));
  programs.use(problemDocsEndpoint(render));
  programs.use(samlProgramEndpoints(parts, protocols, passwordLogin));

  // For people's browsers: behind the session and the binding.
  const people = express.Router();
  people.use(browserParts(parts, endSession));
  people.use(samlEndpoints(parts, protocols, replySender));
  people.use(oidcBrowserEndpoints(parts, protocols, replySender));
  people.get(PATHS.resume, resumeEndpoint({ signOn, replySender }));
  people.use(loginEndpoint({ passwordLogin, signOn, csrf, replySender, render, policy, clock, secure }));
  people.use(chooseAccountEndpoint(step));
  people.use(stepUpEndpoint(step));
  people.use(consentEndpoint({ ...step, rulesOf: rulesOfConsent, resourceScope }));
  people.get(PATHS.home, homeEndpoint({ issuer, applications, ...step, ...tokenPages, policy, clock }));
  people.use(
    sessionsEndpoint({ sessions, participants, applications, endSession, csrf, replySender, render }),
  );
  people.use(
    consentsEndpoint({
      grants: durable.grants,
      applications,
      resourceScope,
      withdraw: async (grantId) => await protocols.oidc.families.revokeGrant(grantId),
      audit,
      csrf,
      replySender,
      render,
    }),
  );
  people.use(tokensEndpoint({ ...tokenPages, csrf, replySender, render, clock }));
  people.use(logoutEndpoint({ endSession, sessions, csrf, replySender, render }));
  people.use(
    ADMIN_PATH,
    adminEndpoint({
      issuer,
      acts: actParts(parts, endSession),
      outbound: new Outbound({ allowPrivateAddresses: config.allowPrivateAddresses }),
      applications,
      auditEvents: durable.audit,
      sessions,
      keyRing,
      signingKeys: parts.signingKeys,
      keyUses: durable.keyUses,
      subjects: parts.subjects,
      volatile,
      tokenPages,
      csrf,
      render,
      replySender,
    }),
  );
  people.use(
    logoutRunEndpoint({
      runner: logoutRunner,
      receipts: durable.receipts,
      applications,
      render,
      replySender,
    }),
  );

  // Sign-ons first: each router that is asked before costs them a little.
  const signOns: RequestHandler = (request, response, next) => {
    if (SIGN_ON_PATHS.has(request.path)) people(request, response, next);
    else next();
  };
  for (const path of new Set([base === "" ? "/" : base, "/"])) app.use(path, signOns, programs, people);
  const failure = { render, log, random, clock };
  app.use(notFoundHandler(failure), errorHandler(failure));
  const failed = directFailure(failure);
  const endpoints = oidcProgramEndpoints(parts, protocols);
  const counted = (request: IncomingMessage, response: ServerResponse, path: string) =>
    metrics.count(request, response, () => path);
  const routed = directFirst({ endpoints, base, before: counted, failed }, app);
  const setHeaders = securityHeaderSetter(issuer);
  const guard = exposureGuard(protocols.checks);
  return (request, response) => {
    setHeaders(response);
    guard(request, response, (error?: unknown) => {
      if (error === undefined) routed(request, response);
      else failed(error, request, response);
    });
  };
}
