import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { readArtifact, sourceIdOf, writeArtifact } from "../../src/saml/artifact.ts";
import { BINDING, SAML, SAMLP } from "../../src/saml/namespaces.ts";
import { openWorld, type World } from "../attack/saml/corpus.ts";
import { type ServiceProvider, signed } from "../attack/saml/service-provider.ts";
import {
  account,
  ENTITY_ID,
  NOW_MS,
  samlResponder,
  session,
  signOnRequest,
} from "../fixtures/saml/installation.ts";
import {
  judgesPresent,
  schemaErrors,
  temporaryFolder,
  writeDocuments,
  xmlsecFailures,
} from "../fixtures/saml/judges.ts";
import { responded } from "../fixtures/saml/reading.ts";
import { attributeOf, statusOf } from "./answers.ts";
import { envelope, faultCode } from "./soap-messages.ts";

let world: World;

beforeEach(async () => {
  world = await openWorld();
});
afterEach(async () => {
  await world.landing.close();
});

const ACS = "https://wiki.example.com/acs/artifact";

/** Where the browser is sent with the answer to a request of wiki. */
async function sentTo(relayState?: string): Promise<URL> {
  const { artifacts, keyRing } = world.landing;
  const made = await samlResponder(keyRing, { artifacts }).respond({
    request: signOnRequest({ acsBinding: BINDING.artifact, relayState }, ACS),
    application: { ...world.wiki.application, signResponse: true },
    account: account(),
    session: session(),
    grant: undefined,
    scopes: [],
  });
  const { reply } = responded(made);
  assert.equal(reply.kind, "redirect");
  return new URL(reply.kind === "redirect" ? reply.location : "");
}

async function issued(): Promise<string> {
  return (await sentTo()).searchParams.get("SAMLart") ?? "";
}

function resolve(sp: ServiceProvider, artifact: string, instantMs = NOW_MS): string {
  return `<samlp:ArtifactResolve xmlns:samlp="${SAMLP}" xmlns:saml="${SAML}" ID="${world.id()}" Version="2.0" IssueInstant="${new Date(instantMs).toISOString()}"><saml:Issuer>${sp.application.entityId}</saml:Issuer><samlp:Artifact>${artifact}</samlp:Artifact></samlp:ArtifactResolve>`;
}

const call = async (xml: string) => await world.landing.soapCall("/saml/artifact", envelope(xml));
const fetchBy = async (sp: ServiceProvider, artifact: string) =>
  await call(signed(resolve(sp, artifact), sp));
const holdsResponse = (body: string): boolean => body.includes("<samlp:Response ");

describe("an answer by HTTP-Artifact", () => {
  test("sends the browser to the application with an artifact of type 4, and nothing of the answer in the address", async () => {
    const url = await sentTo("/A+B&x=%2B");
    assert.equal(url.origin + url.pathname, ACS);
    assert.deepEqual([...url.searchParams.keys()], ["SAMLart", "RelayState"]);
    assert.equal(url.searchParams.get("RelayState"), "/A+B&x=%2B");
    const artifact = readArtifact(url.searchParams.get("SAMLart") ?? "");
    assert.equal(artifact?.endpointIndex, 0);
    assert.deepEqual(artifact.sourceId, sourceIdOf(ENTITY_ID));
    assert.equal(artifact.messageHandle.length, 20);
  });

  test("is fetched by the application, whole and signed, inside a signed ArtifactResponse", async (t) => {
    const answer = await fetchBy(world.wiki, await issued());
    assert.equal(answer.status, 200);
    assert.equal(statusOf(answer.body), "Success, Success");
    assert.equal(attributeOf(answer.body, "InResponseTo"), "_message-1");
    assert.match(
      answer.body,
      /<samlp:Response [^>]*Destination="https:\/\/wiki\.example\.com\/acs\/artifact"/,
    );
    if (!judgesPresent(t)) return;
    const folder = temporaryFolder(t);
    const { certificate } = world.landing.keyRing.active("RSA-2048");
    const inner = /<samlp:Response .*<\/samlp:Response>/s.exec(answer.body)?.[0] ?? "";
    const paths = writeDocuments(folder, [answer.body, inner]);
    assert.equal(schemaErrors(folder, paths), "");
    assert.deepEqual(xmlsecFailures(folder, paths.slice(0, 1), certificate, "ArtifactResponse"), []);
    // As the application reads it once it has taken it out.
    assert.deepEqual(xmlsecFailures(folder, paths.slice(1), certificate, "Response"), []);
  });

  test("says in the same way why there is no assertion", async () => {
    const { artifacts, keyRing } = world.landing;
    const request = signOnRequest({ acsBinding: BINDING.artifact }, ACS);
    const reply = await samlResponder(keyRing, { artifacts }).refuse(
      request,
      world.wiki.application,
      "login-required",
    );
    const location = reply.kind === "redirect" ? reply.location : "";
    const answer = await fetchBy(world.wiki, new URL(location).searchParams.get("SAMLart") ?? "");
    assert.equal(statusOf(answer.body), "Success, Responder, NoPassive");
  });
});

describe("SA-49 an artifact that is not given out is answered with Success and nothing in it", () => {
  test("the second time", async () => {
    const artifact = await issued();
    assert.ok(holdsResponse((await fetchBy(world.wiki, artifact)).body));
    const again = await fetchBy(world.wiki, artifact);
    assert.deepEqual([again.status, statusOf(again.body)], [200, "Success"]);
    assert.ok(!holdsResponse(again.body));
  });

  test("of two that ask at once, one gets it", async () => {
    const artifact = await issued();
    const answers = await Promise.all([1, 2, 3, 4].map(async () => await fetchBy(world.wiki, artifact)));
    assert.equal(answers.filter(({ body }) => holdsResponse(body)).length, 1);
  });

  test("to another application, which does not use it up either", async () => {
    const artifact = await issued();
    const stolen = await fetchBy(world.evil, artifact);
    assert.deepEqual([stolen.status, statusOf(stolen.body)], [200, "Success"]);
    assert.ok(!holdsResponse(stolen.body));
    assert.ok(holdsResponse((await fetchBy(world.wiki, artifact)).body));
  });

  test("after a minute", async () => {
    const artifact = await issued();
    world.landing.clock.advance(60_001);
    assert.ok(!holdsResponse((await fetchBy(world.wiki, artifact)).body));
  });

  test("to an application that was switched off meanwhile", async () => {
    const artifact = await issued();
    world.landing.applications.set("app-wiki", { ...world.wiki.application, enabled: false });
    assert.ok(!holdsResponse((await fetchBy(world.wiki, artifact)).body));
  });

  const handle = Buffer.alloc(20, 1);
  for (const [name, artifact] of [
    [
      "of nobody's",
      writeArtifact({ endpointIndex: 0, sourceId: sourceIdOf(ENTITY_ID), messageHandle: handle }),
    ],
    ["that is no base64", "???"],
    ["that is empty", ""],
    ["of another type", Buffer.concat([Buffer.from([0, 1, 0, 0]), Buffer.alloc(40, 1)]).toString("base64")],
    ["that is cut short", Buffer.concat([Buffer.from([0, 4, 0, 0]), Buffer.alloc(39, 1)]).toString("base64")],
  ] as const) {
    test(`one ${name}`, async () => {
      const answer = await fetchBy(world.wiki, artifact);
      assert.ok(!holdsResponse(answer.body));
      assert.ok(
        answer.status === 200 ? statusOf(answer.body) === "Success" : faultCode(answer.body) !== undefined,
      );
    });
  }

  for (const [name, change] of [
    ["another source", { sourceId: sourceIdOf("https://other.example/idp") }],
    ["another endpoint index", { endpointIndex: 1 }],
  ] as const) {
    test(`one of ours with ${name}, and it stays to be fetched`, async () => {
      const text = await issued();
      const artifact = readArtifact(text);
      assert.ok(artifact !== undefined);
      assert.ok(!holdsResponse((await fetchBy(world.wiki, writeArtifact({ ...artifact, ...change }))).body));
      assert.ok(holdsResponse((await fetchBy(world.wiki, text)).body));
    });
  }
});

describe("SA-49 an ArtifactResolve that is refused gets a fault, and the artifact stays", () => {
  const cases: readonly (readonly [string, number, string, (artifact: string) => string])[] = [
    ["without a signature", 403, "saml.unsigned", (artifact) => envelope(resolve(world.wiki, artifact))],
    [
      "signed by another application",
      403,
      "saml.signature",
      (artifact) => envelope(signed(resolve(world.wiki, artifact), world.evil)),
    ],
    [
      "that is an hour old",
      403,
      "saml.too-old",
      (artifact) => envelope(signed(resolve(world.wiki, artifact, NOW_MS - 3_600_000), world.wiki)),
    ],
    [
      "whose artifact was changed after signing",
      403,
      "saml.signature",
      (artifact) =>
        envelope(signed(resolve(world.wiki, artifact), world.wiki).replace(artifact, `${artifact}A`)),
    ],
    [
      "without an envelope",
      500,
      "saml.malformed",
      (artifact) => signed(resolve(world.wiki, artifact), world.wiki),
    ],
    [
      "with a DOCTYPE",
      500,
      "saml.xml",
      (artifact) => `<!DOCTYPE x>${envelope(signed(resolve(world.wiki, artifact), world.wiki))}`,
    ],
    [
      "with two artifacts",
      500,
      "saml.malformed",
      (artifact) => {
        const twice = resolve(world.wiki, artifact).replace(
          /<samlp:Artifact>.*<\/samlp:Artifact>/,
          (one) => one + one,
        );
        return envelope(signed(twice, world.wiki));
      },
    ],
    [
      "of another kind",
      500,
      "saml.wrong-message",
      (artifact) => envelope(resolve(world.wiki, artifact).replaceAll("ArtifactResolve", "AuthnRequest")),
    ],
  ];
  for (const [name, status, code, write] of cases) {
    test(`${name}: ${status}`, async () => {
      const artifact = await issued();
      const answer = await world.landing.soapCall("/saml/artifact", write(artifact));
      assert.deepEqual([answer.status, faultCode(answer.body)], [status, code], answer.body);
      assert.ok(holdsResponse((await fetchBy(world.wiki, artifact)).body));
    });
  }

  test("the same one twice: 403", async () => {
    const xml = signed(resolve(world.wiki, await issued()), world.wiki);
    assert.equal((await call(xml)).status, 200);
    const again = await call(xml);
    assert.deepEqual([again.status, faultCode(again.body)], [403, "saml.replayed"]);
  });

  test("larger than 128 KiB: 413", async () => {
    assert.equal((await call("x".repeat(131_073))).status, 413);
  });
});
