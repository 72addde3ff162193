import express, { type Express, type Request, type Response } from "express";
import * as oidc from "openid-client";
import { z } from "zod";
import { BrowserSessions } from "./parts/browser-sessions.ts";
import { visitOf } from "./parts/claims.ts";
import { logoutTokens } from "./parts/logout-token.ts";
import { type Appearance, doorPage, type Visit, visitPage } from "./parts/pages.ts";
import { newApplication, refusalPage, run, setting, settingFile } from "./parts/run-application.ts";
import { UsedOnce } from "./parts/used-once.ts";

export interface OidcApplicationSettings {
  readonly baseUrl: string;
  readonly gatehouse: string;
  readonly otherUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A login that this browser has begun, under its `state`. */
interface Attempt {
  readonly nonce: string;
  readonly verifier: string;
}

/** A person who is logged in here, and what a logout needs to find this session again. */
interface Login {
  readonly subject: string;
  readonly session: string | undefined;
  readonly idToken: string;
  readonly visit: Visit;
}

interface Parts {
  readonly settings: OidcApplicationSettings;
  readonly look: Appearance;
  readonly attempts: BrowserSessions<Map<string, Attempt>>;
  readonly sessions: BrowserSessions<Login>;
  readonly used: UsedOnce;
  readonly library: () => Promise<oidc.Configuration>;
}

const LOGIN_MS = 15 * 60_000;
const SESSION_MS = 8 * 60 * 60_000;
const MOST_ATTEMPTS = 20;
const WELCOME = { title: "Welcome to Planner", text: "Nobody is logged in here yet." };
const LOGGED_OUT = {
  title: "You are logged out",
  text: "Planner has forgotten you, and Gatehouse told the others.",
};
/** A small client: code flow with PKCE, userinfo, logout from either side, and a page that shows all that it was told. */
export function createOidcApplication(settings: OidcApplicationSettings): Express {
  const parts = makeParts(settings);
  const { look, sessions } = parts;
  const form = express.urlencoded({ extended: false, limit: "64kb" });
  const app = newApplication();
  app.get("/", (request, response) => {
    const login = sessions.of(request);
    response.send(login === undefined ? doorPage(look, WELCOME) : visitPage(look, login.visit));
  });
  app.get("/logged-out", (_request, response) => {
    response.send(doorPage(look, LOGGED_OUT));
  });
  app.get("/login", async (request, response) => {
    await sendToGatehouse(parts, request, response);
  });
  app.get("/callback", async (request, response) => {
    await acceptAnswer(parts, request, response);
  });
  app.post("/logout", async (request, response) => {
    await logOutHere(parts, request, response);
  });
  app.post("/backchannel-logout", form, async (request, response) => {
    await acceptLogoutToken(parts, request, response);
  });
  app.use(refusalPage(look));
  return app;
}

async function sendToGatehouse(parts: Parts, request: Request, response: Response): Promise<void> {
  const attempt = { nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
  const state = oidc.randomState();
  const attempts = parts.attempts.of(request) ?? new Map<string, Attempt>();
  if (attempts.size === 0) parts.attempts.begin(request, response, attempts);
  if (attempts.size >= MOST_ATTEMPTS) attempts.delete(attempts.keys().next().value ?? "");
  attempts.set(state, attempt);
  const to = oidc.buildAuthorizationUrl(await parts.library(), {
    redirect_uri: `${parts.settings.baseUrl}/callback`,
    scope: "openid profile email groups",
    state,
    nonce: attempt.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
    code_challenge_method: "S256",
  });
  response.redirect(303, to.href);
}

/** The answer: it must belong to a login that this very browser has begun, and each login counts once. */
async function acceptAnswer(parts: Parts, request: Request, response: Response): Promise<void> {
  const url = new URL(`${parts.settings.baseUrl}${request.originalUrl}`);
  const attempts = parts.attempts.of(request);
  const state = url.searchParams.get("state") ?? "";
  const attempt = attempts?.get(state);
  if (attempt === undefined) throw new Error("this browser has begun no such login");
  attempts?.delete(state);
  const library = await parts.library();
  const tokens = await oidc.authorizationCodeGrant(library, url, {
    pkceCodeVerifier: attempt.verifier,
    expectedState: state,
    expectedNonce: attempt.nonce,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (claims === undefined || tokens.id_token === undefined) throw new Error("no ID token came");
  const person = await oidc.fetchUserInfo(library, tokens.access_token, claims.sub);
  const session = typeof claims["sid"] === "string" ? claims["sid"] : undefined;
  const visit = visitOf({ ...claims }, { ...person });
  parts.sessions.begin(request, response, { subject: claims.sub, session, idToken: tokens.id_token, visit });
  response.redirect(303, "/");
}

/** Logout that begins here: our session ends first, then Gatehouse ends its own and tells everybody else. */
async function logOutHere(parts: Parts, request: Request, response: Response): Promise<void> {
  const login = parts.sessions.end(request, response);
  if (login === undefined) {
    response.redirect(303, "/");
    return;
  }
  const to = oidc.buildEndSessionUrl(await parts.library(), {
    id_token_hint: login.idToken,
    post_logout_redirect_uri: `${parts.settings.baseUrl}/logged-out`,
    state: oidc.randomState(),
  });
  response.redirect(303, to.href);
}

/** Logout that began elsewhere: Gatehouse says so itself, without the browser (Back-Channel Logout 1.0, 2.5 to 2.8). */
async function acceptLogoutToken(parts: Parts, request: Request, response: Response): Promise<void> {
  const library = (await parts.library()).serverMetadata();
  const token = z.object({ logout_token: z.string() }).safeParse(request.body);
  const check = logoutTokens({
    issuer: library.issuer,
    clientId: parts.settings.clientId,
    jwksUri: library.jwks_uri ?? "",
  });
  const notice = token.success ? await check(token.data.logout_token).catch(() => undefined) : undefined;
  if (notice === undefined || !parts.used.take(notice.id, notice.expiresAtMs)) {
    response.status(400).json({ error: "invalid_request" });
    return;
  }
  parts.sessions.endWhere(
    ({ subject, session }) =>
      (notice.subject === undefined || notice.subject === subject) &&
      (notice.session === undefined || notice.session === session),
  );
  response.status(200).end();
}

function makeParts(settings: OidcApplicationSettings): Parts {
  const secure = settings.baseUrl.startsWith("https:");
  return {
    settings,
    look: {
      name: "Planner",
      tile: "c1",
      protocol: "OpenID Connect",
      gatehouse: settings.gatehouse,
      otherName: "Wiki",
      otherUrl: settings.otherUrl,
    },
    attempts: new BrowserSessions({ cookie: "planner-login", secure, lifetimeMs: LOGIN_MS }),
    sessions: new BrowserSessions({ cookie: "planner", secure, lifetimeMs: SESSION_MS }),
    used: new UsedOnce(),
    library: discovered(settings),
  };
}

/** Reads Gatehouse's discovery document when it is first needed; a failure is not remembered. */
function discovered(settings: OidcApplicationSettings): () => Promise<oidc.Configuration> {
  const plainHttp = settings.gatehouse.startsWith("http:") ? [oidc.allowInsecureRequests] : [];
  let known: Promise<oidc.Configuration> | undefined;
  return async () => {
    known ??= oidc.discovery(
      new URL(settings.gatehouse),
      settings.clientId,
      undefined,
      oidc.ClientSecretBasic(settings.clientSecret),
      // The ID token's signature is checked too, although it came straight from Gatehouse.
      { execute: [...plainHttp, oidc.enableNonRepudiationChecks], timeout: 5 },
    );
    return await known.catch((error: unknown) => {
      known = undefined;
      throw error;
    });
  };
}

if (import.meta.main) {
  const port = Number(setting("PORT", "4002"));
  const client = z
    .object({ client_id: z.string(), client_secret: z.string() })
    .parse(JSON.parse(settingFile("APPLICATION_CLIENT_FILE")));
  const app = createOidcApplication({
    baseUrl: setting("BASE_URL", `http://localhost:${port}`),
    gatehouse: setting("GATEHOUSE_ISSUER", "http://localhost:4000"),
    otherUrl: setting("OTHER_APPLICATION", "http://localhost:4001"),
    clientId: client.client_id,
    clientSecret: client.client_secret,
  });
  run(app, port, "Planner");
}
