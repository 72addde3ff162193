import assert from "node:assert/strict";
import { verify } from "node:crypto";
import { test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { redirectAddress, type RedirectMessage } from "../../src/saml/redirect-binding-writer.ts";
import { Signers } from "../../src/saml/signers.ts";
import { keyRingOf, signingKey } from "../fixtures/saml/installation.ts";

const KEY = signingKey("RSA-2048");
const SIGNER = new Signers(keyRingOf(KEY)).query({ signatureAlgorithm: undefined });
const DOCUMENT = `<r>${"漢+/ ".repeat(40)}</r>`;

function queryOf(message: Partial<RedirectMessage>): string {
  const address = redirectAddress(
    { location: "https://app.example.com/slo", parameter: "SAMLRequest", document: DOCUMENT, ...message },
    SIGNER,
  );
  return address.slice(address.indexOf("?") + 1);
}

/** Over the octets before `&Signature=`, as they stand (SAML Bindings 3.4.4.1). */
function verifies(query: string): boolean {
  const [signed = "", signature = ""] = query.split("&Signature=");
  const octets = Buffer.from(decodeURIComponent(signature), "base64");
  return verify("sha256", Buffer.from(signed), KEY.publicKey, octets);
}

const RELAY_STATES: readonly (string | undefined)[] = [
  undefined,
  "",
  "/wiki/A+B C&x=%2B",
  "漢&SigAlg=x",
  "#?'()*!~",
];

for (const relayState of RELAY_STATES) {
  test(`with RelayState ${JSON.stringify(relayState) ?? "absent"} the query verifies and brings back what went in`, () => {
    const query = queryOf({ relayState });
    assert.ok(verifies(query));
    const parameters = new URLSearchParams(query);
    const deflated = Buffer.from(parameters.get("SAMLRequest") ?? "", "base64");
    assert.equal(inflateRawSync(deflated).toString("utf8"), DOCUMENT);
    assert.equal(parameters.get("RelayState") ?? undefined, relayState);
    const names = query.split("&").map((pair) => pair.split("=")[0]);
    const expected = [
      "SAMLRequest",
      ...(relayState === undefined ? [] : ["RelayState"]),
      "SigAlg",
      "Signature",
    ];
    assert.deepEqual(names, expected);
  });
}

test("an answer travels as SAMLResponse", () => {
  assert.match(queryOf({ parameter: "SAMLResponse" }), /^SAMLResponse=/);
});

test("a query that the endpoint has already is kept, and is not part of what is signed", () => {
  const query = queryOf({ location: "https://app.example.com/slo?tenant=1" });
  assert.match(query, /^tenant=1&SAMLRequest=/);
  assert.ok(verifies(query.slice("tenant=1&".length)));
});

const CHANGES: readonly (readonly [string, (query: string) => string])[] = [
  ["another RelayState", (query) => query.replace("RelayState=a", "RelayState=b")],
  ["no RelayState", (query) => query.replace("&RelayState=a", "")],
  ["another algorithm", (query) => query.replace("rsa-sha256", "rsa-sha1")],
  ["another order", (query) => query.replace(/^(SAMLRequest=[^&]*)&(RelayState=a)/, "$2&$1")],
];

for (const [name, change] of CHANGES) {
  test(`the signature does not hold for ${name}`, () => {
    const query = queryOf({ relayState: "a" });
    assert.notEqual(change(query), query);
    assert.ok(!verifies(change(query)));
  });
}
