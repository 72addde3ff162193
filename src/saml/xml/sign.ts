import { hash, type KeyObject, sign } from "node:crypto";
import type { SamlSignatureAlgorithm } from "../../model/application.ts";
import type { SigningKeyType } from "../../model/signing-key.ts";
import { DS, EXC_C14N, XENC } from "../namespaces.ts";
import { type Xml, xml } from "./writer.ts";

interface Algorithm {
  /** SignatureMethod, and SigAlg in a query (RFC 9231 2.3; SAML Bindings 3.4.4.1). */
  readonly uri: string;
  readonly hash: string;
  readonly keyType: SigningKeyType;
}

/** What we sign with. SHA-1 is there for an application that has it switched on, and for nobody else (signers.ts). */
export const SIGNATURE_ALGORITHMS: Readonly<Record<SamlSignatureAlgorithm, Algorithm>> = {
  "rsa-sha256": {
    uri: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    hash: "sha256",
    keyType: "RSA-2048",
  },
  "rsa-sha384": {
    uri: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    hash: "sha384",
    keyType: "RSA-2048",
  },
  "rsa-sha512": {
    uri: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    hash: "sha512",
    keyType: "RSA-2048",
  },
  "ecdsa-sha256": {
    uri: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    hash: "sha256",
    keyType: "P-256",
  },
  "rsa-sha1": { uri: `${DS}rsa-sha1`, hash: "sha1", keyType: "RSA-2048" },
};

/** An element that its signature will stand in: SAML has it directly after Issuer, or first where there is none. */
export interface Unsigned {
  /** The value of its ID attribute: an NCName of our own making. */
  readonly id: string;
  /** From the start tag to the place of the signature. */
  readonly head: Xml;
  /** From there to the end tag. */
  readonly tail: Xml;
}

/** The element without a signature. */
export function unsigned(element: Unsigned): Xml {
  return xml`${element.head}${element.tail}`;
}

/** Signs octets with a private key that it keeps to itself. */
export type RawSign = (octets: Buffer) => Buffer;

/**
 * Synchronous: the thread pool costs 5 to 15 % more for RSA and pays only by a second core, which one process a core
 * uses anyway; and a queue of password checks in that pool would hold up every answer. ECDSA in XML is r and s side by
 * side (XML Signature 1.1, 6.4.3), not DER.
 */
export function rawSign(algorithm: SamlSignatureAlgorithm, key: KeyObject): RawSign {
  const { hash: digest } = SIGNATURE_ALGORITHMS[algorithm];
  // The key itself where that says everything: Node.js looks an object with options through at each signature, which
  // costs a tenth of one.
  const signer = key.asymmetricKeyType === "ec" ? { key, dsaEncoding: "ieee-p1363" as const } : key;
  return (octets) => sign(digest, octets, signer);
}

/** Enveloped signatures with one key and one algorithm; what does not change from message to message is made once. */
export class XmlSigner {
  readonly #sign: RawSign;
  /** Of the digest. Who knows nothing but SHA-1 does not know another one here either. */
  readonly #hash: "sha1" | "sha256";
  readonly #methods: Xml;
  readonly #transforms: Xml;
  readonly #keyInfo: Xml;

  /** `certificate`: base64 DER of the key's certificate, for KeyInfo. */
  constructor(algorithm: SamlSignatureAlgorithm, certificate: string, sign: RawSign) {
    this.#sign = sign;
    this.#hash = algorithm === "rsa-sha1" ? "sha1" : "sha256";
    const digestMethod = this.#hash === "sha1" ? `${DS}sha1` : `${XENC}sha256`;
    this.#methods = xml`<ds:CanonicalizationMethod Algorithm="${EXC_C14N}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="${SIGNATURE_ALGORITHMS[algorithm].uri}"></ds:SignatureMethod>`;
    this.#transforms = xml`<ds:Transforms><ds:Transform Algorithm="${`${DS}enveloped-signature`}"></ds:Transform><ds:Transform Algorithm="${EXC_C14N}"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="${digestMethod}"></ds:DigestMethod>`;
    this.#keyInfo = xml`<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
  }

  /**
   * The element with its ds:Signature (XML Signature 1.1; SAML Core 5.4). The enveloped-signature transform takes the
   * signature out before hashing, so the digest is over head and tail as they stand.
   */
  sign(element: Unsigned): Xml {
    const digest = hash(this.#hash, element.head.canonical + element.tail.canonical, "base64");
    const signedInfo = xml`${this.#methods}<ds:Reference URI="${`#${element.id}`}">${this.#transforms}<ds:DigestValue>${digest}</ds:DigestValue></ds:Reference>`;
    // What is signed is SignedInfo as a document of its own, so its canonical form declares the prefix; in its place
    // under ds:Signature it inherits it.
    const octets = xml`<ds:SignedInfo xmlns:ds="${DS}">${signedInfo}</ds:SignedInfo>`;
    const value = this.#sign(Buffer.from(octets.canonical)).toString("base64");
    return xml`${element.head}<ds:Signature xmlns:ds="${DS}"><ds:SignedInfo>${signedInfo}</ds:SignedInfo><ds:SignatureValue>${value}</ds:SignatureValue>${this.#keyInfo}</ds:Signature>${element.tail}`;
  }
}
