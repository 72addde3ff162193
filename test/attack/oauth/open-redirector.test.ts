import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PATHS } from "../../../src/flow/endpoints.ts";
import { type TokensApp, tokensApp } from "../../account/tokens-app.ts";
import type { TestBrowser } from "../../login/test-browser.ts";

const HOST = "evil.example";
const HOSTILE = [
  `https://${HOST}/`,
  `//${HOST}`,
  `///${HOST}`,
  `/\\${HOST}`,
  `\\\\${HOST}`,
  `/\t/${HOST}`,
  `\n//${HOST}`,
  `https:${HOST}`,
  `http:/${HOST}`,
  `javascript:alert(document.domain)//${HOST}`,
  `data:text/html,${HOST}`,
  `/login/../../${HOST}`,
  `/%2f${HOST}`,
  `/@${HOST}`,
  `.${HOST}`,
  `@${HOST}`,
  `:80@${HOST}/`,
];
/** Names that programs like to be sent on by; some are ours. */
const NAMES = [
  "next",
  "return_to",
  "returnUrl",
  "redirect_uri",
  "post_logout_redirect_uri",
  "RelayState",
  "target",
  "url",
  "flow",
  "error_uri",
];
const PAGES = [
  PATHS.login,
  PATHS.home,
  PATHS.logout,
  PATHS.logoutRun,
  PATHS.resume,
  PATHS.consent,
  PATHS.chooseAccount,
  PATHS.stepUp,
  PATHS.oidcAuthorize,
  PATHS.oidcEndSession,
  PATHS.samlSso,
  PATHS.samlStart,
  PATHS.samlSlo,
  "/account/sessions",
  "/admin",
];

/** Where an answer leads: its Location, and every link, form and frame of its page. */
async function leadsTo(app: TokensApp, path: string, cookie: string): Promise<readonly string[]> {
  const answer = await fetch(app.url + path, { redirect: "manual", headers: { cookie } });
  const page = await answer.text();
  const attributes = page.matchAll(/\s(?:href|action|src|content)="([^"]*)"/g);
  const refresh = answer.headers.get("refresh");
  return [answer.headers.get("location"), refresh, ...[...attributes].map(([, value]) => value)].flatMap(
    (value) => value ?? [],
  );
}

/** Leading to the host is what a browser makes of it, not what the text looks like. */
function isAway(app: TokensApp, target: string): boolean {
  const plain = target.replaceAll("&amp;", "&");
  if (!URL.canParse(plain, app.url)) return plain.includes(HOST);
  const { origin, protocol } = new URL(plain, app.url);
  return origin !== app.url && protocol !== "mailto:";
}

function cookiesOf(browser: TestBrowser): string {
  return ["gatehouse", "gatehouse-browser"].map((name) => `${name}=${browser.cookie(name) ?? ""}`).join("; ");
}

async function assertNowhere(app: TokensApp, cookie: string): Promise<void> {
  for (const page of PAGES) {
    for (const hostile of HOSTILE) {
      const query = new URLSearchParams(NAMES.map((name) => [name, hostile])).toString();
      const away = (await leadsTo(app, `${page}?${query}`, cookie)).filter((target) => isAway(app, target));
      assert.deepEqual(away, [], `${page} with ${JSON.stringify(hostile)}`);
    }
  }
}

describe("what came in the address leads nowhere else (OA-05)", () => {
  test("from any page that a stranger can open, whatever the parameter is called", async (t) => {
    const app = await tokensApp(t);
    await assertNowhere(app, "");
  });

  test("from any page of somebody who is logged in", async (t) => {
    const app = await tokensApp(t);
    const browser = await app.browserOf("alice");
    const cookie = cookiesOf(browser);
    const home = await fetch(`${app.url}/account/sessions`, { redirect: "manual", headers: { cookie } });
    assert.equal(home.status, 200, "the cookies are those of a login");
    await assertNowhere(app, cookie);
  });

  test("after a login, whose form was told to go on to it", async (t) => {
    const app = await tokensApp(t);
    const browser = await app.browserOf("alice");
    const cookie = `gatehouse-browser=${browser.cookie("gatehouse-browser") ?? ""}`;
    for (const next of [`https://${HOST}/`, `//${HOST}`, `/\\${HOST}`]) {
      const page = await (await fetch(`${app.url}/login`, { headers: { cookie } })).text();
      const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? "";
      const answer = await fetch(`${app.url}/login`, {
        method: "POST",
        redirect: "manual",
        headers: { cookie },
        body: new URLSearchParams({ csrf, username: "alice", password: "open-the-gate", next }),
      });
      assert.deepEqual([answer.status, answer.headers.get("location")], [303, `${app.url}/`], next);
    }
  });

  test("the look that finds it can: it knows another host in each of its spellings, and reads a page's links", async (t) => {
    const app = await tokensApp(t);
    assert.equal(isAway(app, `https://${HOST}/`), true);
    assert.equal(isAway(app, `//${HOST}`), true);
    assert.equal(isAway(app, "javascript:alert(1)"), true);
    assert.equal(isAway(app, "/login?next=%2Fadmin"), false);
    const targets = await leadsTo(app, "/login", "");
    assert.ok(targets.length > 3, targets.join(" "));
  });
});
