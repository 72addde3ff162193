import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { BINDING, NAME_ID } from "../../src/saml/namespaces.ts";
import { sessionIndexFor } from "../../src/session/session-index.ts";
import { ALICE, openWorld, type World } from "../attack/saml/corpus.ts";
import {
  logoutRequest,
  postForm,
  redirectQuery,
  type ServiceProvider,
  signed,
} from "../attack/saml/service-provider.ts";
import { session } from "../fixtures/saml/installation.ts";
import { attributeOf, isQuerySigned, sentMessage, statusOf } from "./answers.ts";

let world: World;

beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world.landing.close();
});

const wikiIndex = (sessionId: string): string => sessionIndexFor(sessionId, "app-wiki");
const withIndex = (index: string): string => `${ALICE}<samlp:SessionIndex>${index}</samlp:SessionIndex>`;

async function ask(sp: ServiceProvider, body: string, relayState?: string) {
  const xml = logoutRequest(sp, world.id(), { body });
  const choices = { key: sp.privateKey, ...(relayState === undefined ? {} : { relayState }) };
  return await world.landing.get("/saml/slo", redirectQuery(xml, choices));
}

async function alive(): Promise<readonly boolean[]> {
  return [await world.landing.sessions.exists("session-1"), await world.landing.sessions.exists("session-2")];
}

describe("a LogoutRequest ends what its sender was told about", () => {
  test("B44 the session of this browser ends, and the answer goes to ResponseLocation, signed, with RelayState", async () => {
    world.landing.visitor = { session: session({ id: "session-2" }), binding: "browser-1" };
    const landed = await ask(world.wiki, withIndex(wikiIndex("session-2")), "/A+B C&x=%2B");
    const { xml, relayState, to } = sentMessage(landed);
    assert.equal(to, "https://wiki.example.com/slo/done");
    assert.equal(relayState, "/A+B C&x=%2B");
    assert.equal(statusOf(xml), "Success");
    assert.equal(attributeOf(xml, "InResponseTo"), "_message-1");
    const certificate = world.landing.keyRing.active("RSA-2048").certificate;
    assert.ok(isQuerySigned(landed.location ?? "", certificate));
    assert.deepEqual(await alive(), [true, false]);
  });

  test("B18 a POST of another site brings no cookie: the session is found by NameID and SessionIndex", async () => {
    world.landing.visitor = {};
    const xml = logoutRequest(world.wiki, world.id(), { body: withIndex(wikiIndex("session-2")) });
    const landed = await world.landing.post("/saml/slo", postForm(signed(xml, world.wiki), "here"));
    const answer = sentMessage(landed);
    // By the way that the request came.
    assert.deepEqual(
      [landed.kind, answer.to, answer.relayState],
      ["form-post", "https://wiki.example.com/slo/post", "here"],
    );
    assert.equal(statusOf(answer.xml), "Success");
    assert.match(answer.xml, /<ds:Signature /);
    assert.deepEqual(await alive(), [true, false]);
  });

  test("B41 without a SessionIndex all sessions of the principal end", async () => {
    world.landing.visitor = { session: session({ id: "session-1" }), binding: "browser-1" };
    const landed = await ask(world.wiki, ALICE);
    // mail is told through the browser first.
    assert.match(landed.location ?? "", /^\/logout\/run\?run=/);
    assert.deepEqual(await alive(), [false, false]);
  });

  test("B41 with two SessionIndexes both end", async () => {
    const second = `<samlp:SessionIndex>${wikiIndex("session-2")}</samlp:SessionIndex>`;
    await ask(world.wiki, withIndex(wikiIndex("session-1")) + second);
    assert.deepEqual(await alive(), [false, false]);
  });

  test("B41 with an unknown SessionIndex nothing ends, and the answer is an error", async () => {
    const { xml } = sentMessage(await ask(world.wiki, withIndex("_unknown")));
    assert.equal(statusOf(xml), "Requester, UnknownPrincipal");
    assert.deepEqual(await alive(), [true, true]);
  });

  test("another session of this browser than the named one stays", async () => {
    world.landing.visitor = { session: session({ id: "session-1" }), binding: "browser-1" };
    await ask(world.wiki, withIndex(wikiIndex("session-2")));
    assert.deepEqual(await alive(), [true, false]);
  });
});

describe("a LogoutRequest is always answered", () => {
  test("B44 for a session that is gone already: UnknownPrincipal", async () => {
    await world.landing.endSession.endQuietly(["session-1", "session-2"]);
    const { xml } = sentMessage(await ask(world.wiki, withIndex(wikiIndex("session-2"))));
    assert.equal(statusOf(xml), "Requester, UnknownPrincipal");
  });

  test("for an encrypted name: RequestUnsupported, and nothing ends", async () => {
    const { xml } = sentMessage(await ask(world.wiki, "<saml:EncryptedID><x/></saml:EncryptedID>"));
    assert.equal(statusOf(xml), "Requester, RequestUnsupported");
    assert.deepEqual(await alive(), [true, true]);
  });

  test("by POST where Redirect is not registered, at Location where there is no ResponseLocation", async () => {
    const [, post] = world.wiki.application.singleLogoutServices;
    assert.ok(post !== undefined);
    world.landing.applications.set("app-wiki", { ...world.wiki.application, singleLogoutServices: [post] });
    const landed = await ask(world.wiki, withIndex(wikiIndex("session-2")));
    assert.deepEqual([landed.kind, landed.action], ["form-post", "https://wiki.example.com/slo/post"]);
  });

  test("on our page where no address is registered; the session has ended all the same", async () => {
    world.landing.applications.set("app-wiki", { ...world.wiki.application, singleLogoutServices: [] });
    const landed = await ask(world.wiki, withIndex(wikiIndex("session-2")));
    assert.equal(landed.code, "saml.no-logout-address");
    assert.deepEqual(await alive(), [true, false]);
  });

  test("SA-65 a RelayState that is an address goes back as a parameter and is nowhere gone to", async () => {
    const landed = await ask(world.wiki, withIndex(wikiIndex("session-2")), "https://evil.example.net/");
    const { to, relayState } = sentMessage(landed);
    assert.deepEqual([to, relayState], ["https://wiki.example.com/slo/done", "https://evil.example.net/"]);
  });

  test("SA-64 with PartialLogout where an application of another ended session cannot be told", async () => {
    // Without a SessionIndex session-1 is ended visibly or quietly; in the quiet one mail cannot be told.
    world.landing.visitor = { session: session({ id: "session-2" }), binding: "browser-1" };
    const { xml } = sentMessage(await ask(world.wiki, ALICE));
    assert.equal(statusOf(xml), "Success, PartialLogout");
    assert.deepEqual(await alive(), [false, false]);
  });
});

describe("a LogoutRequest ends nothing that its sender was not told about", () => {
  test("SA-61 signed by evil for alice, whom only wiki and mail know", async () => {
    const { xml, to } = sentMessage(await ask(world.evil, ALICE));
    assert.equal(statusOf(xml), "Requester, UnknownPrincipal");
    assert.equal(to, "https://evil.example.com/slo/done");
    assert.deepEqual(await alive(), [true, true]);
  });

  test("SA-61 signed by evil with wiki's SessionIndex", async () => {
    await ask(world.evil, withIndex(wikiIndex("session-1")));
    assert.deepEqual(await alive(), [true, true]);
  });

  for (const [name, nameId] of [
    ["another format", `<saml:NameID Format="${NAME_ID.emailAddress}">alice</saml:NameID>`],
    ["a NameQualifier that was not given", `<saml:NameID NameQualifier="urn:x">alice</saml:NameID>`],
    ["another SPNameQualifier", `<saml:NameID SPNameQualifier="urn:x">alice</saml:NameID>`],
    ["another value", "<saml:NameID>bob</saml:NameID>"],
    ["the value in capitals", "<saml:NameID>ALICE</saml:NameID>"],
  ] as const) {
    test(`${name}: nothing ends`, async () => {
      const { xml } = sentMessage(await ask(world.wiki, nameId));
      assert.equal(statusOf(xml), "Requester, UnknownPrincipal");
      assert.deepEqual(await alive(), [true, true]);
    });
  }

  test("SA-62 the same request a second time is refused, by either binding", async () => {
    const xml = logoutRequest(world.wiki, world.id(), { body: withIndex("_unknown") });
    const first = await world.landing.get("/saml/slo", redirectQuery(xml, { key: world.wiki.privateKey }));
    assert.equal(first.kind, "redirect");
    const again = await world.landing.get("/saml/slo", redirectQuery(xml, { key: world.wiki.privateKey }));
    assert.equal(again.code, "saml.replayed");
    const posted = await world.landing.post("/saml/slo", postForm(signed(xml, world.wiki)));
    assert.equal(posted.code, "saml.replayed");
  });

  test("RL-14 its ID is spent in the database, where no fail-over of the volatile store undoes it", async () => {
    const id = world.id();
    const xml = logoutRequest(world.wiki, id, { body: withIndex("_unknown") });
    await world.landing.get("/saml/slo", redirectQuery(xml, { key: world.wiki.privateKey }));
    const spent = JSON.stringify(["LogoutRequest", world.wiki.application.entityId, id]);
    assert.equal(await world.landing.durable.spentIds.spend("message", spent, 60_000), false);
    const other = JSON.stringify(["LogoutRequest", world.mail.application.entityId, id]);
    assert.equal(await world.landing.durable.spentIds.spend("message", other, 60_000), true);
  });
});

describe("SA-60 a LogoutRequest without a signature ends nothing by itself", () => {
  const unsigned = async () => {
    const { application } = world.mail;
    const index = sessionIndexFor("session-1", application.id);
    const xml = logoutRequest(world.mail, world.id(), { body: withIndex(index) });
    return await world.landing.get("/saml/slo", redirectQuery(xml, { relayState: "here" }));
  };

  test("in the browser whose session it names the person is asked; yes ends it and answers the application", async () => {
    const live = session({ id: "session-1" });
    world.landing.visitor = { session: live, binding: "browser-1" };
    const landed = await unsigned();
    assert.match(landed.location ?? "", /^\/logout\?asked=[\w-]{43}$/);
    assert.deepEqual(await alive(), [true, true]);
    const asked = new URL(landed.location ?? "", "https://id.example.org").searchParams.get("asked") ?? "";
    const outcome = await world.landing.confirmed(asked, live);
    assert.equal(outcome.kind, "go");
    assert.deepEqual(await alive(), [false, true]);
  });

  test("in a browser that has another session it is refused", async () => {
    world.landing.visitor = { session: session({ id: "session-2" }), binding: "browser-1" };
    assert.equal((await unsigned()).code, "saml.unsigned");
    assert.deepEqual(await alive(), [true, true]);
  });

  test("of an application whose messages must be signed it is refused, in any browser", async () => {
    world.landing.visitor = { session: session({ id: "session-1" }), binding: "browser-1" };
    const xml = logoutRequest(world.wiki, world.id(), { body: withIndex(wikiIndex("session-1")) });
    assert.equal((await world.landing.get("/saml/slo", redirectQuery(xml))).code, "saml.unsigned");
    assert.deepEqual(await alive(), [true, true]);
  });
});

test("an application that has SOAP is told on the server before its peer gets the answer", async () => {
  const { mail, wiki, landing } = world;
  const soap = { binding: BINDING.soap, location: "https://mail.example.com/soap" };
  landing.applications.set("app-mail", { ...mail.application, singleLogoutServices: [soap] });
  const { xml } = sentMessage(await ask(wiki, withIndex(wikiIndex("session-1"))));
  assert.deepEqual(
    landing.soap.map(({ url }) => url),
    ["https://mail.example.com/soap"],
  );
  // Nobody listened there.
  assert.equal(statusOf(xml), "Success, PartialLogout");
});
