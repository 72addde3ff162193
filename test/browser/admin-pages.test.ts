import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import axe from "axe-core";
import express from "express";
import type { Browser, Page } from "playwright-core";
import { VIEWS_FOLDER } from "../../src/http/render.ts";
import { securityHeaders } from "../../src/http/security-headers.ts";
import { loadAssets } from "../../src/http/static-files.ts";
import { gatherPages } from "../admin/every-page.ts";
import { skipWithout } from "../fixtures/programs.ts";
import { listenOn } from "../http/serve.ts";
import { startChromium } from "./chromium.ts";

const skip = skipWithout("chromium");
const pages = skip === false ? await gatherPages() : [];
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const RUN = `axe.run({ runOnly: { type: "tag", values: ${JSON.stringify(TAGS)} } }).then(({ violations }) =>
  violations.map(({ id, nodes }) => ({ rule: id, nodes: nodes.map((node) => node.html.slice(0, 200)) })))`;
/** Tables that are wider than their card, which would cut their last column off. */
const CUT_OFF = `[...document.querySelectorAll(".card table")].filter((table) => table.offsetWidth > table.parentElement.clientWidth).map((table) => table.offsetWidth)`;
const WIDTHS = [320, 390, 768, 1280];
/** Each width, direction and theme at least once; more would only repeat the same rules. */
const READ = [
  { direction: "ltr", width: 390, colorScheme: "light" },
  { direction: "ltr", width: 1280, colorScheme: "dark" },
  { direction: "rtl", width: 390, colorScheme: "dark" },
  { direction: "rtl", width: 1280, colorScheme: "light" },
] as const;

let browser: Browser;
let page: Page;
let server: { url: string; close: () => void };

/** Serves the gathered pages under their numbers, with the real headers and assets; `?rtl` turns them around. */
async function servePages() {
  const assets = loadAssets(VIEWS_FOLDER, "");
  const { css, logo, script } = assets.site;
  const app = express();
  app.use(securityHeaders("http://localhost"), assets.router);
  app.get("/page/:number", (request, response) => {
    const html = pages[Number(request.params.number)]?.html ?? "";
    const dressed = html
      .replace('href="/c"', `href="${css}"`)
      .replace('src="/s"', `src="${script}"`)
      .replaceAll('"/l"', `"${logo}"`);
    response.type("html").send("rtl" in request.query ? dressed.replace('dir="ltr"', 'dir="rtl"') : dressed);
  });
  return await listenOn(app);
}

before(async () => {
  if (skip !== false) return;
  server = await servePages();
  browser = await startChromium();
  const context = await browser.newContext({ bypassCSP: true });
  page = await context.newPage();
});

after(async () => {
  if (skip !== false) return;
  await browser.close();
  server.close();
});

/** Opens a page and all its details; the menu floats over what stands below it, so it is looked at by itself. */
async function open(number: number, direction: "ltr" | "rtl", details = "details:not(.menu)"): Promise<void> {
  await page.goto(`${server.url}/page/${number}${direction === "rtl" ? "?rtl" : ""}`);
  await page.locator(details).evaluateAll((found) => {
    for (const element of found) element.setAttribute("open", "");
  });
  // A contrast over the arch cannot be computed: it is a pseudo-element.
  await page.addStyleTag({ content: ".door::before{display:none !important}" });
  await page.evaluate(axe.source);
}

describe("a page of the administration with all its details open, in both directions", { skip }, () => {
  for (const [number, { name }] of pages.entries()) {
    test(`${name}: never scrolls sideways, and axe-core finds nothing in light or dark`, async () => {
      for (const direction of ["ltr", "rtl"] as const) {
        await open(number, direction);
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 800 });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= width, `${wide} wide at ${width}, ${direction}`);
          assert.deepEqual(await page.evaluate(CUT_OFF), [], `${width}, ${direction}`);
          for (const { colorScheme } of READ.filter(
            (at) => at.direction === direction && at.width === width,
          )) {
            await page.emulateMedia({ colorScheme });
            assert.deepEqual(await page.evaluate(RUN), [], `${direction}, ${width}, ${colorScheme}`);
          }
        }
      }
    });
  }
});

test("the menu of the administration is open to a screen reader and fits a phone", { skip }, async () => {
  await page.setViewportSize({ width: 320, height: 800 });
  await page.emulateMedia({ colorScheme: "light" });
  await open(
    pages.findIndex(({ name }) => name === "hand over metadata"),
    "ltr",
    "details.menu",
  );
  const menu = page.locator("details.menu");
  assert.deepEqual(await menu.locator("nav a").allTextContents(), [
    "Applications",
    "Federations",
    "Accounts",
    "Resources",
    "API tokens",
    "Audit",
    "Signing keys",
    "Organisation",
  ]);
  assert.equal(await menu.locator("nav a[aria-current=page]").textContent(), "Applications");
  assert.deepEqual(await page.evaluate(RUN), []);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320);
});
