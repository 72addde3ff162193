import assert from "node:assert/strict";
import { type KeyObject, sign, verify } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { SignOnRequest } from "../../src/model/sign-on-request.ts";
import { BINDING } from "../../src/saml/namespaces.ts";
import { samlWire } from "../../src/saml/request-wire.ts";
import { openWorld, type World } from "../attack/saml/corpus.ts";
import { authnRequest, RSA_SHA256, type ServiceProvider } from "../attack/saml/service-provider.ts";
import {
  account,
  keyRingOf,
  samlApplication,
  samlResponder,
  session,
  signingKey,
  signOnRequest,
} from "../fixtures/saml/installation.ts";
import { posted, responded } from "../fixtures/saml/reading.ts";

const relayStateOf = (request: SignOnRequest | undefined) =>
  request === undefined ? "no request" : samlWire(request).relayState;

const KEY = signingKey("RSA-2048");

async function answered(relayState?: string) {
  const wire = { acsBinding: BINDING.simpleSign, relayState };
  const made = await samlResponder(keyRingOf(KEY)).respond({
    request: signOnRequest(wire),
    application: samlApplication(),
    account: account(),
    session: session(),
    grant: undefined,
    scopes: [],
  });
  return posted(responded(made).reply);
}

/** As a service provider checks it: over the document, and not over its base64. */
function isSigned(fields: Readonly<Record<string, string>>, relayState = fields["RelayState"]): boolean {
  const document = Buffer.from(fields["SAMLResponse"] ?? "", "base64").toString();
  const state = relayState === undefined ? "" : `&RelayState=${relayState}`;
  const octets = `SAMLResponse=${document}${state}&SigAlg=${fields["SigAlg"] ?? ""}`;
  return verify(
    "sha256",
    Buffer.from(octets),
    KEY.publicKey,
    Buffer.from(fields["Signature"] ?? "", "base64"),
  );
}

describe("an answer by HTTP-POST-SimpleSign", () => {
  test("is signed beside the form, with RelayState and SigAlg in the signature", async () => {
    const fields = await answered("/wiki/A+B C&x=%2B");
    assert.deepEqual(Object.keys(fields), ["SAMLResponse", "RelayState", "SigAlg", "Signature"]);
    assert.equal(fields["SigAlg"], RSA_SHA256);
    assert.ok(isSigned(fields));
    assert.ok(!isSigned(fields, "/other"));
  });

  test("has no RelayState in the form or the signature where none came", async () => {
    const fields = await answered();
    assert.deepEqual(Object.keys(fields), ["SAMLResponse", "SigAlg", "Signature"]);
    assert.ok(isSigned(fields));
    assert.ok(!isSigned(fields, ""));
  });

  test("has its assertion signed as well", async () => {
    const document = Buffer.from((await answered())["SAMLResponse"] ?? "", "base64").toString();
    assert.match(document, /<saml:Assertion [^>]*><saml:Issuer>[^<]*<\/saml:Issuer><ds:Signature /);
  });

  test("says why there is no assertion in the same way", async () => {
    const request = signOnRequest({ acsBinding: BINDING.simpleSign });
    const reply = await samlResponder(keyRingOf(KEY)).refuse(request, samlApplication(), "login-required");
    assert.ok(isSigned(posted(reply)));
  });
});

describe("a request by HTTP-POST-SimpleSign", () => {
  let world: World;

  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(async () => {
    await world.landing.close();
  });

  interface Choices {
    readonly relayState?: string;
    readonly key?: KeyObject;
    readonly sigAlg?: string;
    /** What is sent, where it is not what was signed. */
    readonly sent?: Readonly<Record<string, string>>;
  }

  function form(sp: ServiceProvider, choices: Choices = {}): string {
    const { relayState, key = sp.privateKey, sigAlg = RSA_SHA256, sent = {} } = choices;
    const xml = authnRequest(sp, world.id());
    const state = relayState === undefined ? "" : `&RelayState=${relayState}`;
    const octets = Buffer.from(`SAMLRequest=${xml}${state}&SigAlg=${sigAlg}`);
    const fields = {
      SAMLRequest: Buffer.from(xml).toString("base64"),
      ...(relayState === undefined ? {} : { RelayState: relayState }),
      SigAlg: sigAlg,
      Signature: sign("sha256", octets, key).toString("base64"),
      ...sent,
    };
    return new URLSearchParams(fields).toString();
  }

  test("counts as signed, and its RelayState comes along", async () => {
    const landed = await world.landing.post("/saml/sso", form(world.wiki, { relayState: "a&b=c+d" }));
    assert.equal(landed.kind, "go", JSON.stringify(landed));
    assert.equal(relayStateOf(world.landing.started[0]?.request), "a&b=c+d");
  });

  test("need not have a RelayState", async () => {
    assert.equal((await world.landing.post("/saml/sso", form(world.wiki))).kind, "go");
  });

  const cases: readonly (readonly [string, string, () => string])[] = [
    [
      "signed by another application",
      "saml.signature",
      () => form(world.wiki, { key: world.evil.privateKey }),
    ],
    [
      "whose RelayState was changed",
      "saml.signature",
      () => form(world.wiki, { relayState: "a", sent: { RelayState: "b" } }),
    ],
    ["whose RelayState was added", "saml.signature", () => form(world.wiki, { sent: { RelayState: "b" } })],
    [
      "whose message was changed",
      "saml.signature",
      () =>
        form(world.wiki, {
          sent: { SAMLRequest: Buffer.from(authnRequest(world.wiki, "_other")).toString("base64") },
        }),
    ],
    ["with an empty Signature", "saml.signature", () => form(world.wiki, { sent: { Signature: "" } })],
    [
      "with a Signature that is no base64",
      "saml.signature",
      () => form(world.wiki, { sent: { Signature: "?" } }),
    ],
    [
      "SA-31 with SHA-1",
      "saml.signature-algorithm",
      () => form(world.wiki, { sigAlg: "http://www.w3.org/2000/09/xmldsig#rsa-sha1" }),
    ],
    [
      "SA-31 with an unknown SigAlg",
      "saml.signature-algorithm",
      () => form(world.wiki, { sigAlg: "x#sha256" }),
    ],
    ["SA-44 with two Signatures", "saml.parameters", () => `${form(world.wiki)}&Signature=AAAA`],
    [
      "of an application that need not sign, wrongly signed",
      "saml.signature",
      () => form(world.mail, { key: world.evil.privateKey }),
    ],
  ];
  for (const [name, code, write] of cases) {
    test(`${name}: refused`, async () => {
      const landed = await world.landing.post("/saml/sso", write());
      assert.deepEqual([landed.kind, landed.code], ["problem", code]);
      assert.deepEqual(world.landing.started, []);
    });
  }
});
