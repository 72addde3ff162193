import type { Applications } from "../flow/applications.ts";
import type { Parameters } from "../http/parameters.ts";
import type { ClientAuthenticationMethod, OidcApplication } from "../model/application.ts";
import type { Clock } from "../platform/clock.ts";
import { constantTimeEqual, sha256 } from "../platform/digest.ts";
import {
  type ClaimedAssertion,
  type ClientAssertions,
  JWT_BEARER,
  readClientAssertion,
} from "./client-assertion.ts";
import { OAuthError } from "./oauth-error.ts";

/** What a client showed of itself: the Authorization header and the form. */
export interface PresentedClient {
  readonly authorization: string | undefined;
  readonly parameters: Parameters;
}

interface IdAndSecret {
  readonly clientId: string;
  readonly secret: string;
}

type Credential =
  /** Two ways to read a Basic header; the client is the one for which either is right. */
  | { readonly method: "client_secret_basic"; readonly readings: readonly IdAndSecret[] }
  | ({ readonly method: "client_secret_post" } & IdAndSecret)
  | { readonly method: "private_key_jwt"; readonly assertion: ClaimedAssertion }
  | { readonly method: "none"; readonly clientId: string };

const UNKNOWN = "unknown client, or its secret is wrong";

/** Finds out which client calls (RFC 6749 2.3). A client may use the one method that it is registered for, no other. */
export class ClientAuthentication {
  readonly #applications: Applications;
  readonly #assertions: ClientAssertions;
  readonly #clock: Clock;

  constructor(parts: { applications: Applications; assertions: ClientAssertions; clock: Clock }) {
    this.#applications = parts.applications;
    this.#assertions = parts.assertions;
    this.#clock = parts.clock;
  }

  /**
   * The client, proved by its registered method; for a public client, named by `client_id`. Throws `OAuthError`
   * (invalid_client) for none, for an unknown or disabled one, for two methods at once, and for a proof that fails.
   */
  async authenticate(presented: PresentedClient): Promise<OidcApplication> {
    const credential = readCredential(presented);
    const clientId = presented.parameters.get("client_id");
    const application = this.#applicationOf(credential);
    // A second name beside the proved one would leave open which of them the rest of the request is about.
    if (clientId !== undefined && application !== undefined && clientId !== application.id) {
      throw refused("client_id is not that of the client that authenticated", credential.method);
    }
    if (application === undefined || !application.enabled) throw refused(UNKNOWN, credential.method);
    if (credential.method !== application.authenticationMethod) {
      const demanded = application.authenticationMethod;
      throw refused(`this client is registered for ${demanded}`, credential.method);
    }
    await this.#prove(application, credential);
    return application;
  }

  #applicationOf(credential: Credential): OidcApplication | undefined {
    switch (credential.method) {
      case "client_secret_basic": {
        const found = credential.readings.map(({ clientId }) => this.#applications.oidcByClientId(clientId));
        return found.find((application) => application !== undefined);
      }
      case "private_key_jwt":
        return this.#applications.oidcByClientId(credential.assertion.clientId);
      case "client_secret_post":
      case "none":
        return this.#applications.oidcByClientId(credential.clientId);
    }
  }

  async #prove(application: OidcApplication, credential: Credential): Promise<void> {
    switch (credential.method) {
      case "client_secret_basic":
        return this.#checkSecret(application, credential.readings, credential.method);
      case "client_secret_post":
        return this.#checkSecret(application, [credential], credential.method);
      case "private_key_jwt":
        return await this.#assertions.verify(application, credential.assertion);
      case "none":
        return;
    }
  }

  /** Every live secret is compared, whichever fits: the time tells nothing about how many there are or which it was. */
  #checkSecret(
    application: OidcApplication,
    readings: readonly IdAndSecret[],
    method: ClientAuthenticationMethod,
  ): void {
    const now = this.#clock.nowMs();
    const live = application.secrets.filter(
      ({ expiresAtMs }) => expiresAtMs === undefined || expiresAtMs > now,
    );
    let fits = false;
    for (const { clientId, secret } of readings) {
      const hash = sha256(secret);
      for (const known of live)
        fits = (constantTimeEqual(known.hash, hash) && clientId === application.id) || fits;
    }
    if (!fits) throw refused(UNKNOWN, method);
  }
}

function readCredential({ authorization, parameters }: PresentedClient): Credential {
  const clientId = parameters.get("client_id");
  const secret = parameters.get("client_secret");
  const assertion = parameters.get("client_assertion");
  const assertionType = parameters.get("client_assertion_type");
  const asserts = assertion !== undefined || assertionType !== undefined;
  const ways = [authorization !== undefined, secret !== undefined, asserts].filter(Boolean);
  // RFC 6749 2.3: at most one. With two, one of them may be the attacker's.
  if (ways.length > 1) {
    throw new OAuthError("invalid_client", "more than one client authentication in one request", {
      triedBasic: authorization !== undefined,
    });
  }
  if (authorization !== undefined)
    return { method: "client_secret_basic", readings: readBasic(authorization) };
  if (asserts) return readAssertion(assertion, assertionType);
  if (clientId === undefined) throw refused("the client did not say who it is", "none");
  return secret === undefined
    ? { method: "none", clientId }
    : { method: "client_secret_post", clientId, secret };
}

/**
 * RFC 6749 2.3.1 form-encodes both parts before they are joined; many clients do not. Where the two readings differ
 * each is tried, the one of the standard first. Throws invalid_client for what is not Basic or not readable.
 */
function readBasic(header: string): readonly IdAndSecret[] {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  const text = encoded === undefined ? undefined : decodeUtf8(Buffer.from(encoded, "base64"));
  const cut = text?.indexOf(":") ?? -1;
  if (text === undefined || cut === -1) {
    throw refused("the Authorization header is not a readable Basic one", "client_secret_basic");
  }
  const raw = { clientId: text.slice(0, cut), secret: text.slice(cut + 1) };
  const clientId = formDecode(raw.clientId);
  const secret = formDecode(raw.secret);
  return clientId === undefined || secret === undefined ? [raw] : [{ clientId, secret }, raw];
}

function readAssertion(assertion: string | undefined, type: string | undefined): Credential {
  if (type !== JWT_BEARER) throw refused(`client_assertion_type must be ${JWT_BEARER}`, "private_key_jwt");
  const claimed = assertion === undefined ? undefined : readClientAssertion(assertion);
  if (claimed === undefined) throw refused("client_assertion is not a readable JWT", "private_key_jwt");
  return { method: "private_key_jwt", assertion: claimed };
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function formDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

function refused(why: string, method: ClientAuthenticationMethod): OAuthError {
  return new OAuthError("invalid_client", why, { triedBasic: method === "client_secret_basic" });
}
