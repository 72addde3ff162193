import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { after, before, describe, test } from "node:test";
import { createAccount } from "../../src/account/create-account.ts";
import { readConfig } from "../../src/config.ts";
import type { SamlApplication } from "../../src/model/application.ts";
import { openParts, type Parts } from "../../src/parts.ts";
import { silentLog } from "../../src/platform/log.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { createApp } from "../../src/server.ts";
import { authnRequest, type Changes, serviceProvider, signed } from "../attack/saml/service-provider.ts";
import { TestClock } from "../fixtures/clock.ts";
import {
  judgesPresent,
  schemaErrors,
  temporaryFolder,
  writeDocuments,
  xmlsecFailures,
} from "../fixtures/saml/judges.ts";
import { ISSUER, NOW_MS } from "../fixtures/saml/installation.ts";
import { attributeOf, statusOf } from "./answers.ts";
import { envelope, faultCode } from "./soap-messages.ts";

const WIKI = serviceProvider("wiki", { ecp: true });
const STRICT = serviceProvider("strict", { ecp: true, requestsMustBeSigned: true });
const MAIL = serviceProvider("mail");
const STAFF = serviceProvider("staff", { ecp: true, access: { kind: "groups", groups: ["staff"] } });
const PAOS_ACS = "https://wiki.example.com/acs/paos";

let parts: Parts;
let server: Server;
let origin: string;
let last = 0;
let aliceId: string;

before(async () => {
  const config = readConfig({
    GATEHOUSE_ISSUER: ISSUER,
    GATEHOUSE_SECRET: "a-secret-of-this-test-0123456789abcdef",
    GATEHOUSE_CERTS: "/nowhere",
    DATABASE_URL: "sqlite::memory:",
  });
  parts = await openParts(config, { clock: new TestClock(NOW_MS), random: systemRandom, log: silentLog });
  const { durable } = parts.stores;
  const registered: readonly SamlApplication[] = [WIKI, STRICT, MAIL, STAFF].map(
    ({ application }) => application,
  );
  for (const application of registered) await durable.applications.insert(application);
  await parts.applications.reload();
  const store = durable.accounts;
  const made = await createAccount({ username: "alice", password: "open-the-gäte" }, { ...parts, store });
  assert.ok(made.kind !== "refused");
  aliceId = made.account.id;
  server = createServer(createApp(parts, () => true)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  origin = `http://127.0.0.1:${address.port}`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await parts.close();
});

const sessions = async () => (await parts.sessions.listByAccount(aliceId)).length;

function request(sp = WIKI, changes: Changes = {}): string {
  last += 1;
  const paos = sp.application.assertionConsumerServices[3]?.location;
  const attributes = { AssertionConsumerServiceURL: paos, Destination: undefined, ...changes.attributes };
  return authnRequest(sp, `_ecp-${last}`, { ...changes, attributes });
}

async function call(xml: string, password = "open-the-gäte", headers: Record<string, string> = {}) {
  const basic = Buffer.from(`alice:${password}`).toString("base64");
  const answer = await fetch(`${origin}/saml/ecp`, {
    method: "POST",
    headers: { "content-type": "text/xml", authorization: `Basic ${basic}`, ...headers },
    body: envelope(xml),
  });
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

describe("a program signs on in the place of a browser (SAML Profiles 4.2)", () => {
  test("with name and password, and gets a signed Response for the address in the header", async (t) => {
    const before = await sessions();
    const answer = await call(request());
    assert.equal(answer.status, 200, answer.body);
    assert.equal(answer.headers.get("set-cookie"), null);
    assert.equal(statusOf(answer.body), "Success");
    assert.match(
      answer.body,
      /<ecp:Response [^>]*AssertionConsumerServiceURL="https:\/\/wiki\.example\.com\/acs\/paos"/,
    );
    assert.match(answer.body, /<ecp:Response [^>]*soap:mustUnderstand="1"/);
    assert.equal(attributeOf(answer.body, "Destination"), PAOS_ACS);
    assert.equal(attributeOf(answer.body, "InResponseTo"), `_ecp-${last}`);
    assert.equal(await sessions(), before + 1);
    if (!judgesPresent(t)) return;
    const folder = temporaryFolder(t);
    // The schemas at hand have none for the header block.
    const paths = writeDocuments(folder, [answer.body.replace(/<soap:Header>.*<\/soap:Header>/, "")]);
    assert.equal(schemaErrors(folder, paths), "");
    const { certificate } = parts.keyRing.active("RSA-2048");
    assert.deepEqual(xmlsecFailures(folder, paths, certificate, "Assertion"), []);
  });

  test("with a signed request that names no Destination, and with ForceAuthn", async () => {
    const xml = signed(request(STRICT, { attributes: { ForceAuthn: "true" } }), STRICT);
    assert.equal(statusOf((await call(xml)).body), "Success");
  });

  test("and is told in SAML that the person may not enter; no session stays", async () => {
    const before = await sessions();
    const answer = await call(request(STAFF));
    assert.equal(answer.status, 200);
    assert.equal(statusOf(answer.body), "Responder, RequestDenied");
    assert.ok(!answer.body.includes("<saml:Assertion"));
    assert.equal(await sessions(), before);
  });

  test("the session can be ended like every other", async () => {
    // The clock may not have moved since the sessions of the tests before: the new one is the one that was not there.
    const before = new Set((await parts.sessions.listByAccount(aliceId)).map(({ id }) => id));
    assert.equal(statusOf((await call(request())).body), "Success");
    const [live, ...others] = (await parts.sessions.listByAccount(aliceId)).filter(
      ({ id }) => !before.has(id),
    );
    assert.ok(live !== undefined);
    assert.deepEqual(others, []);
    assert.equal((await parts.participants.list(live.id))[0]?.applicationId, "app-wiki");
    assert.equal(await parts.sessions.end(live.id, aliceId), true);
    assert.equal(await parts.sessions.get(live.id), undefined);
  });
});

describe("SA-49 a program that is refused gets no session", () => {
  const none = { authorization: "" };
  const cases: readonly (readonly [string, number, string | undefined, () => ReturnType<typeof call>])[] = [
    ["without a password", 401, undefined, async () => await call(request(), "", none)],
    [
      "with a token in the place of a password",
      401,
      undefined,
      async () => await call(request(), "", { authorization: "Bearer x" }),
    ],
    ["with a wrong password", 401, undefined, async () => await call(request(), "wrong")],
    ["at an application for which it is off", 403, "saml.ecp", async () => await call(request(MAIL))],
    [
      "for an address that takes no PAOS",
      403,
      "saml.answer-binding",
      async () =>
        await call(
          request(WIKI, { attributes: { AssertionConsumerServiceURL: "https://wiki.example.com/acs" } }),
        ),
    ],
    [
      "for an address that is not registered",
      403,
      "saml.acs-not-registered",
      async () =>
        await call(
          request(WIKI, { attributes: { AssertionConsumerServiceURL: "https://evil.example.net/" } }),
        ),
    ],
    [
      "with the Destination of the address for browsers",
      403,
      "saml.destination",
      async () => await call(request(WIKI, { attributes: { Destination: `${ISSUER}/saml/sso` } })),
    ],
    [
      "without a signature where one is demanded",
      403,
      "saml.unsigned",
      async () => await call(request(STRICT)),
    ],
    ["signed by another application", 403, "saml.signature", async () => await call(signed(request(), MAIL))],
    [
      "of nobody",
      403,
      "saml.issuer-unknown",
      async () => await call(request(WIKI, { issuer: "https://no.example" })),
    ],
    [
      "with a message of another kind",
      500,
      "saml.wrong-message",
      async () => await call(request().replaceAll("AuthnRequest", "LogoutRequest")),
    ],
    ["with two messages", 500, "saml.malformed", async () => await call(request() + request())],
  ];
  for (const [name, status, code, send] of cases) {
    test(`${name}: ${status}`, async () => {
      const before = await sessions();
      const answer = await send();
      assert.deepEqual([answer.status, faultCode(answer.body)], [status, code], answer.body);
      assert.equal(answer.headers.get("www-authenticate") !== null, status === 401);
      assert.equal(await sessions(), before);
    });
  }

  test("the same signed request a second time: 403", async () => {
    const xml = signed(request(STRICT), STRICT);
    assert.equal((await call(xml)).status, 200);
    assert.equal(faultCode((await call(xml)).body), "saml.replayed");
  });

  test("as a form or larger than 128 KiB it is not read", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    assert.equal((await call(request(), "x", form)).status, 404);
    assert.equal((await call("x".repeat(131_073))).status, 413);
  });

  test("after too many wrong passwords it must wait, with the right one too", async () => {
    const statuses: number[] = [];
    for (let tries = 0; tries < 30 && statuses.at(-1) !== 429; tries += 1) {
      statuses.push((await call(request(), "wrong")).status);
    }
    assert.equal(statuses.at(-1), 429, statuses.join(" "));
    const held = await call(request());
    assert.equal(held.status, 429);
    assert.match(held.headers.get("retry-after") ?? "", /^\d+$/);
  });
});
