import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { type LogoutDestination, type LogoutMessage, LogoutMessages } from "../../src/saml/logout-message.ts";
import type { NameId } from "../../src/saml/name-id.ts";
import { NAME_ID } from "../../src/saml/namespaces.ts";
import { SUCCESS } from "../../src/saml/status.ts";
import {
  countingRandom,
  ENTITY_ID,
  ISSUER,
  keyRingOf,
  NOW_MS,
  samlApplication,
  signingKey,
} from "../fixtures/saml/installation.ts";
import {
  canonicalised,
  judgesPresent,
  schemaErrors,
  temporaryFolder,
  writeDocuments,
  xmlsecFailures,
} from "../fixtures/saml/judges.ts";
import { childNames, elements, only, parsed, textOf } from "../fixtures/saml/reading.ts";

const KEY = signingKey("RSA-2048");
const SLO = "https://app.example.com/saml/slo";
const NAMEID: NameId = {
  format: NAME_ID.persistent,
  value: "<alice>\u0085",
  nameQualifier: ENTITY_ID,
  spNameQualifier: "https://app.example.com/saml/metadata",
};
const CONTENT = { nameId: NAMEID, sessionIndexes: ["_one", "_two"] };

function messages(): LogoutMessages {
  return new LogoutMessages({
    issuer: ISSUER,
    keyRing: keyRingOf(KEY),
    random: countingRandom(),
    clock: { nowMs: () => NOW_MS },
  });
}

function to(binding: LogoutDestination["binding"], relayState?: string): LogoutDestination {
  return { application: samlApplication(), binding, location: SLO, relayState };
}

/** The XML inside, in whatever form the binding gave it. */
function documentOf(message: LogoutMessage): string {
  switch (message.kind) {
    case "get": {
      const query = new URL(message.url).searchParams;
      const value = query.get("SAMLRequest") ?? query.get("SAMLResponse") ?? "";
      return inflateRawSync(Buffer.from(value, "base64")).toString("utf8");
    }
    case "post": {
      const value = message.fields["SAMLRequest"] ?? message.fields["SAMLResponse"] ?? "";
      return Buffer.from(value, "base64").toString("utf8");
    }
    case "soap":
      return message.body;
    default:
      return message satisfies never;
  }
}

const BINDINGS = ["redirect", "post", "soap"] as const;

for (const binding of BINDINGS) {
  test(`a LogoutRequest by ${binding} is accepted by the OASIS schemas, is canonical, and says what it must`, (t) => {
    if (!judgesPresent(t)) return;
    const { message, messageId } = messages().request(to(binding), CONTENT);
    const folder = temporaryFolder(t);
    const document = documentOf(message);
    const paths = writeDocuments(folder, [document]);
    assert.equal(schemaErrors(folder, paths), "");
    assert.equal(canonicalised(folder, document), document.replace("&#x85;", "\u0085"));
    const root = parsed(document);
    const request = binding === "soap" ? only(root, "LogoutRequest") : root;
    assert.equal(request.getAttribute("ID"), messageId);
    assert.equal(request.getAttribute("Destination"), SLO);
    assert.equal(request.getAttribute("NotOnOrAfter"), new Date(NOW_MS + 300_000).toISOString());
    assert.equal(textOf(request, "Issuer"), ENTITY_ID);
    assert.equal(textOf(request, "NameID"), NAMEID.value);
    assert.equal(only(request, "NameID").getAttribute("Format"), NAMEID.format);
    assert.equal(only(request, "NameID").getAttribute("NameQualifier"), NAMEID.nameQualifier);
    assert.equal(only(request, "NameID").getAttribute("SPNameQualifier"), NAMEID.spNameQualifier);
    assert.deepEqual(
      elements(request, "SessionIndex").map((index) => index.textContent),
      ["_one", "_two"],
    );
  });

  test(`a LogoutResponse by ${binding} is accepted by the OASIS schemas and names the request and the status`, (t) => {
    if (!judgesPresent(t)) return;
    const status = { top: "Success", second: "PartialLogout" } as const;
    const document = documentOf(messages().response(to(binding), { inResponseTo: "_asked", status }));
    const folder = temporaryFolder(t);
    assert.equal(schemaErrors(folder, writeDocuments(folder, [document])), "");
    const root = parsed(document);
    const response = binding === "soap" ? only(root, "LogoutResponse") : root;
    assert.equal(response.getAttribute("InResponseTo"), "_asked");
    const codes = elements(response, "StatusCode").map((code) =>
      code.getAttribute("Value")?.replace(/.*:/, ""),
    );
    assert.deepEqual(codes, ["Success", "PartialLogout"]);
  });
}

for (const binding of ["post", "soap"] as const) {
  for (const algorithm of ["rsa-sha256", "rsa-sha512"] as const) {
    test(`by ${binding} the message is signed by ${algorithm}, directly after Issuer, and xmlsec1 accepts it`, (t) => {
      if (!judgesPresent(t)) return;
      const application = samlApplication({ signatureAlgorithm: algorithm });
      const destination = { ...to(binding), application };
      const folder = temporaryFolder(t);
      const request = documentOf(messages().request(destination, CONTENT).message);
      const response = documentOf(messages().response(destination, { inResponseTo: "_a", status: SUCCESS }));
      const [requestPath = "", responsePath = ""] = writeDocuments(folder, [request, response]);
      assert.deepEqual(xmlsecFailures(folder, [requestPath], KEY.certificate, "LogoutRequest"), []);
      assert.deepEqual(xmlsecFailures(folder, [responsePath], KEY.certificate, "LogoutResponse"), []);
      const element = elements(parsed(request), "LogoutRequest")[0] ?? parsed(request);
      assert.deepEqual(childNames(element).slice(0, 2), ["saml:Issuer", "ds:Signature"]);
    });
  }
}

test("by redirect the query is signed and the message is not: an enveloped signature must be removed there", () => {
  const { message } = messages().request(to("redirect"), CONTENT);
  assert.doesNotMatch(documentOf(message), /Signature/);
  assert.match(message.kind === "get" ? message.url : "", /&Signature=/);
});

const RELAY_STATES = ["", "/wiki/A+B C&x=%2B"];

for (const relayState of RELAY_STATES) {
  test(`B19 RelayState ${JSON.stringify(relayState)} goes back as it came, by redirect and by post`, () => {
    const content = { inResponseTo: "_a", status: SUCCESS };
    const get = messages().response(to("redirect", relayState), content);
    assert.equal(get.kind === "get" && new URL(get.url).searchParams.get("RelayState"), relayState);
    const post = messages().response(to("post", relayState), content);
    assert.equal(post.kind === "post" && post.fields["RelayState"], relayState);
  });
}

test("without a RelayState none is sent", () => {
  const content = { inResponseTo: "_a", status: SUCCESS };
  const get = messages().response(to("redirect"), content);
  assert.doesNotMatch(get.kind === "get" ? get.url : "RelayState", /RelayState/);
  const post = messages().response(to("post"), content);
  assert.deepEqual(post.kind === "post" && Object.keys(post.fields), ["SAMLResponse"]);
});

test("each message has an ID of its own", () => {
  const writer = messages();
  const ids = [1, 2, 3].map(() => writer.request(to("post"), CONTENT).messageId);
  assert.equal(new Set(ids).size, 3);
});

test("without a signing key no logout message leaves", () => {
  const writer = new LogoutMessages({
    issuer: ISSUER,
    keyRing: keyRingOf(),
    random: countingRandom(),
    clock: { nowMs: () => NOW_MS },
  });
  for (const binding of BINDINGS) {
    assert.throws(() => writer.request(to(binding), CONTENT), Unavailable);
    assert.throws(() => writer.response(to(binding), { inResponseTo: "_a", status: SUCCESS }), Unavailable);
  }
});
