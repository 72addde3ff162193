import type { SamlApplication } from "../model/application.ts";
import type { KeyRing, SigningKey } from "../keys/key-ring.ts";
import { rawSign, SIGNATURE_ALGORITHMS, XmlSigner } from "./xml/sign.ts";

/** Signs the octets of a query (SAML Bindings 3.4.4.1). */
export interface QuerySigner {
  /** SigAlg. */
  readonly algorithm: string;
  /** The signature in base64. */
  sign(octets: string): string;
}

/** The key that signs now, in the way that an application wants; what is prepared for a key is prepared once. */
export class Signers {
  readonly #keyRing: KeyRing;
  /** By the key's object: a reload makes new ones, and what was prepared for the old ones goes with them. */
  readonly #prepared = new WeakMap<SigningKey, Map<string, XmlSigner>>();

  constructor(keyRing: KeyRing) {
    this.#keyRing = keyRing;
  }

  /** For enveloped signatures. Throws `Unavailable` when there is no such key. */
  xml(application: Pick<SamlApplication, "signatureAlgorithm"> | undefined): XmlSigner {
    const algorithm = application?.signatureAlgorithm ?? "rsa-sha256";
    const key = this.#keyRing.active(SIGNATURE_ALGORITHMS[algorithm].keyType);
    const ofKey = this.#prepared.get(key) ?? new Map<string, XmlSigner>();
    this.#prepared.set(key, ofKey);
    const known = ofKey.get(algorithm);
    if (known !== undefined) return known;
    const signer = new XmlSigner(algorithm, key.certificate, rawSign(algorithm, key.privateKey));
    ofKey.set(algorithm, signer);
    return signer;
  }

  /**
   * For queries. Always RSA: whether an ECDSA signature in a query is r and s or DER, implementations do not agree
   * (the standard names the algorithm and not the encoding). Throws `Unavailable` when there is no such key.
   */
  query(application: Pick<SamlApplication, "signatureAlgorithm">): QuerySigner {
    const wanted = application.signatureAlgorithm ?? "rsa-sha256";
    const algorithm = SIGNATURE_ALGORITHMS[wanted].keyType === "RSA-2048" ? wanted : "rsa-sha256";
    const { privateKey } = this.#keyRing.active("RSA-2048");
    const sign = rawSign(algorithm, privateKey);
    return {
      algorithm: SIGNATURE_ALGORITHMS[algorithm].uri,
      sign: (octets) => sign(Buffer.from(octets)).toString("base64"),
    };
  }
}
