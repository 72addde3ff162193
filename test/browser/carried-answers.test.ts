import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { DEMO_PASSWORD } from "../../examples/parts/demo-installation.ts";
import { registerClient, type RegisterClientInput } from "../../src/admin/acts/register-client.ts";
import { withInstallation } from "../../src/cli/installation.ts";
import { eventually } from "../fixtures/eventually.ts";
import { skipWithout } from "../fixtures/servers.ts";
import { startInstallation, type TestInstallation } from "../journey/installation.ts";
import { startChromium } from "./chromium.ts";

/** What a browser is that carries an answer: scripts run, are off, or cannot be parsed (an old one). */
type Kind = "with scripts" | "with scripts off" | "too old for the script";

/** What came to the application that the test pretends, which lies on another site than Gatehouse. */
interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly fields: URLSearchParams;
}

/** Messages that a page of ours carries on: by itself where it can, by a button that a person sees where it cannot. */
describe("an answer that the browser carries", { skip: skipWithout("chromium") }, () => {
  const undo: (() => Promise<void>)[] = [];
  const arrived: Arrived[] = [];
  let installation: TestInstallation;
  let chrome: Browser;
  let site: string;

  before(async () => {
    installation = await startInstallation({ processes: 1 });
    undo.push(async () => await installation.stop());
    chrome = await startChromium();
    undo.push(async () => await chrome.close());
    const server = application(arrived);
    // Gatehouse is at 127.0.0.1: by its name this is another site.
    site = `http://localhost:${await listen(server)}`;
    undo.push(async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    });
  });
  beforeEach(() => {
    arrived.length = 0;
  });
  after(async () => {
    for (const step of undo.toReversed()) await step();
  });

  describe("form_post (OAuth 2.0 Form Post Response Mode)", () => {
    let clientId: string;

    before(async () => {
      clientId = await register({ redirectUris: [`${site}/callback`] });
    });

    test("with scripts: posts itself to another site", async () => {
      await inBrowser("with scripts", async (page) => {
        await begin(page, clientId, "form_post");
        await page.waitForURL(`${site}/callback`);
        assertAnswered();
      });
    });

    for (const kind of ["with scripts off", "too old for the script"] as const) {
      test(`${kind}: waits for its button, and then arrives just the same`, async () => {
        await inBrowser(kind, async (page) => {
          await begin(page, clientId, "form_post");
          const button = page.getByRole("button", { name: "Continue to Planning board" });
          await button.waitFor();
          assert.deepEqual(arrived, []);
          await button.click();
          await page.waitForURL(`${site}/callback`);
          assertAnswered();
        });
      });
    }

    function assertAnswered(): void {
      const [answer, ...more] = arrived;
      assert.deepEqual([answer?.method, answer?.path, more.length], ["POST", "/callback", 0]);
      assert.deepEqual([...(answer?.fields.keys() ?? [])].sort(), ["code", "iss", "state"]);
      assert.equal(answer?.fields.get("state"), `a "quoted" <state>`);
      assert.equal(answer?.fields.get("iss"), installation.gatehouse);
    }
  });

  describe("a SAML response by POST", () => {
    test("with scripts: posts itself", async () => {
      await inBrowser("with scripts", async (page) => {
        await page.goto(`${installation.wiki}/login`);
        await fillIn(page);
        await page.waitForURL(`${installation.wiki}/`);
        assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), "Hello, Alice Example");
      });
    });

    test("too old for the script: waits for its button, and then arrives just the same", async () => {
      await inBrowser("too old for the script", async (page) => {
        await page.goto(`${installation.wiki}/login`);
        await fillIn(page);
        await page.getByRole("button", { name: "Continue to Wiki" }).click();
        await page.waitForURL(`${installation.wiki}/`);
        assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), "Hello, Alice Example");
      });
    });
  });

  describe("a front-channel logout (Front-Channel Logout 1.0)", () => {
    let clientId: string;

    before(async () => {
      clientId = await register({
        redirectUris: [`${site}/callback`],
        frontchannelLogoutUri: `${site}/front?own=1`,
      });
    });

    async function logOut(page: Page): Promise<void> {
      await begin(page, clientId, "query");
      await page.waitForURL(`${site}/callback?**`);
      arrived.length = 0;
      await page.goto(`${installation.gatehouse}/logout`);
      await page.getByRole("button", { name: "Log out", exact: true }).click();
    }

    test("with scripts: goes on by itself when the application's frame has loaded", async () => {
      await inBrowser("with scripts", async (page) => {
        await logOut(page);
        await page.waitForURL(`${installation.gatehouse}/logout/receipt?**`);
        await assertTold(page);
      });
    });

    for (const kind of ["with scripts off", "too old for the script"] as const) {
      test(`${kind}: tells the application in its frame as well, and goes on by its button`, async () => {
        await inBrowser(kind, async (page) => {
          await logOut(page);
          await page.waitForURL(`${installation.gatehouse}/logout/run?**`);
          await eventually(async () => await Promise.resolve(assert.equal(arrived.length, 1)));
          await page.getByRole("button", { name: "Continue" }).click();
          await page.waitForURL(`${installation.gatehouse}/logout/receipt?**`);
          await assertTold(page);
        });
      });
    }

    async function assertTold(page: Page): Promise<void> {
      assert.deepEqual(
        arrived.map(({ method, path }) => [method, path]),
        [["GET", "/front"]],
      );
      const fields = arrived[0]?.fields;
      assert.deepEqual([...(fields?.keys() ?? [])], ["own", "iss", "sid"]);
      assert.equal(fields?.get("iss"), installation.gatehouse);
      await page.getByRole("heading", { name: "You are logged out of Gatehouse" }).waitFor();
      assert.ok(await page.getByText("Planning board", { exact: true }).isVisible());
      assert.ok(await page.getByText("We told it through your browser.").isVisible());
    }
  });

  /** Registered beside the running server. */
  async function register(input: Omit<RegisterClientInput, "name">): Promise<string> {
    const { environment } = installation;
    return await withInstallation({ environment, user: "test" }, async ({ acts, actor }) => {
      const made = await registerClient(acts, actor, { name: "Planning board", ...input });
      assert.ok(made.ok, JSON.stringify(made));
      return made.application.id;
    });
  }

  async function begin(page: Page, clientId: string, responseMode: string): Promise<void> {
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: `${site}/callback`,
      response_type: "code",
      response_mode: responseMode,
      scope: "openid",
      state: `a "quoted" <state>`,
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
    });
    await page.goto(`${installation.gatehouse}/oauth2/authorize?${query.toString()}`);
    await fillIn(page);
  }

  /** A fresh browser profile. */
  async function inBrowser(kind: Kind, walk: (page: Page) => Promise<void>): Promise<void> {
    const context = await chrome.newContext({ javaScriptEnabled: kind !== "with scripts off" });
    context.setDefaultTimeout(20_000);
    const broken: string[] = [];
    if (kind === "too old for the script") {
      await context.route("**/assets/gatehouse-*.js", async (route) => {
        broken.push(route.request().url());
        await route.fulfill({ contentType: "text/javascript", body: "const a = b ??? c;" });
      });
    }
    try {
      await walk(await context.newPage());
      assert.equal(broken.length > 0, kind === "too old for the script");
    } finally {
      await context.close();
    }
  }
});

async function fillIn(page: Page): Promise<void> {
  await page.getByLabel("User name or e-mail").fill("alice");
  await page.getByLabel("Password").fill(DEMO_PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
}

/** An application that only writes down what comes. */
function application(arrived: Arrived[]): Server {
  return createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const fields = request.method === "POST" ? new URLSearchParams(body) : url.searchParams;
      const path = url.pathname;
      if (path !== "/favicon.ico") arrived.push({ method: request.method ?? "", path, fields });
      response.setHeader("Content-Type", "text/html").end("<!DOCTYPE html><title>x</title><p>landed</p>");
    });
  });
}

/** On all addresses that `localhost` may stand for. */
async function listen(server: Server): Promise<number> {
  server.listen(0);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it listens on no port");
  return address.port;
}
