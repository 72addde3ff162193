import { createPrivateKey, type KeyObject } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SigningKeyType } from "../model/signing-key.ts";
import { certificateFromPem } from "./certificate.ts";

/** A key pair that an administrator put into certs/. */
export interface GivenKey {
  readonly name: string;
  readonly type: SigningKeyType;
  readonly privateKey: KeyObject;
  readonly certificate: string;
}

/** A file in certs/ that cannot be used; the message names the file and says why, in one line. */
export class GivenKeyError extends Error {
  constructor(file: string, why: string) {
    super(`certs: ${file}: ${why}`);
    this.name = "GivenKeyError";
  }
}

/** Reads each `NAME.key` with its `NAME.crt`, both PEM. Throws `GivenKeyError` on the first one that is wrong. */
export function readGivenKeys(folder: string): readonly GivenKey[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".key"))
    .sort()
    .map((file) => readPair(folder, file));
}

function readPair(folder: string, file: string): GivenKey {
  const certificateFile = file.replace(/\.key$/, ".crt");
  const privateKey = attempt(file, "is not an unencrypted private key in PEM", () =>
    createPrivateKey(readFileSync(join(folder, file))),
  );
  const type = typeOf(privateKey);
  if (type === undefined)
    throw new GivenKeyError(file, "must be RSA of 2048 bits or more, P-256, P-384 or Ed25519");
  const { certificate, belongs } = attempt(certificateFile, "is not a certificate in PEM", () =>
    certificateFromPem(readFileSync(join(folder, certificateFile), "utf8"), privateKey),
  );
  if (!belongs) throw new GivenKeyError(certificateFile, `is not the certificate of ${file}`);
  return { name: file.replace(/\.key$/, ""), type, privateKey, certificate };
}

function attempt<T>(file: string, why: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new GivenKeyError(file, why);
  }
}

function typeOf(key: KeyObject): SigningKeyType | undefined {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048 ? "RSA-2048" : undefined;
    case "ec":
      return curveOf(key);
    case "ed25519":
      return "Ed25519";
    default:
      return undefined;
  }
}

function curveOf(key: KeyObject): SigningKeyType | undefined {
  switch (key.asymmetricKeyDetails?.namedCurve) {
    case "prime256v1":
      return "P-256";
    case "secp384r1":
      return "P-384";
    default:
      return undefined;
  }
}
