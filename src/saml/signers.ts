import type { SamlApplication, SamlSignatureAlgorithm } from "../model/application.ts";
import type { SigningKeyType } from "../model/signing-key.ts";
import type { KeyRing, SigningKey } from "../keys/key-ring.ts";
import { rawSign, SIGNATURE_ALGORITHMS, XmlSigner } from "./xml/sign.ts";

/** Signs the octets of a query (SAML Bindings 3.4.4.1). */
export interface QuerySigner {
  /** SigAlg. */
  readonly algorithm: string;
  /** The signature in base64. */
  sign(octets: string): string;
}

/** What a signature for an application depends on. */
export type SigningChoice = Pick<SamlApplication, "signatureAlgorithm" | "signingKeyId" | "allowSha1">;

/** The key that signs now, in the way that an application wants; what is prepared for a key is prepared once. */
export class Signers {
  readonly #keyRing: KeyRing;
  /** By the key's object: a reload makes new ones, and what was prepared for the old ones goes with them. */
  readonly #prepared = new WeakMap<SigningKey, Map<string, XmlSigner>>();

  constructor(keyRing: KeyRing) {
    this.#keyRing = keyRing;
  }

  /** For enveloped signatures. Throws `Unavailable` when there is no such key. */
  xml(application: SigningChoice | undefined): XmlSigner {
    const algorithm = algorithmFor(application);
    const key = this.#key(algorithm, application);
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
  query(application: SigningChoice): QuerySigner {
    const algorithm = queryAlgorithmFor(application);
    const { privateKey } = this.#key(algorithm, application);
    const sign = rawSign(algorithm, privateKey);
    return {
      algorithm: SIGNATURE_ALGORITHMS[algorithm].uri,
      sign: (octets) => sign(Buffer.from(octets)).toString("base64"),
    };
  }

  /** The key of `xml`'s signatures. Throws as it does. */
  keyFor(application: SigningChoice): SigningKey {
    return this.#key(algorithmFor(application), application);
  }

  /** The key of `query`'s signatures. Throws as it does. */
  queryKeyFor(application: SigningChoice): SigningKey {
    return this.#key(queryAlgorithmFor(application), application);
  }

  #key(algorithm: SamlSignatureAlgorithm, application: SigningChoice | undefined): SigningKey {
    const { keyType } = SIGNATURE_ALGORITHMS[algorithm];
    return pinnedKey(this.#keyRing, keyType, application) ?? this.#keyRing.active(keyType);
  }
}

/** The application was told to stay with this very key. */
export function isPinned({ signingKeyId }: SigningChoice, { id }: Pick<SigningKey, "id">): boolean {
  return signingKeyId === id;
}

/** The key that an application stays with, while it is published and of the type that its algorithm needs. */
export function pinnedKey(
  keyRing: Pick<KeyRing, "byId">,
  keyType: SigningKeyType,
  application: Pick<SamlApplication, "signingKeyId"> | undefined,
): SigningKey | undefined {
  const id = application?.signingKeyId;
  const key = id === undefined ? undefined : keyRing.byId(id);
  return key?.type === keyType && key.state !== "retired" ? key : undefined;
}

/** It was to stay with a key that is gone by now, or that its algorithm cannot use, and gets what everybody gets. */
export function isPinLost(application: SigningChoice, keyRing: Pick<KeyRing, "byId">): boolean {
  if (application.signingKeyId === undefined) return false;
  const { keyType } = SIGNATURE_ALGORITHMS[algorithmFor(application)];
  return pinnedKey(keyRing, keyType, application) === undefined;
}

function queryAlgorithmFor(application: SigningChoice): SamlSignatureAlgorithm {
  const wanted = algorithmFor(application);
  return SIGNATURE_ALGORITHMS[wanted].keyType === "RSA-2048" ? wanted : "rsa-sha256";
}

/** SHA-1 needs its own permission: the algorithm's name alone in a record does not bring it back. */
function algorithmFor(application: SigningChoice | undefined): SamlSignatureAlgorithm {
  const wanted = application?.signatureAlgorithm ?? "rsa-sha256";
  return wanted === "rsa-sha1" && application?.allowSha1 !== true ? "rsa-sha256" : wanted;
}
