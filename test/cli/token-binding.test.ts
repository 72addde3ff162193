import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { calculateJwkThumbprint } from "jose";
import { bindingOf } from "../../src/cli/token-binding.ts";
import { readConfig } from "../../src/config.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { openStores, type Stores } from "../../src/storage/open-stores.ts";
import { certificate } from "../admin/metadata.ts";
import { temporaryFolder } from "../fixtures/children.ts";
import { gatehouse, newInstallation, type Run } from "./run-command.ts";

const folder = temporaryFolder("token-binding");

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const PEM = `-----BEGIN CERTIFICATE-----\n${certificate().replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
const { raw, fingerprint256 } = new X509Certificate(PEM);
const CERTIFICATE = Buffer.from(fingerprint256.replaceAll(":", ""), "hex").toString("base64url");

suite("what a token is bound to by a file", () => {
  test("a certificate, in PEM or DER, by the SHA-256 of its DER", () => {
    const expected = { kind: "certificate", thumbprint: CERTIFICATE };
    assert.deepEqual(bindingOf({ certificate: file("client.pem", PEM) }), expected);
    assert.deepEqual(bindingOf({ certificate: file("client.der", raw) }), expected);
  });

  test("the key of RFC 7638 3.1 by the thumbprint that stands there", () => {
    const n =
      "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs" +
      "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI" +
      "SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    const jwk = { kty: "RSA", n, e: "AQAB", alg: "RS256", kid: "2011-04-29" };
    assert.deepEqual(bindingOf({ "dpop-key": file("rfc7638.jwk", JSON.stringify(jwk)) }), {
      kind: "dpop",
      thumbprint: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
    });
  });

  for (const [what, key] of [
    ["P-256", generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey],
    ["Ed25519", generateKeyPairSync("ed25519").publicKey],
    ["RSA", generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey],
  ] as readonly (readonly [string, KeyObject])[]) {
    test(`a public key (${what}) as JWK or PEM by its RFC 7638 thumbprint`, async () => {
      const jwk = key.export({ format: "jwk" });
      const expected = { kind: "dpop", thumbprint: await calculateJwkThumbprint(jwk) };
      assert.deepEqual(bindingOf({ "dpop-key": file(`${what}.jwk`, JSON.stringify(jwk)) }), expected);
      const pem = key.export({ format: "pem", type: "spki" });
      assert.deepEqual(bindingOf({ "dpop-key": file(`${what}.pem`, pem) }), expected);
    });
  }

  test("nothing by none", () => {
    assert.equal(bindingOf({}), undefined);
  });

  for (const [what, options, message] of [
    ["a file that is not there", { certificate: join(folder, "none") }, /cannot read/],
    ["a certificate that is none", { certificate: file("a.txt", "hello") }, /not a certificate/],
    ["a key in the place of a certificate", { certificate: file("k.jwk", "{}") }, /not a certificate/],
    ["a key that is none", { "dpop-key": file("b.jwk", '{"kty":"oct","k":"AA"}') }, /not a public key/],
    ["a file of a megabyte", { certificate: file("big", Buffer.alloc(1_000_000)) }, /larger than/],
    ["both at once", { certificate: "a", "dpop-key": "b" }, /one of them/],
  ] as const) {
    test(`${what} is refused`, () => {
      assert.throws(() => bindingOf(options), message);
    });
  }
});

suite("token create with a binding", () => {
  const { environment } = newInstallation();
  let stores: Stores;
  const run = async (args: readonly string[]): Promise<Run> =>
    await gatehouse(args, { environment, stdin: "" });
  before(async () => {
    stores = await openStores(readConfig(environment), systemClock);
    const add = "resource add --identifier https://orders.example/ --name Orders --scope".split(" ");
    const added = await run([...add, "orders:read=Read orders"]);
    assert.equal(added.status, 0, added.stderr);
  });
  after(async () => await stores.close());

  test("keeps it among the limits", async () => {
    const create = "token create --kind key --name Metering --project metering --expires-days 30".split(" ");
    const made = await run([
      ...create,
      "--resource",
      "https://orders.example/",
      "--certificate",
      file("c.pem", PEM),
    ]);
    assert.equal(made.status, 0, made.stderr);
    const token = await stores.durable.apiTokens.get(String(made.json()["id"]));
    assert.deepEqual(token?.limits.binding, { kind: "certificate", thumbprint: CERTIFICATE });
  });
});
