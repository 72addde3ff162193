import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { HtmlValidate } from "html-validate";
import { gatherPages } from "./every-page.ts";

const validator = new HtmlValidate({
  extends: ["html-validate:recommended"],
  rules: {
    // A name of an application may be long.
    "long-title": "off",
    // A search field is sent by Enter; a list's page number by its own button.
    "wcag/h32": "off",
    // A button in a form sends it, which is what all of ours are for.
    "no-implicit-button-type": "off",
  },
});

const pages = await gatherPages();

suite("a page of the administration", () => {
  test("is among those that are looked at, with its name once", () => {
    assert.ok(pages.length >= 30);
    assert.equal(new Set(pages.map(({ name }) => name)).size, pages.length);
  });

  for (const { name, html } of pages) {
    test(`is valid HTML: ${name}`, async () => {
      const report = await validator.validateString(html);
      const messages = report.results.flatMap((result) => result.messages);
      assert.deepEqual(
        messages.map(({ ruleId, message, line }) => `${line}: ${ruleId}: ${message}`),
        [],
      );
    });

    test(`has no style or script of its own: ${name}`, () => {
      for (const tag of html.match(/<[a-z][^>]*>/g) ?? []) {
        const attributes = tag.replaceAll(/="[^"]*"/g, "");
        assert.ok(!/\s(style|on\w+)\b/.test(attributes), tag);
        assert.ok(!/^<(style|base|object|embed|iframe)\b/.test(tag), tag);
      }
      assert.ok(!/<script(?! src="\/s" defer>)/.test(html));
      assert.ok(!/(src|href)="(data|javascript):/.test(html));
    });

    test(`has a title, one first heading and one primary button at most: ${name}`, () => {
      assert.match(html, /<title>[^<]+ · Gatehouse( administration)?<\/title>/);
      assert.equal(html.match(/<h1/g)?.length, 1);
      assert.equal(html.match(/<main/g)?.length, 1);
      const outside = html.replaceAll(/<details class="confirm">[^]*?<\/details>/g, "");
      assert.ok((outside.match(/btn primary|btn danger primary/g) ?? []).length <= 1);
    });

    test(`speaks plainly: ${name}`, () => {
      const text = html.replaceAll(/<[^>]+>/g, " ");
      assert.ok(!/!|\b(please|sorry|oops|invalid|successfully)\b/i.test(text));
      assert.ok(!/undefined|\[object|NaN/.test(text));
    });

    test(`protects each form that posts with a token: ${name}`, () => {
      for (const [form] of html.matchAll(/<form [^>]*method="post"[^]*?<\/form>/g)) {
        assert.match(form, /<input type="hidden" name="csrf" value="[\w-]{43}">/);
      }
    });
  }
});
