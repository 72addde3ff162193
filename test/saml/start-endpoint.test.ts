import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { SignOnRequest } from "../../src/model/sign-on-request.ts";
import { BINDING } from "../../src/saml/namespaces.ts";
import { allowsRelayState } from "../../src/saml/relay-state-rule.ts";
import { samlWire } from "../../src/saml/request-wire.ts";
import { openWorld, type World } from "../attack/saml/corpus.ts";
import { session } from "../fixtures/saml/installation.ts";

const relayStateOf = (request: SignOnRequest | undefined) =>
  request === undefined ? "no request" : samlWire(request).relayState;

let world: World;

beforeEach(async () => {
  world = await openWorld();
  world.landing.visitor = { session: session(), binding: "browser-1" };
  const { application } = world.wiki;
  const idpInitiated = { relayStates: ["/pages/", "https://wiki.example.com/app/", "news"] };
  world.landing.applications.set(application.id, { ...application, idpInitiated });
});
afterEach(async () => {
  await world.landing.close();
});

const start = async (query: string) => await world.landing.get("/saml/sso/start", query);

describe("SA-48 a sign-on that begins here", () => {
  test("goes to the default address, with no request to be in response to", async () => {
    const landed = await start("app=app-wiki");
    assert.deepEqual([landed.kind, landed.location], ["go", "/start"]);
    const [started] = world.landing.started;
    assert.equal(started?.request.replyTo, "https://wiki.example.com/acs");
    assert.deepEqual(started.request.wire, {
      relayState: undefined,
      acsBinding: BINDING.post,
      requestedClassRefs: [],
    });
  });

  test("asks the shell in a browser without a session too: it shows the login", async () => {
    world.landing.visitor = { binding: "browser-1" };
    assert.equal((await start("app=app-wiki")).kind, "go");
    assert.equal(world.landing.started.length, 1);
  });

  test("takes a RelayState along that is allowed for the application", async () => {
    await start(`app=app-wiki&RelayState=${encodeURIComponent("https://wiki.example.com/app/a?b=c&d=e")}`);
    assert.equal(relayStateOf(world.landing.started[0]?.request), "https://wiki.example.com/app/a?b=c&d=e");
  });

  for (const [name, query, code] of [
    ["of an application for which it is off", "app=app-mail", "saml.not-started-here"],
    ["of nobody", "app=app-none", "saml.not-started-here"],
    ["of no application", "", "saml.not-started-here"],
    ["of an application by its entityID", "app=https://wiki.example.com/metadata", "saml.not-started-here"],
    ["of two applications at once", "app=app-wiki&app=app-mail", "saml.parameters"],
    ["with two RelayStates", "app=app-wiki&RelayState=news&RelayState=news", "saml.parameters"],
    [
      "with a RelayState of another site",
      "app=app-wiki&RelayState=https://evil.example.net/",
      "saml.relay-state",
    ],
    ["with a RelayState of 81 bytes", `app=app-wiki&RelayState=/pages/${"x".repeat(74)}`, "saml.relay-state"],
  ] as const) {
    test(`${name} is refused, and nothing is started`, async () => {
      const landed = await start(query);
      assert.deepEqual([landed.status, landed.kind, landed.code], [400, "problem", code]);
      assert.deepEqual(world.landing.started, []);
    });
  }
});

describe("SA-80 the list of RelayStates", () => {
  for (const relayState of ["/pages/", "/pages/a", "/pages/a/b?c=%20d#e"]) {
    test(`/pages/ allows ${relayState}`, () => {
      assert.equal(allowsRelayState(["/pages/"], relayState), true);
    });
  }

  for (const relayState of [
    "/pages",
    "/pages/../admin",
    "/pages/%2e%2e/admin",
    "/pages//evil.example.net",
    "/pages/\\evil.example.net",
    "/pages/%5cevil.example.net",
    "/pages/a\nb",
    '/pages/"><script>',
    "/PAGES/a",
    "x/pages/a",
  ]) {
    test(`/pages/ does not allow ${JSON.stringify(relayState)}`, () => {
      assert.equal(allowsRelayState(["/pages/"], relayState), false);
    });
  }

  test("a single slash does not allow another host, which begins with two", () => {
    assert.equal(allowsRelayState(["/"], "//evil.example.net"), false);
    assert.equal(allowsRelayState(["/"], "/\\evil.example.net"), false);
    assert.equal(allowsRelayState(["/"], "/pages"), true);
  });

  test("an entry without a slash at its end allows itself alone, and an empty list nothing", () => {
    assert.equal(allowsRelayState(["https://a.example"], "https://a.example"), true);
    assert.equal(allowsRelayState(["https://a.example"], "https://a.example.evil.net"), false);
    assert.equal(allowsRelayState([], ""), false);
  });
});
