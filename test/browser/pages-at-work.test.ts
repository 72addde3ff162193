import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { skipWithout } from "../fixtures/programs.ts";
import { startChromium } from "./chromium.ts";
import { type PagesServer, servePages } from "./pages-server.ts";
import { SAMPLE_PAGES } from "./sample-pages.ts";

const skip = skipWithout("chromium");
let browser: Browser;
let server: PagesServer;

before(async () => {
  if (skip !== false) return;
  server = await servePages();
  browser = await startChromium();
});

after(async () => {
  if (skip !== false) return;
  await browser.close();
  server.close();
});

async function open(name: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  const number = SAMPLE_PAGES.findIndex((sample) => sample.name === name);
  await page.goto(`${server.url}/page/${number}`);
  return page;
}

describe("WB-20 the policy", { skip }, () => {
  test("is kept by every page: the browser blocks nothing and the script throws nothing", async () => {
    const complaints: string[] = [];
    for (const [number, sample] of SAMPLE_PAGES.entries()) {
      const page = await (await browser.newContext()).newPage();
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(`${sample.name}: ${message.text()}`);
      });
      page.on("pageerror", (error) => complaints.push(`${sample.name}: ${error.message}`));
      await page.goto(`${server.url}/page/${number}`, { waitUntil: "load" });
      await page.context().close();
    }
    assert.deepEqual(complaints, []);
  });
});

describe("SA-81 the page that posts to an application", { skip }, () => {
  test("goes on by itself", async () => {
    server.arrived.length = 0;
    const page = await open("on the way");
    await page.waitForURL("**/arrived");
    assert.deepEqual(server.arrived, ["SAMLResponse=PHNhbWw%2B&RelayState=a+b"]);
    await page.context().close();
  });

  test("goes on with its visible button where scripts are off", async () => {
    server.arrived.length = 0;
    const page = await open("on the way", { javaScriptEnabled: false });
    const button = page.getByRole("button", { name: "Continue to Wiki" });
    assert.equal(await button.isVisible(), true);
    await button.click();
    await page.waitForURL("**/arrived");
    assert.equal(server.arrived.length, 1);
    await page.context().close();
  });
});

describe("the logout page", { skip }, () => {
  test("goes on when every frame has answered, long before the five seconds", async () => {
    const started = performance.now();
    const page = await open("logging out");
    await page.waitForURL("**/arrived", { timeout: 4_500 });
    assert.ok(performance.now() - started < 4_900);
    await page.context().close();
  });

  test("goes on after five seconds when a frame never answers", async () => {
    const page = await (await browser.newContext()).newPage();
    await page.route("**/frame?2", async () => await new Promise<never>(() => undefined));
    const number = SAMPLE_PAGES.findIndex((sample) => sample.name === "logging out");
    await page.goto(`${server.url}/page/${number}`, { waitUntil: "domcontentloaded" });
    await page.waitForTimeout(3_000);
    assert.ok(!page.url().endsWith("/arrived"), "the silent one still has time");
    await page.waitForURL("**/arrived", { timeout: 6_000 });
    await page.context().close();
  });

  test("has a button where scripts are off", async () => {
    const page = await open("logging out", { javaScriptEnabled: false });
    await page.getByRole("button", { name: "Continue" }).click();
    await page.waitForURL("**/arrived");
    await page.context().close();
  });
});

describe("by keyboard", { skip }, () => {
  test("the login page begins in the name and goes on in the order of the form", async () => {
    const page = await open("login");
    const names: (string | null)[] = [];
    await page.waitForFunction(() => document.activeElement !== document.body, undefined, { timeout: 5_000 });
    for (let step = 0; step < 5; step += 1) {
      names.push(
        await page.evaluate(
          () => document.activeElement?.getAttribute("name") ?? document.activeElement?.textContent ?? null,
        ),
      );
      await page.keyboard.press("Tab");
    }
    assert.deepEqual(names, ["username", "password", "stay", "Log in", "cancel"]);
    await page.context().close();
  });

  test("after a refusal the focus is in the password, and it is said to be wrong", async () => {
    const page = await open("login refused");
    await page.waitForFunction(() => document.activeElement?.id === "password", undefined, {
      timeout: 5_000,
    });
    const described = await page.locator("#password").getAttribute("aria-describedby");
    assert.equal(await page.locator(`#${described}`).textContent(), "Type it again.");
    await page.context().close();
  });

  test("Escape closes the menu and goes back to its button", async () => {
    const page = await open("my applications");
    await page.locator("details.menu > summary").focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.getByRole("link", { name: "Log out" }).isVisible(), true);
    await page.keyboard.press("Escape");
    assert.equal(await page.getByRole("link", { name: "Log out" }).isVisible(), false);
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), "SUMMARY");
    await page.context().close();
  });
});

describe("what needs a script", { skip }, () => {
  test("vanishes without one", async () => {
    const page = await open("error of an application", { javaScriptEnabled: false });
    assert.equal(await page.getByRole("button", { name: "Copy the reference" }).isVisible(), false);
    await page.context().close();
  });

  test("copies the reference, and times are in the reader's own zone", async () => {
    const context = { permissions: ["clipboard-read", "clipboard-write"], timezoneId: "Europe/Berlin" };
    const page = await open("error of an application", context);
    await page.getByRole("button", { name: "Copy the reference" }).click();
    await page.getByText("Copied").waitFor();
    assert.equal(await page.evaluate(async () => await navigator.clipboard.readText()), "GH-4F7K-92MX");
    assert.match((await page.locator("time").textContent()) ?? "", /^14:32:07$/);
    await page.context().close();
  });
});
