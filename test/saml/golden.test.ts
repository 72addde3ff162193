import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { SamlApplication } from "../../src/model/application.ts";
import { LogoutMessages } from "../../src/saml/logout-message.ts";
import { metadataDocument } from "../../src/saml/metadata-document.ts";
import { NAME_ID } from "../../src/saml/namespaces.ts";
import { SUCCESS } from "../../src/saml/status.ts";
import {
  account,
  countingRandom,
  ENTITY_ID,
  ISSUER,
  keyRingOf,
  NOW_MS,
  samlApplication,
  samlResponder,
  session,
  signingKey,
  signOnRequest,
} from "../fixtures/saml/installation.ts";
import { postedXml, responded } from "../fixtures/saml/reading.ts";

/**
 * What is sent, byte for byte, with a fixed clock and fixed randomness. Signatures and certificates are cut out: they
 * are the test's own keys. Digests stay, so a changed byte anywhere is seen. `GOLDEN=write` writes the files anew.
 */
const FOLDER = join(import.meta.dirname, "../fixtures/saml/golden");
const RING = keyRingOf(signingKey("RSA-2048"), signingKey("P-256"));

function same(name: string, document: string): void {
  const path = join(FOLDER, name);
  // Where the response is signed around a signed assertion, its digest covers the signature that was cut out.
  const signatures = document.match(/<ds:SignatureValue>/g)?.length ?? 0;
  const cut = document
    .replace(/(<ds:(SignatureValue|X509Certificate)>)[^<]*/g, "$1")
    .replace(/(<ds:DigestValue>)[^<]*/g, (whole: string, start: string) => (signatures > 1 ? start : whole));
  if (process.env["GOLDEN"] === "write") writeFileSync(path, `${cut.trimEnd()}\n`);
  assert.ok(existsSync(path), `${name} is missing: GOLDEN=write makes it`);
  assert.equal(`${cut.trimEnd()}\n`, readFileSync(path, "utf8"));
}

const RESPONSES: readonly (readonly [string, Partial<SamlApplication>])[] = [
  ["response-assertion-signed.xml", {}],
  ["response-response-signed.xml", { signAssertion: false, signResponse: true }],
  ["response-both-signed.xml", { signResponse: true }],
  ["response-ecdsa.xml", { signatureAlgorithm: "ecdsa-sha256" }],
  ["response-email.xml", { nameIdFormats: [NAME_ID.emailAddress] }],
];

for (const [name, changes] of RESPONSES) {
  test(`${name} is what is sent`, async () => {
    const made = await samlResponder(RING).respond({
      request: signOnRequest(),
      application: samlApplication(changes),
      account: account({ name: "Alice <Example> & Co\u2028" }),
      session: session(),
      grant: undefined,
      scopes: [],
    });
    same(name, postedXml(responded(made).reply));
  });
}

test("response-refused.xml is what is sent", async () => {
  const reply = await samlResponder(RING).refuse(signOnRequest(), samlApplication(), "login-required");
  same("response-refused.xml", postedXml(reply));
});

for (const sign of [false, true]) {
  const name = sign ? "metadata-signed.xml" : "metadata.xml";
  test(`${name} is what is published`, () => {
    const parts = { issuer: ISSUER, keyRing: RING, random: countingRandom(), clock: { nowMs: () => NOW_MS } };
    // The certificates are the test's own, so the digest over them is not the same in two runs.
    same(name, metadataDocument(parts, sign).replace(/(<ds:DigestValue>)[^<]*/g, "$1"));
  });
}

for (const binding of ["post", "soap"] as const) {
  test(`logout-${binding}.xml is what is sent`, () => {
    const messages = new LogoutMessages({
      issuer: ISSUER,
      keyRing: RING,
      random: countingRandom(),
      clock: { nowMs: () => NOW_MS },
    });
    const to = { application: samlApplication(), binding, location: "https://app.example.com/saml/slo" };
    const nameId = { format: NAME_ID.persistent, value: "alice", nameQualifier: ENTITY_ID };
    const { message } = messages.request(to, { nameId, sessionIndexes: ["_index"] });
    const answer = messages.response(to, { inResponseTo: "_asked", status: SUCCESS });
    same(`logout-request-${binding}.xml`, sentText(message));
    same(`logout-response-${binding}.xml`, sentText(answer));
  });
}

function sentText(message: ReturnType<LogoutMessages["response"]>): string {
  if (message.kind === "soap") return message.body;
  const fields = message.kind === "post" ? Object.values(message.fields) : [];
  return Buffer.from(fields[0] ?? "", "base64").toString("utf8");
}
