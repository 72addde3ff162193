import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Outbound } from "../../src/http/outbound.ts";
import type { SamlApplication } from "../../src/model/application.ts";
import { BINDING } from "../../src/saml/namespaces.ts";
import { soapPostOver } from "../../src/saml/soap-call.ts";
import { sourceIdOf, writeArtifact } from "../../src/saml/artifact.ts";
import {
  type Answering,
  artifactOf,
  artifactResponse,
  idOf,
  ResolutionService,
  soapAnswer,
} from "../attack/saml/artifacts.ts";
import { openWorld, stateOf, type World } from "../attack/saml/corpus.ts";
import { authnRequest, type Changes, signed, SLO, SSO, status } from "../attack/saml/service-provider.ts";
import { NOW_MS } from "../fixtures/saml/installation.ts";

let world: World;
let service: ResolutionService;
let outbound: Outbound;

beforeEach(async () => {
  world = await openWorld();
  service = await ResolutionService.open();
  outbound = new Outbound({ allowPrivateAddresses: true });
  world.landing.answerSoap = soapPostOver(outbound);
  service.answer = (request) => soapAnswer(signedAnswer(request));
  registered(service.of(world.wiki.application));
});
afterEach(async () => {
  await outbound.close();
  await service.close();
  await world.landing.close();
});

function registered(application: SamlApplication): void {
  world.landing.applications.set(application.id, application);
}

/** What wiki answers to our ArtifactResolve: signed, with a request in it. */
function signedAnswer(request: string, changes: Changes = {}): string {
  const { wiki, id } = world;
  return signed(artifactResponse(wiki, idOf(request), authnRequest(wiki, id()), changes), wiki);
}

const query = (artifact: string): string => `SAMLart=${encodeURIComponent(artifact)}`;
const get = async (raw = query(artifactOf(world.wiki))) => await world.landing.get("/saml/sso", raw);

async function refusedBeforeTheCall(raw: string, code: string): Promise<void> {
  const before = await stateOf(world);
  const landed = await get(raw);
  assert.deepEqual([landed.kind, landed.code, landed.status], ["problem", code, 400], JSON.stringify(landed));
  assert.equal(service.asked.length, 0);
  assert.deepEqual(await stateOf(world), before);
}

describe("SA-49 an artifact that makes us call nobody", () => {
  const handle = Buffer.alloc(20, 1);
  const cases: readonly (readonly [string, string, () => string])[] = [
    ["no base64", "saml.artifact", () => "???"],
    ["of another type", "saml.artifact", () => Buffer.alloc(44, 1).toString("base64")],
    ["cut short", "saml.artifact", () => artifactOf(world.wiki).slice(0, 40)],
    [
      "of nobody who is registered",
      "saml.artifact-source",
      () =>
        writeArtifact({ endpointIndex: 0, sourceId: sourceIdOf("https://nobody"), messageHandle: handle }),
    ],
    ["with another endpoint index", "saml.artifact-service", () => artifactOf(world.wiki, 1)],
    ["of an application without such a service", "saml.artifact-service", () => artifactOf(world.evil)],
  ];
  for (const [name, code, artifact] of cases) {
    test(`${name}: refused`, async () => {
      await refusedBeforeTheCall(query(artifact()), code);
    });
  }

  test("of an application that is switched off: refused", async () => {
    registered({ ...service.of(world.wiki.application), enabled: false });
    await refusedBeforeTheCall(query(artifactOf(world.wiki)), "saml.artifact-source");
  });

  test("of an application whose service takes no SOAP: refused", async () => {
    const { location } = service;
    const services = [{ binding: BINDING.redirect, location, index: 0 }];
    registered({ ...world.wiki.application, artifactResolutionServices: services });
    await refusedBeforeTheCall(query(artifactOf(world.wiki)), "saml.artifact-service");
  });

  test("SA-44 twice in one query: refused", async () => {
    const one = query(artifactOf(world.wiki));
    await refusedBeforeTheCall(`${one}&${one}`, "saml.parameters");
  });

  test("SA-44 beside a message: refused", async () => {
    await refusedBeforeTheCall(`${query(artifactOf(world.wiki))}&SAMLRequest=x`, "saml.parameters");
  });

  test("empty, or under a name that is percent-encoded, is no artifact: refused", async () => {
    await refusedBeforeTheCall("SAMLart=", "saml.no-message");
    await refusedBeforeTheCall(query(artifactOf(world.wiki)).replace("art", "%61rt"), "saml.no-message");
  });

  test("SA-80 with a RelayState of 5,000 bytes: refused", async () => {
    const raw = `${query(artifactOf(world.wiki))}&RelayState=${"x".repeat(5_000)}`;
    await refusedBeforeTheCall(raw, "saml.relay-state");
  });
});

describe("SA-49 an answer that is not one to our question", () => {
  const changed = (changes: Changes): Answering => {
    return (request) => soapAnswer(signedAnswer(request, changes));
  };
  const attribute = (name: string, value: string | undefined) => changed({ attributes: { [name]: value } });
  const hourAgo = new Date(NOW_MS - 3_600_000).toISOString();
  const cases: readonly (readonly [string, string, Answering])[] = [
    ["HTTP status 500", "saml.artifact-unresolved", () => ({ status: 500, body: "" })],
    ["HTTP status 404 with a page", "saml.artifact-unresolved", () => ({ status: 404, body: "<html/>" })],
    [
      "an HTTP error with a good message in it",
      "saml.artifact-unresolved",
      (request) => ({ ...soapAnswer(signedAnswer(request)), status: 500 }),
    ],
    ["no XML", "saml.xml", () => ({ status: 200, body: "gone" })],
    [
      "a message without an envelope",
      "saml.artifact-unresolved",
      (request) => ({ status: 200, body: signedAnswer(request) }),
    ],
    [
      "a SOAP fault",
      "saml.artifact-unresolved",
      () => soapAnswer("<S:Fault><faultcode>S:Server</faultcode></S:Fault>"),
    ],
    [
      "a header block that must be understood",
      "saml.artifact-unresolved",
      (request) => soapAnswer(signedAnswer(request), '<S:Header><x S:mustUnderstand="1"/></S:Header>'),
    ],
    [
      "two messages in the body",
      "saml.artifact-unresolved",
      (request) =>
        soapAnswer(
          signedAnswer(request) +
            signedAnswer(request).replaceAll("_artifact-", "_other-").replaceAll("_message", "_msg"),
        ),
    ],
    [
      "a message of another kind",
      "saml.artifact-unresolved",
      (request) => soapAnswer(signedAnswer(request).replaceAll("ArtifactResponse", "Response")),
    ],
    [
      "SA-20 a DOCTYPE",
      "saml.xml",
      (request) => ({ status: 200, body: `<!DOCTYPE x>${soapAnswer(signedAnswer(request)).body}` }),
    ],
    ["SA-22 more than 64 KiB", "saml.artifact-unresolved", () => ({ status: 200, body: "x".repeat(70_000) })],
    ["SA-24 501 elements", "saml.too-large", () => soapAnswer("<x/>".repeat(501))],
    [
      "SA-22 a packed body",
      "saml.artifact-unresolved",
      (request) => ({ ...soapAnswer(signedAnswer(request)), headers: { "content-encoding": "gzip" } }),
    ],
    ["another InResponseTo", "saml.artifact-unresolved", attribute("InResponseTo", "_other")],
    ["no InResponseTo", "saml.malformed", attribute("InResponseTo", undefined)],
    [
      "SA-45 a Destination elsewhere",
      "saml.destination",
      attribute("Destination", "https://evil.example.net/"),
    ],
    ["SA-45 our other endpoint as Destination", "saml.destination", attribute("Destination", SLO)],
    ["SA-58 Version 1.1", "saml.version", attribute("Version", "1.1")],
    ["SA-46 an IssueInstant an hour ago", "saml.too-old", attribute("IssueInstant", hourAgo)],
    ["no ID", "saml.signature", attribute("ID", undefined)],
    [
      "the Issuer of another application",
      "saml.artifact-unresolved",
      changed({ issuer: "https://mail.example.com/metadata" }),
    ],
    [
      "a status that is no success",
      "saml.artifact-unresolved",
      changed({ body: status("Requester", "RequestDenied") }),
    ],
    ["no status", "saml.malformed", changed({ body: "" })],
    ["a status without a code", "saml.malformed", changed({ body: "<samlp:Status/>" })],
    [
      "nothing inside: the artifact is not known there",
      "saml.artifact-unresolved",
      (request) => soapAnswer(signed(artifactResponse(world.wiki, idOf(request), ""), world.wiki)),
    ],
    [
      "SA-43 a message of another application, signed by that one",
      "saml.artifact-unresolved",
      (request) => {
        const { wiki, mail, id } = world;
        return soapAnswer(artifactResponse(wiki, idOf(request), signed(authnRequest(mail, id()), mail)));
      },
    ],
  ];
  for (const [name, code, answer] of cases) {
    test(`${name}: refused, and nothing is changed`, async () => {
      service.answer = answer;
      const before = await stateOf(world);
      const landed = await get();
      assert.deepEqual([landed.kind, landed.code], ["problem", code], JSON.stringify(landed));
      assert.equal(landed.status, expectedStatus(code));
      assert.equal(service.asked.length, 1);
      assert.deepEqual(await stateOf(world), before);
      assert.deepEqual(landed.cookies, []);
    });
  }

  test("with the endpoint that the artifact came to as Destination it is accepted", async () => {
    service.answer = attribute("Destination", SSO);
    assert.equal((await get()).kind, "go");
  });
});

function expectedStatus(code: string): number {
  if (code === "saml.artifact-unresolved") return 502;
  return code === "saml.too-large" ? 413 : 400;
}

describe("SA-78 the call to the application", () => {
  test("goes to no address inside, unless that is allowed: refused without a connection", async () => {
    const guarded = new Outbound({ allowPrivateAddresses: false });
    world.landing.answerSoap = soapPostOver(guarded);
    assert.equal((await get()).code, "saml.artifact-unresolved");
    assert.equal(service.asked.length, 0);
    await guarded.close();
  });

  test("follows no redirect", async () => {
    const elsewhere = await ResolutionService.open();
    service.answer = () => ({ status: 307, body: "", headers: { location: elsewhere.location } });
    assert.equal((await get()).code, "saml.artifact-unresolved");
    assert.equal(elsewhere.asked.length, 0);
    await elsewhere.close();
  });

  test("that nobody takes is refused, in the words of one that got no answer", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const address = closed.address();
    assert.ok(address !== null && typeof address === "object");
    closed.close();
    await once(closed, "close");
    const location = `http://127.0.0.1:${address.port}/artifact`;
    registered({
      ...world.wiki.application,
      artifactResolutionServices: [{ binding: BINDING.soap, location, index: 0 }],
    });
    const landed = await get();
    assert.equal(landed.code, "saml.artifact-unresolved");
    assert.match(landed.facts?.[0]?.value ?? "", /did not answer in time/);
    assert.ok(!JSON.stringify(landed.facts).includes("ECONNREFUSED"));
  });
});

describe("SA-46 an artifact counts once", () => {
  test("the second time is refused, though the application would answer again", async () => {
    const raw = query(artifactOf(world.wiki));
    assert.equal((await get(raw)).kind, "go");
    assert.equal((await get(raw)).code, "saml.replayed");
    assert.equal(world.landing.started.length, 1);
  });

  test("of eight that come at once, one goes on", async () => {
    const raw = query(artifactOf(world.wiki));
    const landed = await Promise.all(Array.from({ length: 8 }, async () => await get(raw)));
    assert.deepEqual(landed.map(({ code, kind }) => code ?? kind).sort(), [
      "go",
      ...Array.from({ length: 7 }, () => "saml.replayed"),
    ]);
  });
});

test("a refusal names the application on its page and in the audit trail", async () => {
  service.answer = () => ({ status: 503, body: "" });
  const landed = await get();
  assert.equal(landed.title, "wiki could not log you in");
  await world.landing.flushAudit();
  const { items } = await world.landing.durable.audit.list({ limit: 10 });
  const [event] = items.filter(({ action }) => action === "sign-on.refused");
  assert.equal(event?.targetId, "app-wiki");
  assert.partialDeepStrictEqual(event.detail, { protocol: "saml", code: "saml.artifact-unresolved" });
});
