import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { NAME_ID } from "../../src/saml/namespaces.ts";
import { openWorld, type World } from "../attack/saml/corpus.ts";
import { authnRequest, postForm, redirectQuery, signed } from "../attack/saml/service-provider.ts";
import { account, session } from "../fixtures/saml/installation.ts";

let world: World;

beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world.landing.close();
});

function requestOf(body: string): string {
  return redirectQuery(authnRequest(world.wiki, world.id(), { body }), { key: world.wiki.privateKey });
}

describe("where a request goes on", () => {
  test("B18 a POST without a session is parked, because its cookies did not come", async () => {
    await world.landing.post("/saml/sso", postForm(authnRequest(world.mail, world.id())));
    assert.deepEqual(
      world.landing.started.map(({ how }) => how),
      ["park"],
    );
  });

  test("a POST that brought a session is answered at once", async () => {
    world.landing.visitor = { session: session(), binding: "browser-1" };
    await world.landing.post("/saml/sso", postForm(authnRequest(world.mail, world.id())));
    assert.deepEqual(
      world.landing.started.map(({ how }) => how),
      ["start"],
    );
  });

  test("a request carries what the answer needs: ID, RelayState, application, reply address", async () => {
    const xml = authnRequest(world.wiki, "_their-id");
    await world.landing.get(
      "/saml/sso",
      redirectQuery(xml, { key: world.wiki.privateKey, relayState: "here" }),
    );
    const [started] = world.landing.started;
    assert.deepEqual(started?.request.wire, {
      requestId: "_their-id",
      relayState: "here",
      acsBinding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
      nameIdPolicy: undefined,
      requestedClassRefs: [],
      comparison: undefined,
    });
    assert.equal(started.request.applicationId, "app-wiki");
    assert.equal(started.request.replyTo, "https://wiki.example.com/acs");
    assert.deepEqual(started.request.scopes, []);
    assert.match(started.request.id, /^[\da-f]{32}$/);
  });

  test("what is refused stands in the audit trail with its code and the application it claims to be of", async () => {
    await world.landing.get("/saml/sso", redirectQuery(authnRequest(world.wiki, world.id())));
    await world.landing.flushAudit();
    const { items } = await world.landing.durable.audit.list({ limit: 5 });
    assert.deepEqual(
      items.map(({ action, outcome, targetId, detail }) => ({ action, outcome, targetId, detail })),
      [
        {
          action: "sign-on.refused",
          outcome: "refused",
          targetId: "app-wiki",
          detail: { protocol: "saml", code: "saml.unsigned" },
        },
      ],
    );
  });
});

describe("SA-46 a signed request belongs to the browser that brought it first", () => {
  test("the same browser may bring it again: reload and back work", async () => {
    const query = requestOf("");
    await world.landing.get("/saml/sso", query);
    const again = await world.landing.get("/saml/sso", query);
    assert.equal(again.kind, "go");
    assert.equal(world.landing.started.length, 2);
  });

  test("another browser is refused", async () => {
    const query = requestOf("");
    await world.landing.get("/saml/sso", query);
    world.landing.visitor = { binding: "browser-2" };
    assert.equal((await world.landing.get("/saml/sso", query)).code, "saml.replayed");
    assert.equal(world.landing.started.length, 1);
  });

  test("a POST that brings no cookie counts once", async () => {
    world.landing.visitor = {};
    const form = postForm(signed(authnRequest(world.wiki, world.id()), world.wiki));
    assert.equal((await world.landing.post("/saml/sso", form)).kind, "go");
    assert.equal((await world.landing.post("/saml/sso", form)).code, "saml.replayed");
  });

  test("the other binding does not make it new", async () => {
    const xml = authnRequest(world.wiki, world.id());
    await world.landing.get("/saml/sso", redirectQuery(xml, { key: world.wiki.privateKey }));
    world.landing.visitor = { binding: "browser-2" };
    const form = postForm(signed(xml, world.wiki));
    assert.equal((await world.landing.post("/saml/sso", form)).code, "saml.replayed");
  });

  test("the same ID of another application is another request", async () => {
    const id = world.id();
    await world.landing.get(
      "/saml/sso",
      redirectQuery(authnRequest(world.wiki, id), { key: world.wiki.privateKey }),
    );
    world.landing.visitor = { binding: "browser-2" };
    const evil = redirectQuery(authnRequest(world.evil, id), { key: world.evil.privateKey });
    assert.equal((await world.landing.get("/saml/sso", evil)).kind, "go");
  });

  test("once nothing keeps it any more, it is too old by itself", async () => {
    const query = requestOf("");
    await world.landing.get("/saml/sso", query);
    world.landing.clock.advance(11 * 60_000 + 1);
    world.landing.visitor = { binding: "browser-2" };
    assert.equal((await world.landing.get("/saml/sso", query)).code, "saml.too-old");
  });

  test("an unsigned request is not kept: strangers do not fill the store", async () => {
    const before = world.landing.writes;
    await world.landing.get("/saml/sso", redirectQuery(authnRequest(world.mail, world.id())));
    assert.equal(world.landing.writes, before);
  });
});

describe("SA-47 the Subject of a request is nobody else", () => {
  const subject = (value: string, format?: string) => {
    const attribute = format === undefined ? "" : ` Format="${format}"`;
    return `<saml:Subject><saml:NameID${attribute}>${value}</saml:NameID></saml:Subject>`;
  };

  test("a persistent name is known again by the session of this browser", async () => {
    world.landing.visitor = { session: session(), binding: "browser-1" };
    const value = world.landing.subjects.pairwise(account().id, world.wiki.application.entityId);
    await world.landing.get("/saml/sso", requestOf(subject(value, NAME_ID.persistent)));
    assert.equal(world.landing.started[0]?.request.expectedAccountId, "account-1");
  });

  test("a persistent name is known again by a live session elsewhere", async () => {
    await world.landing.get("/saml/sso", requestOf(subject("alice", NAME_ID.persistent)));
    assert.equal(world.landing.started[0]?.request.expectedAccountId, "account-1");
  });

  test("an unknown name in a signed request is answered, and nobody is logged in", async () => {
    const landed = await world.landing.get("/saml/sso", requestOf(subject("nobody")));
    assert.equal(landed.location, "https://wiki.example.com/acs");
    assert.deepEqual(world.landing.refusals, ["subject-not-available"]);
    assert.equal(world.landing.started.length, 0);
  });

  test("an e-mail address is not taken for a user name, nor the other way round", async () => {
    await world.landing.get("/saml/sso", requestOf(subject("alice", NAME_ID.emailAddress)));
    await world.landing.get("/saml/sso", requestOf(subject("alice@example.org", NAME_ID.unspecified)));
    assert.deepEqual(world.landing.refusals, ["subject-not-available", "subject-not-available"]);
  });

  test("a name under a foreign qualifier is nobody's", async () => {
    const body = '<saml:Subject><saml:NameID NameQualifier="urn:x">alice</saml:NameID></saml:Subject>';
    await world.landing.get("/saml/sso", requestOf(body));
    assert.deepEqual(world.landing.refusals, ["subject-not-available"]);
  });

  test("an encrypted name is answered as unknown", async () => {
    await world.landing.get(
      "/saml/sso",
      requestOf("<saml:Subject><saml:EncryptedID><x/></saml:EncryptedID></saml:Subject>"),
    );
    assert.deepEqual(world.landing.refusals, ["subject-not-available"]);
  });

  test("an unsigned request learns nothing about who has an account: an unknown name goes on like a known one", async () => {
    const request = authnRequest(world.mail, world.id(), { body: subject("nobody") });
    const landed = await world.landing.get("/saml/sso", redirectQuery(request));
    assert.equal(landed.kind, "go");
    assert.equal(world.landing.started[0]?.request.expectedAccountId, "");
    assert.deepEqual(world.landing.refusals, []);
  });
});
