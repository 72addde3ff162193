import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as oauth from "oauth4webapi";
import type { RelyingParty, RelyingPartySettings } from "./relying-party.ts";

const HTTP = { [oauth.allowInsecureRequests]: true } as const;
const EVENT = "http://schemas.openid.net/event/backchannel-logout";

/** A login that was begun. */
interface Begun {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

interface LoggedIn {
  readonly claims: oauth.IDToken;
  readonly userinfo: oauth.UserInfoResponse;
  readonly idToken: string;
  refreshToken: string | undefined;
}

/** A relying party on the library oauth4webapi: pushed requests, PKCE, and signatures checked by the library. */
export async function startOauth4webapiParty(settings: RelyingPartySettings): Promise<RelyingParty> {
  const party = await Party.create(settings);
  const server = createServer((request, response) => {
    party.answer(request, response).catch((error: unknown) => {
      json(response, 500, { error: String(error), cause: error instanceof Error ? error.cause : undefined });
    });
  });
  server.listen(Number(new URL(settings.base).port), "127.0.0.1");
  await once(server, "listening");
  return {
    base: settings.base,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

class Party {
  readonly #settings: RelyingPartySettings;
  readonly #as: oauth.AuthorizationServer;
  readonly #client: oauth.Client;
  readonly #auth: oauth.ClientAuth;
  readonly #begun = new Map<string, Begun>();
  readonly #people = new Map<string, LoggedIn>();
  /** Whoever was logged out, with the tokens of that time. */
  readonly #gone = new Map<string, LoggedIn>();
  readonly #heard: unknown[] = [];
  readonly #jwks: ReturnType<typeof createRemoteJWKSet>;

  private constructor(settings: RelyingPartySettings, as: oauth.AuthorizationServer, auth: oauth.ClientAuth) {
    this.#settings = settings;
    this.#as = as;
    this.#auth = auth;
    this.#client = { client_id: settings.clientId };
    this.#jwks = createRemoteJWKSet(new URL(as.jwks_uri ?? ""));
  }

  static async create(settings: RelyingPartySettings): Promise<Party> {
    const issuer = new URL(settings.issuer);
    const found = await oauth.discoveryRequest(issuer, HTTP);
    const as = await oauth.processDiscoveryResponse(issuer, found);
    return new Party(settings, as, await authenticationOf(settings));
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.#settings.base);
    const cookie = `rp_${url.port}`;
    const key = new RegExp(`${cookie}=([\\w-]+)`).exec(request.headers.cookie ?? "")?.[1] ?? "";
    switch (url.pathname) {
      case "/login": {
        const begun = oauth.generateRandomState();
        response.setHeader("Set-Cookie", `${cookie}=${begun}; Path=/; HttpOnly; SameSite=Lax`);
        redirect(response, await this.#begin(begun, url.searchParams));
        return;
      }
      case "/callback":
        await this.#finish(key, url);
        redirect(response, `${this.#settings.base}/`);
        return;
      case "/refresh":
        json(response, 200, await this.#refresh(key));
        return;
      case "/logout":
        redirect(response, this.#endSession(key));
        return;
      case "/bye":
        json(response, 200, { bye: url.searchParams.get("state") });
        return;
      case "/backchannel": {
        const told = await this.#backchannel(await bodyOf(request));
        json(response, told ? 200 : 400, {});
        return;
      }
      case "/heard":
        json(response, 200, this.#heard);
        return;
      default:
        json(response, 200, shown(this.#people.get(key)));
    }
  }

  /** Pushes the request (RFC 9126); the address to send the browser to. */
  async #begin(key: string, wanted: URLSearchParams): Promise<string> {
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();
    const verifier = oauth.generateRandomCodeVerifier();
    this.#begun.set(key, { state, nonce, verifier });
    const parameters = new URLSearchParams({
      response_type: "code",
      redirect_uri: `${this.#settings.base}/callback`,
      scope: this.#settings.scope,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    for (const [name, value] of wanted) parameters.set(name, value);
    const pushed = await oauth.processPushedAuthorizationResponse(
      this.#as,
      this.#client,
      await oauth.pushedAuthorizationRequest(this.#as, this.#client, this.#auth, parameters, HTTP),
    );
    const query = { client_id: this.#client.client_id, request_uri: pushed.request_uri };
    return `${this.#as.authorization_endpoint}?${new URLSearchParams(query).toString()}`;
  }

  async #finish(key: string, url: URL): Promise<void> {
    const begun = this.#begun.get(key);
    assert.ok(begun, "nobody began a login in this browser");
    this.#begun.delete(key);
    const parameters = oauth.validateAuthResponse(this.#as, this.#client, url, begun.state);
    const answer = await oauth.authorizationCodeGrantRequest(
      this.#as,
      this.#client,
      this.#auth,
      parameters,
      `${this.#settings.base}/callback`,
      begun.verifier,
      HTTP,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(this.#as, this.#client, answer, {
      expectedNonce: begun.nonce,
      requireIdToken: true,
    });
    await oauth.validateApplicationLevelSignature(this.#as, answer, HTTP);
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    assert.ok(claims !== undefined && tokens.id_token !== undefined);
    const userinfo = await this.#userinfo(tokens.access_token, claims.sub);
    this.#people.set(key, { claims, userinfo, idToken: tokens.id_token, refreshToken: tokens.refresh_token });
  }

  async #userinfo(accessToken: string, subject: string): Promise<oauth.UserInfoResponse> {
    const answer = await oauth.userInfoRequest(this.#as, this.#client, accessToken, HTTP);
    return await oauth.processUserInfoResponse(this.#as, this.#client, subject, answer);
  }

  /** `/refresh` works after the logout too: what the refresh token is still worth then is what a test asks. */
  async #refresh(key: string): Promise<unknown> {
    const person = this.#people.get(key) ?? this.#gone.get(key);
    assert.ok(person?.refreshToken, "no refresh token came");
    const request = await oauth.refreshTokenGrantRequest(
      this.#as,
      this.#client,
      this.#auth,
      person.refreshToken,
      HTTP,
    );
    try {
      const tokens = await oauth.processRefreshTokenResponse(this.#as, this.#client, request);
      const rotated = tokens.refresh_token !== undefined && tokens.refresh_token !== person.refreshToken;
      person.refreshToken = tokens.refresh_token ?? person.refreshToken;
      const { sub } = await this.#userinfo(tokens.access_token, person.claims.sub);
      return { sub, rotated };
    } catch (error) {
      if (error instanceof oauth.ResponseBodyError) return { error: error.error };
      throw error;
    }
  }

  #forget(key: string): LoggedIn | undefined {
    const person = this.#people.get(key);
    if (person !== undefined) this.#gone.set(key, person);
    this.#people.delete(key);
    return person;
  }

  /** Ends the session here; the address at which it ends everywhere (RP-Initiated Logout 2). */
  #endSession(key: string): string {
    const person = this.#forget(key);
    const query = new URLSearchParams({
      client_id: this.#client.client_id,
      post_logout_redirect_uri: `${this.#settings.base}/bye`,
      state: "bye-state",
    });
    if (person !== undefined) query.set("id_token_hint", person.idToken);
    return `${String(this.#as.end_session_endpoint)}?${query.toString()}`;
  }

  /** Back-Channel Logout 2.6. False: the token is not one that ends anything here. */
  async #backchannel(body: string): Promise<boolean> {
    try {
      const { payload } = await jwtVerify(new URLSearchParams(body).get("logout_token") ?? "", this.#jwks, {
        issuer: this.#as.issuer,
        audience: this.#client.client_id,
        typ: "logout+jwt",
        requiredClaims: ["iat", "jti", "exp", "events"],
      });
      assert.deepEqual(payload["events"], { [EVENT]: {} });
      assert.ok(!("nonce" in payload) && typeof payload["sid"] === "string");
      for (const [key, { claims }] of this.#people) {
        if (claims["sid"] === payload["sid"]) this.#forget(key);
      }
      this.#heard.push({ sub: payload.sub, sid: payload["sid"] });
      return true;
    } catch {
      return false;
    }
  }
}

async function authenticationOf({ clientSecret, privateKeyPem }: RelyingPartySettings) {
  if (privateKeyPem === undefined) return oauth.ClientSecretBasic(clientSecret ?? "");
  const der = createPrivateKey(privateKeyPem).export({ type: "pkcs8", format: "der" });
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return oauth.PrivateKeyJwt(await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]));
}

function shown(person: LoggedIn | undefined): unknown {
  if (person === undefined) return { claims: null };
  const { claims, userinfo } = person;
  return { claims, userinfo };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { Location: location }).end();
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
