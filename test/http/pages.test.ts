import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { HtmlValidate } from "html-validate";
import { VIEWS_FOLDER } from "../../src/http/render.ts";
import { SAMPLE_PAGES } from "../browser/sample-pages.ts";
import { contrast, tokens } from "./contrast.ts";
import { testRenderer } from "./site.ts";

const sheet = readFileSync(join(VIEWS_FOLDER, "gatehouse.css"), "utf8");
const render = testRenderer();

describe("every page", () => {
  const validator = new HtmlValidate({
    extends: ["html-validate:recommended"],
    rules: {
      // A name of an application may be long.
      "long-title": "off",
      // The search field is sent by Enter.
      "wcag/h32": "off",
      // A button in a form sends it, which is what all of ours are for.
      "no-implicit-button-type": "off",
    },
  });
  for (const { name, view, data } of SAMPLE_PAGES) {
    const html = render(view, data);

    test(`${name} is valid HTML`, async () => {
      const report = await validator.validateString(html);
      const messages = report.results.flatMap((result) => result.messages);
      assert.deepEqual(
        messages.map(({ ruleId, message, line }) => `${line}: ${ruleId}: ${message}`),
        [],
      );
    });

    test(`WB-20 ${name} has no style and no script of its own, and loads nothing from elsewhere`, () => {
      const tags = html.match(/<[a-z][^>]*>/g) ?? [];
      for (const tag of tags) {
        const attributes = tag.replaceAll(/="[^"]*"/g, "");
        assert.ok(!/\s(style|on\w+)\b/.test(attributes), tag);
        assert.ok(!/^<(style|base|object|embed)\b/.test(tag), tag);
      }
      assert.ok(!/<script(?! src="\/assets\/gatehouse\.js" defer>)/.test(html));
      assert.ok(!/(src|href)="data:/.test(html));
    });

    test(`${name} has a title, one first heading, one primary button at most, and a main part`, () => {
      assert.match(html, /<title>[^<]+ · Gatehouse<\/title>/);
      assert.equal(html.match(/<h1/g)?.length, 1);
      assert.equal(html.match(/<main/g)?.length, 1);
      const outside = html.replaceAll(/<details class="confirm">[\s\S]*?<\/details>/g, "");
      assert.ok((outside.match(/btn primary|btn danger primary/g) ?? []).length <= 1);
    });

    test(`${name} speaks plainly`, () => {
      const text = html.replaceAll(/<[^>]+>/g, " ");
      assert.ok(!/!|\b(please|sorry|oops|invalid|successfully)\b/i.test(text));
      assert.ok(!/undefined|\[object|NaN/.test(text));
    });
  }
});

describe("weight", () => {
  test("the stylesheet is under 20 KB", () => {
    assert.ok(Buffer.byteLength(sheet) < 20_000);
  });

  test("the first page of a login, with its sheet and its mark, is under 25 KB, and about 8 KB compressed", () => {
    const first = SAMPLE_PAGES[0];
    assert.ok(first !== undefined);
    const parts = [
      render(first.view, first.data),
      sheet,
      readFileSync(join(VIEWS_FOLDER, "logo.svg"), "utf8"),
    ];
    const plain = parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
    const compressed = parts.reduce((sum, part) => sum + gzipSync(part).length, 0);
    assert.ok(plain < 25_000, `${plain} bytes`);
    assert.ok(compressed < 9_000, `${compressed} bytes`);
  });
});

describe("contrast, computed from the sheet by WCAG 2.2", () => {
  const wanted: [foreground: string, background: string, least: number][] = [
    ["text", "bg", 4.5],
    ["text", "surface", 4.5],
    ["text", "sunken", 4.5],
    ["muted", "bg", 4.5],
    ["muted", "surface", 4.5],
    ["muted", "sunken", 4.5],
    ["muted", "arch1", 4.5],
    ["muted", "arch2", 4.5],
    ["link", "bg", 4.5],
    ["link", "surface", 4.5],
    ["link", "tint", 4.5],
    ["on-accent", "accent", 4.5],
    ["on-accent", "accent-deep", 4.5],
    ["on-accent", "danger", 4.5],
    ["ok", "ok-soft", 4.5],
    ["warn", "warn-soft", 4.5],
    ["bad", "bad-soft", 4.5],
    ["info", "info-soft", 4.5],
    ["bad", "surface", 4.5],
    ["edge", "surface", 3],
    ["edge", "bg", 3],
    ["link", "arch2", 3],
  ];
  for (const [foreground, background, least] of wanted) {
    test(`--${foreground} on --${background} has at least ${least}`, () => {
      for (const theme of [0, 1] as const) {
        const colours = tokens(sheet, theme);
        const ratio = contrast(colours.get(foreground) ?? "", colours.get(background) ?? "");
        assert.ok(ratio >= least, `${ratio.toFixed(2)} in ${theme === 0 ? "light" : "dark"}`);
      }
    });
  }

  test("the computation is right: black on white has 21, and a colour on itself 1", () => {
    assert.equal(contrast("#000", "#ffffff").toFixed(1), "21.0");
    assert.equal(contrast("#0f5c6b", "#0f5c6b"), 1);
    assert.equal(contrast("#767676", "#fff").toFixed(2), "4.54");
  });
});
