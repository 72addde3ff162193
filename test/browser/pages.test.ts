import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { skipWithout } from "../fixtures/programs.ts";
import { startChromium } from "./chromium.ts";
import { type PagesServer, servePages } from "./pages-server.ts";
import { SAMPLE_PAGES } from "./sample-pages.ts";

const skip = skipWithout("chromium");
let browser: Browser;
let server: PagesServer;
let page: Page;

before(async () => {
  if (skip !== false) return;
  server = await servePages();
  browser = await startChromium();
  const context = await browser.newContext({ bypassCSP: true });
  page = await context.newPage();
  // The pages are looked at, not used: nothing may post itself away.
  await page.route("**/*.js", async (route) => await route.abort());
});

after(async () => {
  if (skip !== false) return;
  await browser.close();
  server.close();
});

interface Finding {
  readonly rule: string;
  readonly nodes: readonly string[];
}

async function open(number: number, direction: "ltr" | "rtl"): Promise<void> {
  await page.goto(`${server.url}/page/${number}${direction === "rtl" ? "?rtl" : ""}`);
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  // A contrast over the arch cannot be computed: it is a pseudo-element.
  await page.addStyleTag({ content: ".door::before{display:none !important}" });
  await page.evaluate(axe.source);
}

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const RUN = `axe.run({ runOnly: { type: "tag", values: ${JSON.stringify(TAGS)} } }).then(({ violations }) =>
  violations.map(({ id, nodes }) => ({ rule: id, nodes: nodes.map((node) => node.html.slice(0, 200)) })))`;

async function findings(): Promise<readonly Finding[]> {
  return await page.evaluate<readonly Finding[]>(RUN);
}

const WIDTHS = [320, 390, 768, 1280];
const READ_AT = [390, 1280];

describe("a page with all its details open, in both directions", { skip }, () => {
  for (const [number, sample] of SAMPLE_PAGES.entries()) {
    test(`${sample.name}: never scrolls sideways, and axe-core finds nothing in light or dark`, async () => {
      for (const direction of ["ltr", "rtl"] as const) {
        await open(number, direction);
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 800 });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= width, `${wide} wide at ${width}, ${direction}`);
          for (const colorScheme of READ_AT.includes(width) ? (["light", "dark"] as const) : []) {
            await page.emulateMedia({ colorScheme });
            assert.deepEqual(await findings(), [], `${direction}, ${width}, ${colorScheme}`);
          }
        }
      }
    });
  }

  test("the checks can fail: a page with an unnamed button and pale text has its findings", async () => {
    await page.emulateMedia({ colorScheme: "light" });
    await open(0, "ltr");
    await page.evaluate(() => {
      document
        .querySelector("main")
        ?.insertAdjacentHTML("beforeend", "<button></button><p class=pale>pale</p>");
    });
    await page.addStyleTag({ content: ".pale{color:#bbb}" });
    const rules = (await findings()).map(({ rule }) => rule);
    assert.deepEqual(rules.toSorted(), ["button-name", "color-contrast"]);
  });
});

test("WB-11 the two answers of the consent page are equally large", { skip }, async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(
    SAMPLE_PAGES.findIndex((sample) => sample.view === "consent"),
    "ltr",
  );
  const allow = await page.locator("button[value=allow]").boundingBox();
  const deny = await page.locator("button[value=deny]").boundingBox();
  assert.ok(allow !== null && deny !== null);
  assert.deepEqual([allow.width, allow.height], [deny.width, deny.height]);
});
