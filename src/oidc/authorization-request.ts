import type { Applications } from "../flow/applications.ts";
import type { Problem } from "../flow/problem.ts";
import type { Parameters } from "../http/parameters.ts";
import type { OidcApplication } from "../model/application.ts";
import type { ReplyAddress } from "../model/reply-address.ts";
import type { SignOnRequest } from "../model/sign-on-request.ts";
import type { Clock } from "../platform/clock.ts";
import { type Random, randomId } from "../platform/random.ts";
import { requestedContext } from "./acr.ts";
import type { Audiences } from "./audiences.ts";
import { AuthorizationError } from "./authorization-error.ts";
import {
  type AuthorizationParameters,
  readAuthorizationParameters,
  readResponseMode,
  readState,
} from "./authorization-parameters.ts";
import type { ResponseTarget } from "./authorization-response.ts";
import { scopesOfClaims } from "./claims.ts";
import type { ExpectedAccounts } from "./expected-account.ts";
import {
  pushedRequestUnknown,
  redirectUriNotRegistered,
  redirectUriUnclear,
  unknownClient,
} from "./oidc-problems.ts";
import { isPushedRequestUri, type PushedRequests } from "./pushed-requests.ts";
import { findRegistered } from "./redirect-uri.ts";
import { withWayBack } from "./refused-request-object.ts";
import type { OidcWire } from "./request-wire.ts";

export interface AuthorizationRequestsParts {
  readonly applications: Applications;
  readonly pushed: PushedRequests;
  readonly expected: ExpectedAccounts;
  readonly audiences: Audiences;
  readonly clock: Clock;
  readonly random: Random;
}

/** A request that was read; or a mistake that only a page of ours may show; or one that its client is told. */
export type AuthorizationRead =
  | { readonly kind: "request"; readonly request: SignOnRequest }
  | { readonly kind: "problem"; readonly problem: Problem }
  | { readonly kind: "error"; readonly target: ResponseTarget; readonly error: AuthorizationError };

/**
 * Reads authorization requests, once, into the neutral sign-on request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1).
 * The order is the defence: first who asks, then where the answer goes, and only then what an error can be sent for.
 *
 * A faulty request of a registered client is answered at its registered address even when nobody is logged in. That
 * would be a phishing aid where strangers register clients (RFC 9700 4.11.2); here only administrators do.
 */
export class AuthorizationRequests {
  readonly #parts: AuthorizationRequestsParts;

  constructor(parts: AuthorizationRequestsParts) {
    this.#parts = parts;
  }

  /** A request that came through the browser. */
  async read(parameters: Parameters): Promise<AuthorizationRead> {
    const clientId = single(parameters, "client_id");
    const application =
      clientId === undefined ? undefined : this.#parts.applications.oidcByClientId(clientId);
    if (application === undefined) return { kind: "problem", problem: unknownClient(clientId) };
    const requestUri = single(parameters, "request_uri");
    if (requestUri === undefined || !isPushedRequestUri(requestUri)) {
      return await this.#readOf(application, parameters, { kind: "plain" });
    }
    // What came beside the request_uri is not looked at: it has not been authenticated (RFC 9126 4).
    const pushed = await this.#parts.pushed.read(application.id, requestUri);
    if (pushed === undefined) return { kind: "problem", problem: pushedRequestUnknown(application) };
    return await this.#readOf(application, pushed.parameters, { kind: "pushed", id: pushed.id });
  }

  /** A request that an authenticated client pushes: checked now, so that the browser's way begins with a good one. */
  async check(application: OidcApplication, parameters: Parameters): Promise<AuthorizationRead> {
    return await this.#readOf(application, parameters, { kind: "pushing" });
  }

  async #readOf(application: OidcApplication, parameters: Parameters, way: Way): Promise<AuthorizationRead> {
    const replyTo = readReplyAddress(application, parameters);
    if (typeof replyTo !== "string") return { kind: "problem", problem: replyTo };
    try {
      if (way.kind === "plain" && application.parRequired) {
        throw new AuthorizationError("invalid_request", "This client must push its requests (RFC 9126).");
      }
      const read = readAuthorizationParameters(application, parameters, this.#parts.audiences);
      const request = await this.#toRequest(
        application,
        read,
        targetOf(application, parameters, replyTo),
        way,
      );
      return { kind: "request", request };
    } catch (error) {
      if (!(error instanceof AuthorizationError)) throw error;
      return { kind: "error", target: targetOf(application, parameters, replyTo), error };
    }
  }

  async #toRequest(
    application: OidcApplication,
    read: AuthorizationParameters,
    target: ResponseTarget,
    way: Way,
  ): Promise<SignOnRequest> {
    const { prompt, claims } = read;
    const wire: OidcWire = {
      responseMode: target.responseMode,
      state: target.state,
      nonce: read.nonce,
      codeChallenge: read.codeChallenge,
      scopes: read.scopes,
      claims,
      resources: read.resources,
      pushedId: way.kind === "pushed" ? way.id : undefined,
    };
    const implied = claims === undefined ? [] : scopesOfClaims(application, claims);
    return {
      id: randomId(this.#parts.random),
      protocol: "oidc",
      applicationId: application.id,
      replyTo: target.replyTo,
      receivedAtMs: this.#parts.clock.nowMs(),
      silent: prompt.none,
      reauthenticate: prompt.login || read.maxAgeSeconds === 0,
      selectAccount: prompt.selectAccount,
      askConsent: prompt.consent,
      maxAgeSeconds: read.maxAgeSeconds,
      requestedContext: requestedContext(read.acrValues, claims),
      expectedAccountId: await this.#parts.expected.find(application, read.idTokenHint, claims),
      loginHint: read.loginHint,
      scopes: [...new Set([...read.scopes, ...implied])],
      wire,
    };
  }
}

type Way =
  | { readonly kind: "plain" }
  | { readonly kind: "pushing" }
  | { readonly kind: "pushed"; readonly id: string };

/** The value of a parameter that came once; a repeated one is nobody's word. */
function single(parameters: Parameters, name: string): string | undefined {
  return parameters.repeated([name]).length > 0 ? undefined : parameters.get(name);
}

function readReplyAddress(application: OidcApplication, parameters: Parameters): ReplyAddress | Problem {
  if (parameters.repeated(["redirect_uri"]).length > 0) return redirectUriUnclear(application, "repeated");
  const sent = parameters.get("redirect_uri");
  if (sent === undefined) return redirectUriUnclear(application, "missing");
  return findRegistered(application.redirectUris, sent) ?? redirectUriNotRegistered(application, sent);
}

/** As much of the way back as can be read: an error must get home even when `response_mode` or `state` is the error. */
function targetOf(application: OidcApplication, sent: Parameters, replyTo: ReplyAddress): ResponseTarget {
  const parameters = withWayBack(sent);
  return {
    replyTo,
    responseMode: orElse("query", () => readResponseMode(application, parameters)),
    state:
      single(parameters, "state") === undefined ? undefined : orElse(undefined, () => readState(parameters)),
    applicationName: application.name,
  };
}

function orElse<T>(fallback: T, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof AuthorizationError) return fallback;
    throw error;
  }
}
