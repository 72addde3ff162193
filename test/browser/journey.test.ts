import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { DEMO_PASSWORD } from "../../examples/parts/demo-installation.ts";
import { registerClient } from "../../src/admin/acts/register-client.ts";
import { withInstallation } from "../../src/cli/installation.ts";
import { eventually } from "../fixtures/eventually.ts";
import { skipWithout } from "../fixtures/servers.ts";
import { startInstallation, type TestInstallation } from "../journey/installation.ts";
import { startChromium } from "./chromium.ts";

describe("alice in a real browser", { skip: skipWithout("chromium") }, () => {
  const undo: (() => Promise<void>)[] = [];
  let installation: TestInstallation;
  let chrome: Browser;

  before(async () => {
    installation = await startInstallation({ processes: 1 });
    undo.push(async () => await installation.stop());
    chrome = await startChromium();
    undo.push(async () => await chrome.close());
  });
  after(async () => {
    for (const step of undo.toReversed()) await step();
  });

  test("one password enters both applications, and a logout at the SAML one is a logout at the other", async () => {
    await inBrowser({}, async (page) => {
      await logIn(page, installation.wiki);
      await assertShowsAlice(page, installation.wiki);
      await page.goto(`${installation.planner}/login`);
      await assertShowsAlice(page, installation.planner);
      await logOut(page, installation.wiki);
      await assertOut(page, installation.wiki);
      await assertOut(page, installation.planner);
      await page.goto(`${installation.wiki}/login`);
      assert.ok(await page.locator("input[name=password]").isVisible());
    });
  });

  test("one password enters both applications, and a logout at the OpenID Connect one is a logout at the other", async () => {
    await inBrowser({}, async (page) => {
      await logIn(page, installation.planner);
      await assertShowsAlice(page, installation.planner);
      await page.goto(`${installation.wiki}/login`);
      await assertShowsAlice(page, installation.wiki);
      await logOut(page, installation.planner);
      await assertOut(page, installation.planner);
      await assertOut(page, installation.wiki);
    });
  });

  test("each of my applications opens with one click", async () => {
    await inBrowser({}, async (page) => {
      await logIn(page, installation.wiki);
      for (const [name, address] of [
        ["Wiki", installation.wiki],
        ["Planner", installation.planner],
      ] as const) {
        await page.goto(`${installation.gatehouse}/`);
        await page.getByRole("link", { name }).click();
        await assertShowsAlice(page, address);
      }
    });
  });

  test("without JavaScript the same is done with visible buttons", async () => {
    await inBrowser({ javaScriptEnabled: false }, async (page) => {
      await logIn(page, installation.wiki);
      // The page that would send itself: its button is there to be pressed.
      await page.locator("form:has(input[name=SAMLResponse]) button").click();
      await assertShowsAlice(page, installation.wiki);
      await page.goto(`${installation.planner}/login`);
      await assertShowsAlice(page, installation.planner);
      await page.goto(`${installation.planner}/`);
      await page.getByRole("button", { name: "Log out" }).click();
      // The frames load without scripts as well; what a script would do after them is a button.
      await page.waitForLoadState("networkidle");
      await page.getByRole("button", { name: "Continue" }).click();
      await assertOut(page, installation.planner);
      await assertOut(page, installation.wiki);
    });
  });

  test("B54: a client of another site that sends the browser on to a third one is reached from the login form", async () => {
    const relay = createServer((request, response) => {
      const to = request.headers.host?.startsWith("localhost") === true ? "127.0.0.1" : undefined;
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      if (to === undefined) response.end(`landed at ${pathname}`);
      else response.writeHead(302, { Location: `http://${to}:${port}/landed` }).end();
    });
    relay.listen(0);
    await once(relay, "listening");
    const address = relay.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      const clientId = await registerClientAt(`http://localhost:${port}/callback`);
      await inBrowser({}, async (page) => {
        await page.goto(authorizationUrl(clientId, `http://localhost:${port}/callback`));
        await fillIn(page);
        await page.waitForURL(`http://127.0.0.1:${port}/landed`);
        assert.equal(await page.locator("body").textContent(), "landed at /landed");
      });
    } finally {
      relay.close();
      relay.closeAllConnections();
    }
  });

  test("nothing that a page needs is blocked by its own policy, on the whole way", async () => {
    await inBrowser({}, async (page) => {
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(`${page.url()}: ${message.text()}`);
      });
      page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
      await logIn(page, installation.wiki);
      await assertShowsAlice(page, installation.wiki);
      await page.goto(`${installation.planner}/login`);
      await assertShowsAlice(page, installation.planner);
      await page.goto(`${installation.gatehouse}/`);
      await logOut(page, installation.wiki);
      assert.deepEqual(complaints, []);
    });
  });

  test("the login page works with the keyboard alone", async () => {
    await inBrowser({}, async (page) => {
      await page.goto(`${installation.wiki}/login`);
      // The first field has the focus already.
      await page.keyboard.type("alice");
      await page.keyboard.press("Tab");
      await page.keyboard.type(DEMO_PASSWORD);
      await page.keyboard.press("Enter");
      await assertShowsAlice(page, installation.wiki);
    });
  });

  /** Registered beside the running server, which sees it within a second. */
  async function registerClientAt(redirectUri: string): Promise<string> {
    const { environment } = installation;
    const clientId = await withInstallation({ environment, user: "test" }, async ({ acts, actor }) => {
      const made = await registerClient(acts, actor, { name: "Relay", redirectUris: [redirectUri] });
      assert.ok(made.ok);
      return made.application.id;
    });
    await eventually(async () => {
      const answer = await fetch(authorizationUrl(clientId, redirectUri), { redirect: "manual" });
      assert.equal(answer.status, 303);
    });
    return clientId;
  }

  function authorizationUrl(clientId: string, redirectUri: string): string {
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: "code",
      scope: "openid",
      state: "here",
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
    });
    return `${installation.gatehouse}/oauth2/authorize?${query.toString()}`;
  }

  /** A fresh browser profile. */
  async function inBrowser(
    options: { javaScriptEnabled?: boolean },
    walk: (page: Page) => Promise<void>,
  ): Promise<void> {
    const context: BrowserContext = await chrome.newContext(options);
    context.setDefaultTimeout(20_000);
    try {
      await walk(await context.newPage());
    } finally {
      await context.close();
    }
  }
});

async function logIn(page: Page, application: string): Promise<void> {
  await page.goto(`${application}/login`);
  await fillIn(page);
}

async function fillIn(page: Page): Promise<void> {
  await page.getByLabel("User name or e-mail").fill("alice");
  await page.getByLabel("Password").fill(DEMO_PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
}

async function logOut(page: Page, application: string): Promise<void> {
  await page.goto(`${application}/`);
  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL(`${application}/logged-out**`);
}

async function assertShowsAlice(page: Page, application: string): Promise<void> {
  await page.waitForURL(`${application}/`);
  assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), "Hello, Alice Example");
  assert.ok(await page.getByText("alice@example.org").first().isVisible());
}

async function assertOut(page: Page, application: string): Promise<void> {
  await page.goto(`${application}/`);
  assert.ok(await page.getByText("Nobody is logged in here yet.").isVisible());
}
