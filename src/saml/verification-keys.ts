import { type KeyObject, X509Certificate } from "node:crypto";
import type { SamlApplication } from "../model/application.ts";

const RSA_BITS_AT_LEAST = 2048;
const CURVES: readonly (string | undefined)[] = ["prime256v1", "secp384r1", "secp521r1"];

/** A certificate that cannot be used, in words for the administrator. */
export interface UnusableKey {
  readonly unusable: string;
}

/**
 * The public key of a registered certificate (base64 DER). Who signed the certificate and until when it is valid does
 * not matter: the registration vouches for the key (SAML Metadata Interoperability Profile 2.6.1).
 */
export function keyOfCertificate(certificate: string): KeyObject | UnusableKey {
  let key: KeyObject;
  try {
    key = new X509Certificate(Buffer.from(certificate, "base64")).publicKey;
  } catch {
    return { unusable: "it is not an X.509 certificate" };
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "rsa") {
    const bits = details?.modulusLength ?? 0;
    return bits < RSA_BITS_AT_LEAST ? { unusable: `its RSA key has ${bits} bits, 2048 are the least` } : key;
  }
  if (type === "ec") {
    return CURVES.includes(details?.namedCurve)
      ? key
      : { unusable: "its curve is not P-256, P-384 or P-521" };
  }
  return { unusable: "its key is neither RSA nor ECDSA" };
}

/** The keys that an application's messages are checked with: KeyObjects made once for each registration. */
export class VerificationKeys {
  /** By the application's object: a reload makes new ones, and what was prepared for the old ones goes with them. */
  readonly #prepared = new WeakMap<SamlApplication, readonly KeyObject[]>();

  /** All registered signing keys, so that a rollover cuts nobody off; a certificate that is unusable is left out. */
  of(application: SamlApplication): readonly KeyObject[] {
    const known = this.#prepared.get(application);
    if (known !== undefined) return known;
    const keys = application.signingCertificates
      .map(keyOfCertificate)
      .flatMap((key) => ("unusable" in key ? [] : [key]));
    this.#prepared.set(application, keys);
    return keys;
  }
}
