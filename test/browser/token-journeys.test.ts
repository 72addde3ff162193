import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { DEMO_PASSWORD } from "../../examples/parts/demo-installation.ts";
import {
  type LeakInstallation,
  PLANNER_API,
  startLeakInstallation,
} from "../../examples/parts/leak-installation.ts";
import { freePort } from "../fixtures/children.ts";
import { eventually } from "../fixtures/eventually.ts";
import { skipWithout } from "../fixtures/programs.ts";
import { startChromium } from "./chromium.ts";

const MINUTE_MS = 60_000;
/** The watch looks and writes once a second; a busy machine takes longer. */
const NOTICED_WITHIN_MS = 20_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe("API tokens in a real browser", { skip: skipWithout("chromium") }, () => {
  const undo: (() => Promise<void>)[] = [];
  let gatehouse: LeakInstallation;
  let chrome: Browser;

  before(async () => {
    gatehouse = await startLeakInstallation(await freePort());
    undo.push(async () => await gatehouse.close());
    chrome = await startChromium();
    undo.push(async () => await chrome.close());
  });
  after(async () => {
    for (const step of undo.toReversed()) await step();
  });

  test("a person makes a token, sees it once, uses it, sees the use, changes its secret and revokes it", async () => {
    await as("bob", async (page) => {
      const secret = await makeToken(page, "Nightly report", ["planner:read"]);
      await page.getByRole("link", { name: "Show the token" }).click();
      await page.getByRole("heading", { name: "How it was used" }).waitFor();
      const address = page.url();
      assert.ok(!(await page.content()).includes(secret), "the secret is shown once");
      await page.getByText("Not used in 30 days").waitFor();
      for (const scopes of [["planner:read"], ["planner:read"], ["planner:write"]]) {
        const { active } = await verify(secret, "198.51.100.7", scopes);
        assert.equal(active, scopes[0] === "planner:read");
      }
      await shows(page, address, "three uses in 30 days, one of them refused");
      await page.getByRole("cell", { name: "198.51.100.7" }).first().waitFor();

      await page.getByRole("link", { name: "Change its secret…" }).click();
      await page.getByLabel("Not at all").check();
      await page.getByRole("button", { name: "Make the new secret" }).click();
      const fresh = await secretOn(page);
      assert.notEqual(fresh, secret);
      assert.deepEqual(await verify(secret, "198.51.100.7"), { active: false, refusal: "expired" });
      assert.equal((await verify(fresh, "198.51.100.7")).active, true);

      await page.getByRole("link", { name: "Show the token" }).click();
      await page.getByText("Revoke", { exact: false }).first().click();
      await page.getByRole("button", { name: "Revoke it for good" }).click();
      await page.getByText("“Nightly report” is revoked").waitFor();
      assert.deepEqual(await verify(fresh, "198.51.100.7"), { active: false, refusal: "revoked" });
    });
  });

  test("a token that the watch has suspended is released with a login of this moment, and not without", async () => {
    await as("bob", async (page) => {
      const secret = await makeToken(page, "Laptop", ["planner:read"]);
      await page.getByRole("link", { name: "Show the token" }).click();
      await page.getByRole("heading", { name: "How it was used" }).waitFor();
      const address = page.url();
      // A token without a history may come from nineteen networks at once.
      for (let network = 0; network < 20; network += 1) {
        await verify(secret, `2001:db8:${network.toString(16)}::1`);
      }
      await shows(page, address, "“Laptop” is suspended");
      assert.deepEqual(await verify(secret, "198.51.100.7"), { active: false, refusal: "suspended" });
      await page.goto(`${gatehouse.issuer}/`);
      await page.getByRole("link", { name: "one notice about your API tokens" }).click();
      await page.getByText("was used from many networks within a short time").first().waitFor();

      gatehouse.pass(10 * MINUTE_MS);
      await page.goto(address);
      await page.getByRole("link", { name: "Release it…" }).click();
      await page.waitForURL(/\/login\?again=1/);
      await page.getByLabel("Password").fill("not-the-password");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByText("That name and password do not belong together").waitFor();
      assert.equal((await verify(secret, "198.51.100.7")).active, false);
      await fillIn(page, "bob");
      await page.getByRole("button", { name: "It was me: release it" }).click();
      await page.waitForURL(address);
      await page.getByText("Active").first().waitFor();
      assert.equal((await verify(secret, "198.51.100.7")).active, true);
    });
  });

  test("an owner finds tokens that are never used, not used for 90 days, and wide, and revokes many after a preview", async () => {
    const keys = await as("alice", async (page) => {
      const scopes = ["tokens:read", "tokens:write", "tokens:read:all", "tokens:write:all", "tokens:verify"];
      await makeToken(page, "Everything", scopes);
      return { used: await makeKey(page, "Meter at work"), idle: await makeKey(page, "Meter forgotten") };
    });
    gatehouse.pass(100 * DAY_MS);
    assert.equal((await verify(keys.used, "198.51.100.7", [])).active, true);
    await as("alice", async (page) => {
      await listIs(page, "kind=key&look=never", ["Meter forgotten"]);
      await listIs(page, "kind=key&look=unused", ["Meter forgotten"]);
      await listIs(page, "look=wide", ["Everything"]);
      await page.goto(`${gatehouse.issuer}/admin/tokens`);
      await page.getByLabel("Look for").selectOption({ label: "Not used for 90 days" });
      await page.getByLabel("Whose").fill("metering");
      await page.getByRole("button", { name: "Show", exact: true }).click();
      await page.waitForURL(/look=unused/);
      assert.deepEqual(await namesOn(page), ["Meter forgotten"]);

      await page.getByRole("link", { name: "API tokens" }).first().click();
      await page.getByRole("link", { name: "Revoke many…" }).click();
      await page.getByLabel("Of the person or project").fill("metering");
      await page.getByLabel("Not used for so many days").fill("90");
      await page.getByRole("button", { name: "Show what would be revoked" }).click();
      await page.getByRole("heading", { name: "One token would be revoked" }).waitFor();
      assert.deepEqual(await namesOn(page), ["Meter forgotten"]);
      const preview = page.url();
      await listIs(page, "kind=key&state=active", ["Meter forgotten", "Meter at work"]);
      await page.goto(preview);
      await page.getByText("Revoke this one").click();
      await page.getByRole("button", { name: "Revoke one token for good" }).click();
      await page.getByRole("heading", { name: "One token is revoked" }).waitFor();
    });
    assert.deepEqual(await verify(keys.idle, "198.51.100.7", []), { active: false, refusal: "revoked" });
    assert.equal((await verify(keys.used, "198.51.100.7", [])).active, true);
  });

  /** A fresh browser profile in which somebody has logged in. */
  async function as<T>(username: "alice" | "bob", walk: (page: Page) => Promise<T>): Promise<T> {
    const context = await chrome.newContext();
    context.setDefaultTimeout(30_000);
    try {
      const page = await context.newPage();
      await page.goto(`${gatehouse.issuer}/login`);
      await fillIn(page, username);
      await page.waitForURL(`${gatehouse.issuer}/`);
      return await walk(page);
    } finally {
      await context.close();
    }
  }

  async function fillIn(page: Page, username: string): Promise<void> {
    await page.getByLabel("User name or e-mail").fill(username);
    await page.getByLabel("Password").fill(DEMO_PASSWORD);
    await page.getByRole("button", { name: "Log in" }).click();
  }

  async function makeToken(page: Page, name: string, scopes: readonly string[]): Promise<string> {
    await page.goto(`${gatehouse.issuer}/account/tokens`);
    await page.getByRole("link", { name: "New token" }).first().click();
    await page.getByLabel("What is it for?").fill(name);
    for (const scope of scopes) await page.locator(`input[name="scope.${scope}"]`).check();
    await page.getByRole("button", { name: "Go on: what it will be able to do" }).click();
    await page.getByRole("heading", { name: "In plain words" }).waitFor();
    await page.getByRole("button", { name: "Make the token" }).click();
    return await secretOn(page);
  }

  /** An API key of the project "metering", for a year. */
  async function makeKey(page: Page, name: string): Promise<string> {
    await page.goto(`${gatehouse.issuer}/admin/tokens/new`);
    await page.getByLabel("Or of the project (a key alone)").fill("metering");
    await page.getByRole("button", { name: "Show what it can do" }).click();
    await page.getByLabel("What is it for?").fill(name);
    await page.locator(`input[name="resource.${PLANNER_API}"]`).check();
    await page.getByLabel("1 year").check();
    await page.getByRole("button", { name: /^Go on/ }).click();
    await page.getByRole("button", { name: /^Make/ }).click();
    return await secretOn(page);
  }

  /** As the Planner's API asks. */
  async function verify(token: string, address: string, scopes: readonly string[] = ["planner:read"]) {
    const { id, secret } = gatehouse.api;
    const response = await fetch(`${gatehouse.issuer}/tokens/verify`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`,
      },
      body: JSON.stringify({ token, address, scopes, resource: PLANNER_API }),
    });
    assert.equal(response.status, 200);
    const { active, refusal } = (await response.json()) as { active: boolean; refusal?: string };
    return refusal === undefined ? { active } : { active, refusal };
  }

  async function listIs(page: Page, query: string, names: readonly string[]): Promise<void> {
    // Last uses are written once a second.
    await eventually(async () => {
      await page.goto(`${gatehouse.issuer}/admin/tokens?${query}`);
      assert.deepEqual(await namesOn(page), names);
    }, NOTICED_WITHIN_MS);
  }
});

async function secretOn(page: Page): Promise<string> {
  await page.getByRole("heading", { name: /is ready\. Copy it now\./ }).waitFor();
  const [secret = ""] = /gth_(?:pat|key)_[0-9A-Za-z]{49}/.exec(await page.content()) ?? [];
  assert.notEqual(secret, "");
  return secret;
}

/** The names of the tokens in the page's table. */
async function namesOn(page: Page): Promise<readonly string[]> {
  return await page.locator("tbody th a").allTextContents();
}

/** Loads the page until it has this text, also as the label of a chart: the watch looks once a second. */
async function shows(page: Page, address: string, text: string): Promise<void> {
  await eventually(async () => {
    await page.goto(address);
    assert.ok((await page.content()).includes(text), `the page does not show “${text}”`);
  }, NOTICED_WITHIN_MS);
}
