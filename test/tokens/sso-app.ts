import type { OidcApplication } from "../../src/model/application.ts";
import { sha256 } from "../../src/platform/digest.ts";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { createAccount } from "../../src/account/create-account.ts";
import { SSO_COOKIE } from "../../src/http/sso-cookie.ts";
import { basic, startTokenApp, type TokenApp } from "./token-app.ts";

export const ISSUER = "https://id.example.org";
export const DOMAIN = "example.org";
const PASSWORD = "open-the-gate";
const SECRET = "secret-of-the-application";

/** What the browser was told to keep, cookie by cookie, each line whole. */
export type SetCookies = ReadonlyMap<string, string>;

/** A person's browser that has logged in. */
export interface LoggedInBrowser {
  /** The SSO token that the last login brought; undefined: none came. */
  readonly token: string | undefined;
  readonly setCookies: SetCookies;
  /** Logs in once more in the same browser. */
  readonly again: (username?: string, more?: Readonly<Record<string, string>>) => Promise<LoggedInBrowser>;
  readonly logOut: () => Promise<SetCookies>;
  readonly get: (path: string, cookie?: string) => Promise<Response>;
}

/** Gatehouse at https://id.example.org with first-party applications of example.org, and some that are none. */
export async function startSsoApp(environment: Readonly<Record<string, string>> = {}) {
  const app = await startTokenApp({
    environment: { GATEHOUSE_ISSUER: ISSUER, GATEHOUSE_SSO_DOMAIN: DOMAIN, ...environment },
  });
  const { parts } = app;
  for (const application of APPLICATIONS) await parts.stores.durable.applications.insert(application);
  await parts.applications.reload();
  const { clock, random, hasher } = parts;
  for (const username of ["carol", "dave"]) {
    const given = { username, password: PASSWORD };
    await createAccount(given, { store: parts.stores.durable.accounts, hasher, clock, random });
  }
  return {
    ...app,
    logIn: async (username = "carol", more: Readonly<Record<string, string>> = {}) =>
      await logIn(app.origin, new Map(), username, more),
    verify: async (token: string | undefined, client = "shop", more: object = {}) =>
      await post(app, "/tokens/verify", JSON.stringify({ token, ...more }), client, "application/json"),
    introspect: async (token: string | undefined, client = "shop") =>
      await post(app, "/oauth2/introspect", form(token), client, "application/x-www-form-urlencoded"),
    revoke: async (token: string | undefined, client = "shop") =>
      await post(app, "/oauth2/revoke", form(token), client, "application/x-www-form-urlencoded"),
    accountOf: async (username: string) => {
      const account = await parts.accounts.findByLoginName(username);
      if (account === undefined) throw new Error(`there is no ${username}`);
      return account;
    },
  };
}

export type SsoApp = Awaited<ReturnType<typeof startSsoApp>>;

function first(id: string, changes: Partial<OidcApplication> = {}): OidcApplication {
  return oidcApplication({
    id,
    name: id,
    secrets: [{ hash: sha256(SECRET), lastFour: "xxxx", createdAtMs: 0 }],
    redirectUris: [`https://${id}.example.org/cb`],
    scopes: ["profile", "groups"],
    ...changes,
  });
}

/** Each of those that may not ask is called by its reason. */
const APPLICATIONS: readonly OidcApplication[] = [
  first("shop"),
  first("hr", { subjectType: "pairwise", access: { kind: "groups", groups: ["staff"] } }),
  first("elsewhere", { redirectUris: ["https://shop.example.net/cb"] }),
  first("looks-alike", { redirectUris: ["https://evilexample.org/cb"] }),
  first("half", { redirectUris: ["https://half.example.org/cb", "https://half.example.net/cb"] }),
  first("logs-out-elsewhere", { postLogoutRedirectUris: ["https://example.net/bye"] }),
  first("plain-http", { redirectUris: ["http://plain.example.org/cb"] }),
  first("own-scheme", { redirectUris: ["org.example.app:/cb"] }),
  first("no-address", { profile: "service", grantTypes: ["client_credentials"], redirectUris: [] }),
  first("asks-each-person", { consent: "ask" }),
];

async function logIn(
  origin: string,
  jar: Map<string, string>,
  username: string,
  more: Readonly<Record<string, string>>,
): Promise<LoggedInBrowser> {
  const page = await send(origin, jar, "/login?again=1");
  const fields = { csrf: csrfOf(await page.text()), username, password: PASSWORD, ...more };
  const answer = await send(origin, jar, "/login", new URLSearchParams(fields));
  if (answer.status !== 303) throw new Error(`the login was answered with ${answer.status}`);
  const setCookies = setIn(answer);
  return {
    token: setCookies.has(SSO_COOKIE) ? jar.get(SSO_COOKIE) : undefined,
    setCookies,
    again: async (next = username, nextMore = {}) => await logIn(origin, jar, next, nextMore),
    logOut: async () => {
      const asked = await send(origin, jar, "/logout");
      return setIn(
        await send(origin, jar, "/logout", new URLSearchParams({ csrf: csrfOf(await asked.text()) })),
      );
    },
    get: async (path, cookie) =>
      cookie === undefined
        ? await send(origin, jar, path)
        : await fetch(origin + path, { headers: { cookie }, redirect: "manual" }),
  };
}

function csrfOf(page: string): string {
  return /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? "";
}

function setIn(answer: Response): SetCookies {
  return new Map(answer.headers.getSetCookie().map((line) => [line.split("=")[0] ?? "", line]));
}

async function send(origin: string, jar: Map<string, string>, path: string, body?: URLSearchParams) {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const answer = await fetch(origin + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { cookie },
    ...(body === undefined ? {} : { body }),
    redirect: "manual",
  });
  for (const line of answer.headers.getSetCookie()) {
    const [name = "", value = ""] = (line.split(";")[0] ?? "").split(/=(.*)/);
    jar.set(name, value);
  }
  return answer;
}

function form(token: string | undefined): string {
  return new URLSearchParams({ token: token ?? "" }).toString();
}

async function post(
  { origin }: Pick<TokenApp, "origin">,
  path: string,
  body: string,
  client: string,
  type: string,
): Promise<Readonly<Record<string, unknown>>> {
  const headers = { ...basic(client, SECRET), "Content-Type": type };
  const answer = await fetch(origin + path, { method: "POST", headers, body });
  if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}`);
  const text = await answer.text();
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
