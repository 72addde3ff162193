import type { IncomingMessage } from "node:http";
import { Router } from "express";
import { addressReader } from "./http/address.ts";
import { exposedTokens } from "./http/exposed-tokens.ts";
import { Parameters } from "./http/parameters.ts";
import { possessionProofs } from "./http/possession-proofs.ts";
import { TokenGate } from "./http/token-gate.ts";
import { type Transport, transportReader } from "./http/transport.ts";
import type { AccessTokens } from "./oidc/access-token.ts";
import type { ClientAuthentication } from "./oidc/client-authentication.ts";
import { DpopProofs } from "./oidc/dpop-proof.ts";
import { OAuthError } from "./oidc/oauth-error.ts";
import type { JwtSigner } from "./oidc/jwt-signer.ts";
import type { RefreshTokens } from "./oidc/refresh-token.ts";
import type { TokenFamilies } from "./oidc/token-families.ts";
import { accessTokenSource, familyOf } from "./oidc/token-source.ts";
import type { Parts } from "./parts.ts";
import type { SsoParts } from "./token-sso.ts";
import { tokenFeedEndpoint } from "./token-feed.ts";
import { Exposures } from "./tokens/exposure.ts";
import { SYSTEM } from "./tokens/token-act.ts";
import { readToken } from "./tokens/token-format.ts";
import { TokenVerifier, type TokenWatcher } from "./tokens/token-verifier.ts";
import { verifyEndpoint } from "./tokens/verify-endpoint.ts";
import { leakReportEndpoint } from "./tokens/watch/leak-report-endpoint.ts";
import { LeakReports } from "./tokens/watch/leak-reports.ts";
import type { TokenWatch } from "./tokens/watch/token-watch.ts";

/** What of OpenID Connect the checks of tokens stand on. */
export interface CheckedOidc {
  readonly signer: JwtSigner;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly authentication: ClientAuthentication;
  readonly families: TokenFamilies;
}

/** The checks of all tokens, and the way in for programs that bring one. */
export interface TokenChecks {
  readonly verifier: TokenVerifier;
  readonly gate: TokenGate;
  readonly exposures: Exposures;
  readonly dpop: DpopProofs;
  /** undefined: there are no SSO tokens. */
  readonly sso: SsoParts | undefined;
  /** Revokes an API token where it is this client's own, and the session of an SSO token that it may check (RFC 7009). */
  readonly revokeOf: (text: string, clientId: string) => Promise<void>;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly transportOf: (request: IncomingMessage) => Transport;
}

export function openTokenChecks(
  parts: Parts,
  oidc: CheckedOidc,
  watch: TokenWatcher,
  sso: SsoParts | undefined,
): TokenChecks {
  const { config, stores, tokens, resources, versions, clock } = parts;
  const { issuer, trustProxy, clientCertificateHeader: certificateHeader } = config;
  const { durable, volatile } = stores;
  const addressOf = addressReader(trustProxy);
  const verifier = new TokenVerifier({
    cache: tokens.cache,
    owners: tokens.owners,
    policy: tokens.policy,
    resources,
    versions,
    volatile,
    source: accessTokenSource(oidc.accessTokens),
    watch,
    throttled: (tokenId) => watch.throttled(tokenId),
    clock,
  });
  const dpop = new DpopProofs({ volatile, clock });
  const proofs = possessionProofs({ issuer, dpop, trustProxy, certificateHeader });
  return {
    verifier,
    gate: new TokenGate({ verifier, addressOf, proofs }),
    exposures: new Exposures({
      store: durable.apiTokens,
      apiTokens: tokens.apiTokens,
      notices: durable.tokenNotices,
      revokeOther: async (text, evidence) => {
        await sso?.endByText(text, "exposed", evidence);
        const family = await familyOf(oidc, text);
        if (family !== undefined) await oidc.families.revoke(family.familyId);
      },
      clock,
    }),
    dpop,
    sso,
    revokeOf: async (text, clientId) => {
      const { hash, kind } = readToken(text) ?? {};
      if (kind === "sso" && sso !== undefined && (await sso.checks.mayEnd(clientId, text)))
        await sso.endByText(text, "application", { client: clientId });
      const token = hash === undefined ? undefined : await durable.apiTokens.findByHash(hash);
      if (token?.owner.kind !== "application" || token.owner.id !== clientId) return;
      await tokens.apiTokens.revoke(SYSTEM, token.id, { reason: "owner", evidence: { client: clientId } });
    },
    addressOf,
    transportOf: transportReader(issuer, trustProxy),
  };
}

/** Stands before every endpoint: refuses and revokes what was exposed on the way here. */
export function exposureGuard({ exposures, addressOf, transportOf }: TokenChecks) {
  return exposedTokens({ transportOf, addressOf, report: exposures.report.bind(exposures) });
}

/** The check of tokens for programs, and the reports of leaked ones. */
export function tokenEndpoints(
  parts: Parts,
  oidc: CheckedOidc,
  checks: TokenChecks,
  watch: Pick<TokenWatch, "alarms">,
): Router {
  const { config, stores, resources } = parts;
  const { verifier, gate, exposures, dpop, sso, addressOf, transportOf } = checks;
  const issued = accessTokenSource(oidc.accessTokens);
  const asked = {
    issuer: config.issuer,
    gate,
    clientOf: async (authorization: string) => {
      const client = await clientOf(oidc.authentication, authorization);
      if (client === undefined) return undefined;
      const served = resources
        .all()
        .filter(({ introspectionClientIds }) => introspectionClientIds.includes(client));
      return { id: client, serves: served.map(({ identifier }) => identifier) };
    },
    addressOf,
    volatile: stores.volatile,
  };
  return Router().use(
    tokenFeedEndpoint(parts, oidc.signer, asked),
    verifyEndpoint({
      ...asked,
      verifier,
      provedKey: async ({ jwt, url }, use) => {
        const checked = await dpop.check(jwt, { ...use, url });
        return checked.ok ? checked.thumbprint : undefined;
      },
      aboutSso: async (client, text, address) => await sso?.checks.about(client, text, address),
      transportOf,
      reportExposed: async (token, address) => await exposures.report(token, "plain-http", address),
    }),
    leakReportEndpoint({
      reports: new LeakReports({
        tokens: stores.durable.apiTokens,
        source: { find: async (text) => (await sso?.find(text)) ?? (await issued.find(text)) },
        alarms: watch.alarms,
      }),
      volatile: stores.volatile,
      addressOf,
    }),
  );
}

/** The id of the client that these Basic credentials prove; undefined: they prove none. */
async function clientOf(
  authentication: ClientAuthentication,
  authorization: string,
): Promise<string | undefined> {
  const parameters = Parameters.read("");
  if (parameters === undefined) return undefined;
  try {
    const { id, authenticationMethod } = await authentication.authenticate({ authorization, parameters });
    // A public client's name proves nothing.
    return authenticationMethod === "none" ? undefined : id;
  } catch (error) {
    if (error instanceof OAuthError) return undefined;
    throw error;
  }
}
