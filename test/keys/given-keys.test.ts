import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { selfSignedCertificate } from "../../src/keys/certificate.ts";
import { GivenKeyError, readGivenKeys } from "../../src/keys/given-keys.ts";
import type { SigningKeyType } from "../../src/model/signing-key.ts";

const folders: string[] = [];

after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-certs-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

function pem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function certificate(type: SigningKeyType, key: KeyObject): string {
  const der = selfSignedCertificate(type, key, "id.example.org", Date.UTC(2026, 0, 1), Buffer.alloc(15, 7));
  return `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`;
}

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

describe("readGivenKeys", () => {
  test("a folder that is not there, or has only its README, gives none", () => {
    assert.deepEqual(readGivenKeys("/nowhere/certs"), []);
    assert.deepEqual(readGivenKeys(folderWith({ "README.md": "" })), []);
  });

  test("each pair of a key and its certificate is read", () => {
    const folder = folderWith({
      "a.key": pem(rsa),
      "a.crt": certificate("RSA-2048", rsa),
      "b.key": pem(p256),
      "b.crt": certificate("P-256", p256),
    });
    assert.deepEqual(
      readGivenKeys(folder).map(({ name, type }) => [name, type]),
      [
        ["a", "RSA-2048"],
        ["b", "P-256"],
      ],
    );
  });

  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
  const refused: Record<string, [Record<string, string>, RegExp]> = {
    "a key without its certificate": [{ "a.key": pem(rsa) }, /a\.crt: is not a certificate/],
    "another key's certificate": [
      { "a.key": pem(rsa), "a.crt": certificate("P-256", p256) },
      /a\.crt: is not the certificate of a\.key/,
    ],
    "text that is no key": [{ "a.key": "hello", "a.crt": "" }, /a\.key: is not an unencrypted private key/],
    "RSA of 1024 bits": [
      { "a.key": pem(weak), "a.crt": certificate("RSA-2048", weak) },
      /a\.key: must be RSA of 2048 bits/,
    ],
    "an encrypted key": [
      {
        "a.key": rsa
          .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
          .toString(),
        "a.crt": certificate("RSA-2048", rsa),
      },
      /a\.key: is not an unencrypted private key/,
    ],
  };
  for (const [name, [files, message]] of Object.entries(refused)) {
    test(`${name} is refused with one line that names the file`, () => {
      assert.throws(
        () => readGivenKeys(folderWith(files)),
        (error: unknown) =>
          error instanceof GivenKeyError && message.test(error.message) && !error.message.includes("\n"),
      );
    });
  }
});
