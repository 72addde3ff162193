import { EndSession } from "./flow/end-session.ts";
import { PATHS } from "./flow/endpoints.ts";
import { LogoutDeliveries } from "./flow/logout-deliveries.ts";
import { LogoutRunner } from "./flow/logout-run.ts";
import { LogoutRuns } from "./flow/logout-runs.ts";
import { PendingRequests } from "./flow/pending-requests.ts";
import { SignOn } from "./flow/sign-on.ts";
import { Outbound } from "./http/outbound.ts";
import { AccessTokens } from "./oidc/access-token.ts";
import { Audiences } from "./oidc/audiences.ts";
import { AuthorizationCodes } from "./oidc/authorization-code.ts";
import { AuthorizationRequests } from "./oidc/authorization-request.ts";
import { ClientAssertions } from "./oidc/client-assertion.ts";
import { ClientAuthentication } from "./oidc/client-authentication.ts";
import { ClientKeys } from "./oidc/client-keys.ts";
import { Cors } from "./oidc/cors.ts";
import { ExpectedAccounts } from "./oidc/expected-account.ts";
import { AuthorizationCodeGrant } from "./oidc/grants/authorization-code.ts";
import { ClientCredentialsGrant } from "./oidc/grants/client-credentials.ts";
import { RefreshTokenGrant } from "./oidc/grants/refresh-token.ts";
import { IdTokens } from "./oidc/id-token.ts";
import { JwtSigner } from "./oidc/jwt-signer.ts";
import { LogoutTokens } from "./oidc/logout-token.ts";
import { OidcLogoutChannel } from "./oidc/oidc-logout-channel.ts";
import { OidcResponder } from "./oidc/oidc-responder.ts";
import { PushRate } from "./oidc/push-rate.ts";
import { PushedRequests } from "./oidc/pushed-requests.ts";
import { RefreshTokens } from "./oidc/refresh-token.ts";
import { TokenFamilies } from "./oidc/token-families.ts";
import { TokenResponses } from "./oidc/token-response.ts";
import { TokenStanding } from "./oidc/token-standing.ts";
import type { Parts } from "./parts.ts";
import { openTokenChecks } from "./token-checks.ts";
import { openSso, ssoEnd } from "./token-sso.ts";
import { openTokenWatch } from "./token-watch.ts";
import { Turns } from "./platform/turns.ts";
import { ArtifactResolver } from "./saml/artifact-resolver.ts";
import { ArtifactSources } from "./saml/artifact-sources.ts";
import { Artifacts } from "./saml/artifacts.ts";
import { KeyEvidence } from "./saml/key-evidence.ts";
import { samlLogoutFinisher } from "./saml/logout-finisher.ts";
import { LogoutMessages } from "./saml/logout-message.ts";
import { SamlLogoutChannel } from "./saml/saml-logout-channel.ts";
import { SamlResponder } from "./saml/saml-responder.ts";
import { Signers } from "./saml/signers.ts";
import { soapPostOver } from "./saml/soap-call.ts";
import { VerificationKeys } from "./saml/verification-keys.ts";

type Oidc = ReturnType<typeof openOidc>;
type Saml = ReturnType<typeof openSaml>;

/** The shell with both protocols in it. */
export type Protocols = ReturnType<typeof openProtocols>;

/** Puts the two languages around the one decision and the one logout. */
export function openProtocols(parts: Parts) {
  const outbound = new Outbound({ allowPrivateAddresses: parts.config.allowPrivateAddresses });
  const saml = openSaml(parts, outbound);
  const oidc = openOidc(parts, outbound);
  const shell = openShell(parts, saml, oidc);
  const endSso = ssoEnd(parts, shell.endSession);
  const watch = openTokenWatch(parts, oidc.families, endSso);
  const checks = openTokenChecks(parts, oidc, watch, openSso(parts, watch, endSso));
  return { saml, oidc, watch, checks, ...shell };
}

function openShell(parts: Parts, saml: Saml, oidc: Oidc) {
  const { applications, sessions, participants, audit, clock, random } = parts;
  const { policy } = parts.config;
  const { durable, volatile } = parts.stores;
  const { grants, receipts, refreshTokens } = durable;
  const responders = { saml: saml.responder, oidc: oidc.responder };
  const channels = { saml: saml.channel, oidc: oidc.channel };
  const pending = new PendingRequests(volatile, random);
  const signOn = new SignOn({
    applications,
    grants,
    participants,
    sessions,
    pending,
    responders,
    audit,
    policy,
    clock,
    random,
  });
  const deliveries = new LogoutDeliveries({
    store: durable.logoutDeliveries,
    receipts,
    applications,
    channels,
    audit,
    clock,
    random,
    log: parts.log,
  });
  const runs = new LogoutRuns(volatile, random);
  const endSession = new EndSession({
    applications,
    sessions,
    endedSessions: durable.endedSessions,
    participants,
    refreshTokens,
    noteRevoked: parts.tokens.note,
    receipts,
    runs,
    deliveries,
    channels,
    finishers: { saml: saml.finisher },
    audit,
    clock,
    random,
  });
  const logoutRunner = new LogoutRunner({ endSession, applications, receipts, runs, channels, clock });
  return { signOn, endSession, logoutRunner, deliveries };
}

function openSaml(
  { config, keyRing, keyUse, subjects, applications, singleUse, stores, clock, random, log }: Parts,
  outbound: Outbound,
) {
  const { issuer, policy } = config;
  const post = soapPostOver(outbound);
  const keys = new VerificationKeys();
  const messages = new LogoutMessages({ issuer, keyRing, random, clock });
  const entityId = issuer + PATHS.samlMetadata;
  const artifacts = new Artifacts({ entityId, singleUse, random });
  return {
    keys,
    messages,
    artifacts,
    turns: new Turns(),
    resolver: new ArtifactResolver({
      issuer,
      keys,
      sources: new ArtifactSources(applications),
      signers: new Signers(keyRing),
      post,
      spentIds: stores.durable.spentIds,
      policy,
      clock,
      random,
    }),
    evidence: new KeyEvidence({ signers: new Signers(keyRing), keyUse }),
    responder: new SamlResponder({
      issuer,
      keyRing,
      keyUse,
      subjects,
      artifacts,
      random,
      clock,
      policy,
      log,
    }),
    channel: new SamlLogoutChannel({ messages, keys, post, keyUse }),
    finisher: samlLogoutFinisher({ applications, messages }),
  };
}

function openOidc(parts: Parts, outbound: Outbound) {
  const { config, keyRing, subjects, applications, accounts, sessions, participants, sealing } = parts;
  const { singleUse, audit, clock, random, log } = parts;
  const { issuer, policy } = config;
  const { durable, volatile } = parts.stores;
  const codes = new AuthorizationCodes(singleUse, random);
  const pushed = new PushedRequests(volatile, singleUse);
  const signer = new JwtSigner(keyRing);
  const expected = new ExpectedAccounts({ issuer, keyRing, accounts, participants });
  const audiences = new Audiences({ issuer, resources: parts.resources });
  const requests = new AuthorizationRequests({ applications, pushed, expected, audiences, clock, random });
  const clientKeys = new ClientKeys({ outbound, clock, log });
  const assertions = new ClientAssertions({ issuer, keys: clientKeys, spentIds: durable.spentIds, clock });
  const authentication = new ClientAuthentication({ applications, assertions, clock });
  const families = new TokenFamilies({
    volatile,
    refreshTokens: durable.refreshTokens,
    grants: durable.grants,
    note: parts.tokens.note,
  });
  const standing = new TokenStanding({ accounts, sessions, grants: durable.grants, policy, clock });
  const accessTokens = new AccessTokens({
    issuer,
    applications,
    audiences,
    standing,
    families,
    signer,
    keyRing,
    volatile,
    clock,
    random,
  });
  const refreshTokens = new RefreshTokens({ store: durable.refreshTokens, sealing, clock, random });
  const responses = new TokenResponses({
    accessTokens,
    idTokens: new IdTokens({ issuer, signer, subjects, clock, keyUse: parts.keyUse }),
  });
  const forPerson = { audiences, families, standing, refreshTokens, responses, subjects, audit };
  return {
    signer,
    audiences,
    requests,
    pushed,
    pushRate: new PushRate(volatile),
    authentication,
    families,
    standing,
    accessTokens,
    refreshTokens,
    cors: new Cors(applications),
    grants: {
      authorization_code: new AuthorizationCodeGrant({ ...forPerson, codes }),
      refresh_token: new RefreshTokenGrant(forPerson),
      client_credentials: new ClientCredentialsGrant({ audiences, responses, random }),
    },
    responder: new OidcResponder({ issuer, codes, pushed, subjects, audiences, clock, random }),
    channel: new OidcLogoutChannel({
      issuer,
      tokens: new LogoutTokens({ issuer, signer, clock, random }),
      outbound,
      keyUse: parts.keyUse,
    }),
  };
}
