import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { sessionIndexFor } from "../../src/session/session-index.ts";
import { ALICE, openWorld, type World } from "../attack/saml/corpus.ts";
import { logoutRequest, type ServiceProvider, signed } from "../attack/saml/service-provider.ts";
import {
  judgesPresent,
  schemaErrors,
  temporaryFolder,
  writeDocuments,
  xmlsecFailures,
} from "../fixtures/saml/judges.ts";
import { attributeOf, statusOf } from "./answers.ts";
import { envelope, faultCode } from "./soap-messages.ts";

let world: World;

beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world.landing.close();
});

const indexOf = (sessionId: string) =>
  `<samlp:SessionIndex>${sessionIndexFor(sessionId, "app-wiki")}</samlp:SessionIndex>`;

function request(sp: ServiceProvider, body: string, attributes: Record<string, string | undefined> = {}) {
  return signed(logoutRequest(sp, world.id(), { body, attributes }), sp);
}

const call = async (xml: string) => await world.landing.soapCall("/saml/slo", envelope(xml));

async function alive(): Promise<readonly boolean[]> {
  return [await world.landing.sessions.exists("session-1"), await world.landing.sessions.exists("session-2")];
}

describe("a LogoutRequest by SOAP", () => {
  test("ends the session that it names, and is answered in the same connection, signed", async (t) => {
    const answer = await call(request(world.wiki, ALICE + indexOf("session-2")));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "text/xml; charset=utf-8");
    assert.equal(statusOf(answer.body), "Success");
    assert.equal(attributeOf(answer.body, "InResponseTo"), "_message-1");
    assert.deepEqual(await alive(), [true, false]);
    if (!judgesPresent(t)) return;
    const folder = temporaryFolder(t);
    const paths = writeDocuments(folder, [answer.body]);
    assert.equal(schemaErrors(folder, paths), "");
    const { certificate } = world.landing.keyRing.active("RSA-2048");
    assert.deepEqual(xmlsecFailures(folder, paths, certificate, "LogoutResponse"), []);
  });

  test("SA-64 is answered PartialLogout where another application can only be told through the browser", async () => {
    const answer = await call(request(world.wiki, ALICE + indexOf("session-1")));
    assert.equal(statusOf(answer.body), "Success, PartialLogout");
    assert.deepEqual(await alive(), [false, true]);
  });

  test("SA-61 of an application that was never told about the person ends nothing", async () => {
    const answer = await call(request(world.evil, ALICE + indexOf("session-1")));
    assert.equal(statusOf(answer.body), "Requester, UnknownPrincipal");
    assert.deepEqual(await alive(), [true, true]);
  });

  test("sets no cookie, and one that comes along changes nothing", async () => {
    const xml = envelope(request(world.wiki, ALICE + indexOf("session-2")));
    const answer = await world.landing.soapCall("/saml/slo", xml, { cookie: "gatehouse=other" });
    assert.equal(answer.headers.get("set-cookie"), null);
    assert.equal(statusOf(answer.body), "Success");
  });
});

describe("SA-49 a SOAP message that is refused gets a fault, and ends nothing", () => {
  const own = () => request(world.wiki, ALICE);
  const cases: readonly (readonly [string, number, string, () => string])[] = [
    [
      "without a signature, though it need not sign its sign-on requests",
      403,
      "saml.unsigned",
      () => envelope(logoutRequest(world.mail, world.id(), { body: ALICE })),
    ],
    [
      "signed by another application",
      403,
      "saml.signature",
      () => envelope(signed(logoutRequest(world.wiki, world.id(), { body: ALICE }), world.evil)),
    ],
    ["changed after signing", 403, "saml.signature", () => envelope(own().replace(">alice<", ">bob<"))],
    [
      "of nobody",
      403,
      "saml.issuer-unknown",
      () => envelope(own().replace("https://wiki.example.com/metadata", "https://no.example.com")),
    ],
    [
      "for another address",
      403,
      "saml.destination",
      () => envelope(request(world.wiki, ALICE, { Destination: "https://id.example.org/saml/sso" })),
    ],
    [
      "that is old",
      403,
      "saml.too-old",
      () => envelope(request(world.wiki, ALICE, { IssueInstant: "2026-03-04T11:00:00Z" })),
    ],
    ["without an envelope", 500, "saml.malformed", own],
    ["with two messages in the body", 500, "saml.malformed", () => envelope(own() + own())],
    ["with an empty body", 500, "saml.malformed", () => envelope("")],
    [
      "in an envelope of SOAP 1.2",
      500,
      "saml.malformed",
      () => envelope(own()).replace(/http:[^"]*envelope\//, "http://www.w3.org/2003/05/soap-envelope"),
    ],
    [
      "with two bodies",
      500,
      "saml.malformed",
      () => envelope(own()).replace("</S:Envelope>", "<S:Body><x/></S:Body></S:Envelope>"),
    ],
    [
      "with a header that must be understood",
      500,
      "saml.malformed",
      () => envelope(own(), '<S:Header><x S:mustUnderstand="1"/></S:Header>'),
    ],
    [
      "with the signed message in the header and another one in the body",
      403,
      "saml.signature",
      () => envelope(logoutRequest(world.wiki, "_forged", { body: ALICE }), `<S:Header>${own()}</S:Header>`),
    ],
    ["with a DOCTYPE", 500, "saml.xml", () => `<!DOCTYPE x>${envelope(own())}`],
    [
      "of another kind",
      500,
      "saml.wrong-message",
      () => envelope(own().replaceAll("samlp:LogoutRequest", "samlp:AuthnRequest")),
    ],
    ["that is no XML", 500, "saml.xml", () => "hello"],
  ];
  for (const [name, status, code, write] of cases) {
    test(`${name}: ${status}`, async () => {
      const answer = await world.landing.soapCall("/saml/slo", write());
      assert.deepEqual([answer.status, faultCode(answer.body)], [status, code], answer.body);
      assert.deepEqual(await alive(), [true, true]);
    });
  }

  test("SA-62 a second time: 403", async () => {
    const xml = request(world.wiki, ALICE + indexOf("session-2"));
    assert.equal((await call(xml)).status, 200);
    const again = await call(xml);
    assert.deepEqual([again.status, faultCode(again.body)], [403, "saml.replayed"]);
  });

  test("larger than 128 KiB: 413, and not read", async () => {
    const answer = await world.landing.soapCall("/saml/slo", envelope("x".repeat(131_073)));
    assert.equal(answer.status, 413);
    assert.equal(faultCode(answer.body), undefined);
  });

  test("the refusal stands in the audit trail", async () => {
    await call(logoutRequest(world.mail, world.id(), { body: ALICE }));
    await world.landing.flushAudit();
    const { items } = await world.landing.durable.audit.list({ limit: 5 });
    assert.deepEqual(
      items.map(({ action, targetId, address, detail }) => ({ action, targetId, address, detail })),
      [
        {
          action: "logout.refused",
          targetId: "app-mail",
          address: "192.0.2.9",
          detail: { protocol: "saml", code: "saml.unsigned" },
        },
      ],
    );
  });
});
