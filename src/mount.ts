import type { IncomingMessage } from "node:http";
import { Router } from "express";
import { unregisteredMembers } from "./federations.ts";
import { addressReader } from "./http/address.ts";
import { browserMiddleware } from "./http/browser.ts";
import type { DirectEndpoint } from "./http/direct-endpoint.ts";
import type { ReplySender } from "./http/reply-sender.ts";
import { sessionMiddleware } from "./http/session-middleware.ts";
import type { PasswordLogin } from "./login/password-login.ts";
import { authorizeEndpoint } from "./oidc/authorize-endpoint.ts";
import { claimRules } from "./oidc/claims.ts";
import { discoveryEndpoint } from "./oidc/discovery-endpoint.ts";
import { endSessionEndpoint } from "./oidc/end-session-endpoint.ts";
import { introspectionEndpoint } from "./oidc/introspection-endpoint.ts";
import { jwksEndpoint } from "./oidc/jwks-endpoint.ts";
import { parEndpoint } from "./oidc/par-endpoint.ts";
import { revocationEndpoint } from "./oidc/revocation-endpoint.ts";
import { tokenEndpoint } from "./oidc/token-endpoint.ts";
import { userinfoEndpoint } from "./oidc/userinfo-endpoint.ts";
import type { Application } from "./model/application.ts";
import type { ReleaseRule } from "./model/release.ts";
import { artifactEndpoint } from "./saml/artifact-endpoint.ts";
import { ecpEndpoint } from "./saml/ecp-endpoint.ts";
import { accountForNameId } from "./saml/expected-account.ts";
import { metadataEndpoint } from "./saml/metadata-endpoint.ts";
import { RequestReplay } from "./saml/request-replay.ts";
import { Signers } from "./saml/signers.ts";
import { sloEndpoint } from "./saml/slo-endpoint.ts";
import { sloSoapEndpoint } from "./saml/slo-soap-endpoint.ts";
import { ssoEndpoint } from "./saml/sso-endpoint.ts";
import { startEndpoint } from "./saml/start-endpoint.ts";
import type { Parts } from "./parts.ts";
import type { Protocols } from "./protocols.ts";
import { GuessLimit } from "./tokens/guess-limit.ts";
import { ssoCookieOf } from "./token-sso.ts";

/** Puts the session and the browser on each request of a person. */
export function browserParts(parts: Parts, endSession: Protocols["endSession"]): Router {
  const { config, sessions, accounts, sealing, clock, random } = parts;
  const { issuer, policy, trustProxy } = config;
  const secure = issuer.startsWith("https:");
  const { volatile: store } = parts.stores;
  return Router().use(
    sessionMiddleware({ store, cookieSecret: sealing.derive("cookie"), secure, policy, random }),
    browserMiddleware({
      sessions,
      accounts,
      replaced: async (sessionId) => void (await endSession.endQuietly([sessionId])),
      addressOf: addressReader(trustProxy),
      sso: ssoCookieOf(parts),
      secure,
      policy,
      clock,
      random,
    }),
  );
}

/** SAML's endpoints that a browser comes to. */
export function samlEndpoints(parts: Parts, { saml, ...shell }: Protocols, replySender: ReplySender): Router {
  const { applications, accounts, sessions, participants, subjects, audit, clock, random, log } = parts;
  const { spentIds } = parts.stores.durable;
  const { issuer, policy } = parts.config;
  const { signOn, endSession, logoutRunner: runner } = shell;
  const { keys, resolver, turns } = saml;
  const received = { issuer, applications, keys, resolver, turns, policy, clock, random, replySender, audit };
  const replay = new RequestReplay(parts.stores.volatile);
  const { evidence } = saml;
  const logouts = { participants, sessions, spentIds, endSession, evidence, keyUse: parts.keyUse };
  const accountFor = accountForNameId({ issuer, accounts, participants, subjects });
  return Router().use(
    ssoEndpoint({
      ...received,
      replay,
      accountFor,
      signOn,
      responder: saml.responder,
      members: unregisteredMembers(parts),
      log,
    }),
    startEndpoint({ ...received, signOn }),
    sloEndpoint({ ...received, ...logouts, runner }),
  );
}

/** OpenID Connect's endpoints that a browser comes to. */
export function oidcBrowserEndpoints(parts: Parts, protocols: Protocols, replySender: ReplySender): Router {
  const { keyRing, applications, subjects, random } = parts;
  const { issuer } = parts.config;
  const { volatile } = parts.stores;
  const { signOn, endSession, oidc } = protocols;
  return Router().use(
    authorizeEndpoint({ issuer, requests: oidc.requests, signOn, replySender }),
    endSessionEndpoint({
      issuer,
      keyRing,
      applications,
      subjects,
      endSession,
      volatile,
      replySender,
      random,
    }),
  );
}

/** SAML's endpoints that service providers call themselves. */
export function samlProgramEndpoints(
  parts: Parts,
  { saml, endSession, signOn }: Protocols,
  passwordLogin: PasswordLogin,
): Router {
  const { applications, accounts, sessions, participants, subjects } = parts;
  const { spentIds } = parts.stores.durable;
  const { keyRing, audit, clock, random } = parts;
  const { issuer, policy, trustProxy } = parts.config;
  const addressOf = addressReader(trustProxy);
  const { keys, messages, artifacts, turns } = saml;
  const received = { issuer, applications, keys, turns, policy, clock, audit, addressOf };
  return Router().use(
    metadataEndpoint({
      issuer,
      keyRing,
      settings: parts.settings,
      random,
      clock,
      // The endpoint takes SOAP, but our metadata does not offer it: service providers that prefer SOAP (pysaml2) would
      // then log out behind the browser's back, and applications that can only be told through it would not be.
      soapLogout: false,
      artifacts: true,
      simpleSign: true,
      ecp: true,
    }),
    ecpEndpoint({
      ...received,
      replay: new RequestReplay(parts.stores.volatile),
      accountFor: accountForNameId({ issuer, accounts, participants, subjects }),
      signOn,
      passwordLogin,
      sessions,
      participants,
      random,
    }),
    artifactEndpoint({ ...received, artifacts, spentIds, signers: new Signers(keyRing), random }),
    sloSoapEndpoint({
      ...received,
      participants,
      sessions,
      spentIds,
      evidence: saml.evidence,
      endSession,
      messages,
    }),
  );
}

/** Tokens that are none, shown to UserInfo from one address. */
const USERINFO_GUESSES_PER_MINUTE = 60;

/** OpenID Connect's endpoints that programs call, without Express. */
export function oidcProgramEndpoints(
  { config, keyRing, settings, stores }: Parts,
  { oidc, checks }: Pick<Protocols, "oidc" | "checks">,
): readonly DirectEndpoint[] {
  const { issuer, policy } = config;
  const guesses = new GuessLimit(stores.volatile, "userinfo-refusals", USERINFO_GUESSES_PER_MINUTE);
  const guessed = async (request: IncomingMessage) => await guesses.count(checks.addressOf(request));
  return [
    discoveryEndpoint({ issuer, keyRing, signer: oidc.signer, contexts: policy.availableContexts, settings }),
    jwksEndpoint({ keyRing }),
    parEndpoint({ ...oidc, addressOf: checks.addressOf }),
    tokenEndpoint(oidc),
    userinfoEndpoint({ issuer, ...oidc, guessed }),
    introspectionEndpoint({ issuer, ...oidc, apiTokens: checks.verifier, sso: checks.sso?.checks }),
    revocationEndpoint({ ...oidc, revokeApiToken: checks.revokeOf }),
  ];
}

/** The consent page is OpenID Connect's alone: a SAML application is given what its mapping says. */
export function rulesOfConsent(application: Application): readonly ReleaseRule[] {
  return application.protocol === "oidc" ? claimRules(application) : [];
}
