import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Outbound } from "../../src/http/outbound.ts";
import { soapPostOver } from "../../src/saml/soap-call.ts";
import {
  artifactOf,
  artifactResponse,
  idOf,
  ResolutionService,
  soapAnswer,
} from "../attack/saml/artifacts.ts";
import { ALICE, openWorld, type World } from "../attack/saml/corpus.ts";
import {
  authnRequest,
  logoutRequest,
  type ServiceProvider,
  signed,
  SLO,
} from "../attack/saml/service-provider.ts";
import { ENTITY_ID } from "../fixtures/saml/installation.ts";
import {
  judgesPresent,
  schemaErrors,
  temporaryFolder,
  writeDocuments,
  xmlsecFailures,
} from "../fixtures/saml/judges.ts";
import { attributeOf } from "./answers.ts";

let world: World;
let service: ResolutionService;
let outbound: Outbound;

beforeEach(async () => {
  world = await openWorld();
  service = await ResolutionService.open();
  outbound = new Outbound({ allowPrivateAddresses: true });
  world.landing.answerSoap = soapPostOver(outbound);
  for (const { application } of [world.wiki, world.mail]) {
    world.landing.applications.set(application.id, service.of(application));
  }
});
afterEach(async () => {
  await outbound.close();
  await service.close();
  await world.landing.close();
});

const query = (artifact: string, relayState?: string): string =>
  `SAMLart=${encodeURIComponent(artifact)}${relayState === undefined ? "" : `&RelayState=${encodeURIComponent(relayState)}`}`;

/** Answers with this message; `around` is the last that is done to the ArtifactResponse. */
function holds(sp: ServiceProvider, message: string, around: (xml: string) => string = (xml) => xml): void {
  service.answer = (request) => soapAnswer(around(artifactResponse(sp, idOf(request), message)));
}

const get = async (sp: ServiceProvider, relayState?: string) =>
  await world.landing.get("/saml/sso", query(artifactOf(sp), relayState));

describe("a sign-on request by artifact", () => {
  test("is fetched from the application and goes on as any other, with its RelayState", async () => {
    const { wiki, landing, id } = world;
    const requestId = id();
    holds(wiki, signed(authnRequest(wiki, requestId, { attributes: { ForceAuthn: "true" } }), wiki));
    const landed = await get(wiki, "/A+B&x=%2B");
    assert.deepEqual([landed.kind, landed.location], ["go", "/start"], JSON.stringify(landed));
    const [{ request } = { request: undefined }] = landing.started;
    assert.equal(request?.applicationId, wiki.application.id);
    assert.equal(request.reauthenticate, true);
    assert.partialDeepStrictEqual(request.wire, { requestId, relayState: "/A+B&x=%2B" });
  });

  test("is found by an index that is spelled in digits, as pysaml2 writes it", async () => {
    const { wiki, landing, id } = world;
    holds(wiki, signed(authnRequest(wiki, id()), wiki));
    const spelled = Buffer.from("00").readUInt16BE();
    const landed = await landing.get("/saml/sso", query(artifactOf(wiki, spelled)));
    assert.equal(landed.kind, "go", JSON.stringify(landed));
  });

  test("by POST without a cookie is parked first, as every message of another site", async () => {
    const { wiki, landing, id } = world;
    holds(wiki, signed(authnRequest(wiki, id()), wiki));
    landing.visitor = {};
    const landed = await landing.post("/saml/sso", query(artifactOf(wiki)));
    assert.deepEqual([landed.kind, landed.location], ["go", "/park"], JSON.stringify(landed));
  });

  test("is asked for with one signed ArtifactResolve that names its receiver and the artifact", async (t) => {
    const { wiki, landing, id } = world;
    holds(wiki, signed(authnRequest(wiki, id()), wiki));
    const artifact = artifactOf(wiki);
    await landing.get("/saml/sso", query(artifact));
    assert.equal(service.asked.length, 1);
    const [{ body, soapAction } = { body: "", soapAction: "" }] = service.asked;
    assert.equal(soapAction, '"http://www.oasis-open.org/committees/security"');
    assert.equal(attributeOf(body, "Destination"), service.location);
    assert.match(body, new RegExp(`<saml:Issuer [^>]*>${ENTITY_ID}</saml:Issuer><ds:Signature`));
    assert.ok(body.includes(`<samlp:Artifact>${artifact}</samlp:Artifact>`));
    if (!judgesPresent(t)) return;
    const folder = temporaryFolder(t);
    const paths = writeDocuments(folder, [body]);
    assert.equal(schemaErrors(folder, paths), "");
    const { certificate } = landing.keyRing.active("RSA-2048");
    assert.deepEqual(xmlsecFailures(folder, paths, certificate, "ArtifactResolve"), []);
  });
});

describe("what vouches for a request by artifact, where requests must be signed", () => {
  const cases: readonly (readonly [string, (sp: ServiceProvider) => void, string])[] = [
    ["its own signature", (sp) => holds(sp, signed(authnRequest(sp, world.id()), sp)), "go"],
    [
      "the signature of the ArtifactResponse around it",
      (sp) => holds(sp, authnRequest(sp, world.id()), (xml) => signed(xml, sp)),
      "go",
    ],
    [
      "both signatures",
      (sp) => holds(sp, signed(authnRequest(sp, world.id()), sp), (xml) => signed(xml, sp)),
      "go",
    ],
    ["nothing but the connection: refused", (sp) => holds(sp, authnRequest(sp, world.id())), "saml.unsigned"],
    [
      "its own signature, broken, in an ArtifactResponse that is signed: refused",
      (sp) => {
        const broken = signed(authnRequest(sp, world.id()), sp).replace('Version="2.0"', 'Version="2.1"');
        holds(sp, broken, (xml) => signed(xml, sp));
      },
      "saml.signature",
    ],
    [
      "the signature of an ArtifactResponse by another application: refused",
      (sp) => holds(sp, authnRequest(sp, world.id()), (xml) => signed(xml, world.evil)),
      "saml.signature",
    ],
  ];
  for (const [name, hold, expected] of cases) {
    test(name, async () => {
      hold(world.wiki);
      const landed = await get(world.wiki);
      assert.equal(landed.code ?? landed.kind, expected, JSON.stringify(landed));
      assert.equal(world.landing.started.length, expected === "go" ? 1 : 0);
    });
  }

  test("an application whose requests need no signature needs none here", async () => {
    holds(world.mail, authnRequest(world.mail, world.id()));
    assert.equal((await get(world.mail)).kind, "go");
  });

  test("a signed request needs no Destination, because its sender handed it to us", async () => {
    const { wiki, id } = world;
    holds(wiki, signed(authnRequest(wiki, id(), { attributes: { Destination: undefined } }), wiki));
    assert.equal((await get(wiki)).kind, "go");
  });

  test("a Destination that is another one's is refused all the same", async () => {
    const { wiki, id } = world;
    holds(wiki, signed(authnRequest(wiki, id(), { attributes: { Destination: SLO } }), wiki));
    assert.equal((await get(wiki)).code, "saml.destination");
  });
});

describe("a logout request by artifact", () => {
  test("ends the session of the person, and the answer goes back by Redirect", async () => {
    const { wiki, landing, id } = world;
    holds(wiki, logoutRequest(wiki, id(), { body: ALICE }), (xml) => signed(xml, wiki));
    const landed = await landing.get("/saml/slo", query(artifactOf(wiki), "back"));
    assert.notEqual(landed.kind, "problem", JSON.stringify(landed));
    assert.equal(await landing.sessions.exists("session-1"), false);
  });

  test("without a signature ends nothing", async () => {
    const { wiki, landing, id } = world;
    holds(wiki, logoutRequest(wiki, id(), { body: ALICE }));
    const landed = await landing.get("/saml/slo", query(artifactOf(wiki)));
    assert.equal(landed.code, "saml.unsigned");
    assert.equal(await landing.sessions.exists("session-1"), true);
  });

  test("at the sign-on endpoint is a message of another kind: refused", async () => {
    const { wiki, id } = world;
    const asked = logoutRequest(wiki, id(), { body: ALICE });
    holds(wiki, asked, (xml) => signed(xml, wiki));
    assert.equal((await get(wiki)).code, "saml.wrong-message");
  });
});
