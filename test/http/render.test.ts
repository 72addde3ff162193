import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { testRenderer } from "./site.ts";

const HOSTILE = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  `</title><script>alert(1)</script>`,
  `</textarea><svg onload=alert(1)>`,
  `<%= 7 * 7 %>`,
  `\${7 * 7}`,
  `{{7*7}}`,
  `javascript:alert(1)//`,
  `&lt;script&gt;`,
];

describe("WB-20 what comes from outside stays text", () => {
  for (const hostile of HOSTILE) {
    test(`${hostile} in every place of the login and the consent page`, () => {
      const render = testRenderer();
      const application = { id: hostile, name: hostile };
      const login = render("login", {
        csrf: hostile,
        flow: hostile,
        application,
        username: hostile,
        notice: hostile,
        rememberedDays: 30,
      });
      const consent = render("consent", {
        csrf: hostile,
        flow: hostile,
        shown: hostile,
        application,
        account: { username: hostile },
        anotherPath: hostile,
        nextHost: hostile,
        lines: [
          { scope: hostile, title: hostile, text: hostile, optional: true },
          { scope: hostile, title: hostile, text: hostile, optional: false },
        ],
      });
      for (const page of [login, consent]) {
        assert.ok(!/<(script|img src=x|svg onload|textarea)/.test(page.replace(/<link[^>]*>/g, "")));
        assert.ok(!/<[^>]*\son\w+/.test(page.replace(/="[^"]*"/g, "")), "no attribute became a handler");
        assert.ok(!page.includes("49"), "no template language ran");
        assert.equal(page.match(/<\/title>/g)?.length, 1);
      }
    });
  }

  test("a registered start address that is a script becomes no link", () => {
    const page = testRenderer()("apps", {
      person: { id: "a", name: "alice", owner: false },
      search: "",
      untilMs: 0,
      untilStyle: "time",
      tiles: [{ id: "x", name: "X", href: undefined, note: "" }],
    });
    assert.ok(!page.includes("javascript:"));
  });
});

describe("a view", () => {
  test("with a bug throws instead of sending half a page", () => {
    assert.throws(() => testRenderer()("sessions", {}), TypeError);
  });

  test("that does not exist throws", () => {
    assert.throws(() => testRenderer()("no-such-view", {}));
  });

  test("outside the folder cannot be rendered", () => {
    assert.throws(() => testRenderer()("../package", {}));
  });

  test("of somebody without the role has no link to the administration", () => {
    const data = { search: "", untilMs: 0, untilStyle: "time", tiles: [] };
    const render = testRenderer();
    assert.ok(!render("apps", { ...data, person: { id: "a", name: "a", owner: false } }).includes("/admin"));
    assert.ok(render("apps", { ...data, person: { id: "a", name: "a", owner: true } }).includes("/admin"));
  });
});
