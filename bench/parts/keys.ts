import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { selfSignedCertificate } from "../../src/keys/certificate.ts";

/** A private key and its certificate, both PEM. */
export interface KeyFiles {
  readonly keyPem: string;
  readonly certificatePem: string;
}

/** What everything in the bench signs with: Gatehouse and its peers have the same keys. */
export interface BenchKeys {
  readonly rsa: KeyFiles;
  readonly ec: KeyFiles;
  /** The service provider's, which signs the requests. */
  readonly provider: KeyFiles;
}

export function makeKeys(): BenchKeys {
  return {
    rsa: keyFiles("RSA-2048", generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey),
    ec: keyFiles("P-256", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
    provider: keyFiles("RSA-2048", generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey),
  };
}

/** Lays the signing keys down as an administrator would (certs/README.md). */
export function writeKeys({ rsa, ec }: BenchKeys, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, { keyPem, certificatePem }] of Object.entries({ rsa, ec })) {
    writeFileSync(join(folder, `${name}.key`), keyPem, { mode: 0o600 });
    writeFileSync(join(folder, `${name}.crt`), certificatePem);
  }
}

/** The key's certificate as metadata has it: base64 without the PEM lines. */
export function bareCertificate({ certificatePem }: KeyFiles): string {
  return certificatePem.replace(/-----[^-]+-----|\s/g, "");
}

export function privateKeyOf({ keyPem }: KeyFiles): KeyObject {
  return createPrivateKey(keyPem);
}

function keyFiles(type: "RSA-2048" | "P-256", key: KeyObject): KeyFiles {
  const base64 = selfSignedCertificate(type, key, "bench", Date.now(), randomBytes(15));
  const lines = base64.match(/.{1,64}/g)?.join("\n") ?? "";
  return {
    keyPem: key.export({ type: "pkcs8", format: "pem" }).toString(),
    certificatePem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
