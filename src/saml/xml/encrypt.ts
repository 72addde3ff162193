import { constants, createCipheriv, type KeyObject, publicEncrypt, X509Certificate } from "node:crypto";
import type { SamlEncryptionKey } from "../../model/application.ts";
import type { Random } from "../../platform/random.ts";
import { DS, SAML, XENC, XENC11 } from "../namespaces.ts";
import { serialize, type Xml, xml } from "./writer.ts";

interface ContentCipher {
  readonly uri: string;
  readonly cipher: "aes-256-gcm" | "aes-128-gcm" | "aes-256-cbc" | "aes-128-cbc";
  readonly keyBytes: number;
  readonly ivBytes: number;
}

/** The order is the preference. */
const CIPHERS: readonly ContentCipher[] = [
  { uri: `${XENC11}aes256-gcm`, cipher: "aes-256-gcm", keyBytes: 32, ivBytes: 12 },
  { uri: `${XENC11}aes128-gcm`, cipher: "aes-128-gcm", keyBytes: 16, ivBytes: 12 },
  // CBC can be decrypted by asking the service provider often enough (CVE-2011-1096): only where it knows no better.
  { uri: `${XENC}aes256-cbc`, cipher: "aes-256-cbc", keyBytes: 32, ivBytes: 16 },
  { uri: `${XENC}aes128-cbc`, cipher: "aes-128-cbc", keyBytes: 16, ivBytes: 16 },
];
/** Block ciphers that a service provider may name and that we never use. */
const REFUSED_CIPHERS: readonly string[] = [
  `${XENC}tripledes-cbc`,
  `${XENC}aes192-cbc`,
  `${XENC11}aes192-gcm`,
];

/** RSA-OAEP with SHA-1 as digest and in MGF1: what every implementation knows; its security needs no collision freedom. */
const OAEP_MGF1P = `${XENC}rsa-oaep-mgf1p`;
const OAEP_11 = `${XENC11}rsa-oaep`;
/** PKCS #1 v1.5 falls to Bleichenbacher's attack: never used, even where it is all that is named. */
const REFUSED_TRANSPORTS: readonly string[] = [`${XENC}rsa-1_5`];
const MINIMUM_RSA_BITS = 2048;

/** How to encrypt for one key of a service provider. */
export interface Recipient {
  readonly publicKey: KeyObject;
  readonly content: ContentCipher;
  readonly transport: typeof OAEP_MGF1P | typeof OAEP_11;
}

/**
 * The first of the keys that something safe can be encrypted for, and how: GCM before CBC, as far as the metadata's
 * EncryptionMethods allow (SAML Metadata 2.4.1.1); where they name no cipher, AES-256-GCM. Undefined where none will
 * do: no RSA key of 2048 bits, nothing named but broken algorithms, or nothing better than CBC where that is not
 * allowed. Nothing is sent unencrypted instead.
 */
export function chooseRecipient(
  keys: readonly SamlEncryptionKey[],
  { allowCbc }: { readonly allowCbc: boolean },
): Recipient | undefined {
  const recipients = keys.flatMap((key) => recipientFor(key) ?? []);
  const strong = recipients.find((recipient) => !isWeak(recipient));
  return strong ?? (allowCbc ? recipients[0] : undefined);
}

/** True for a cipher without integrity protection: the administrator is warned. */
export function isWeak(recipient: Recipient): boolean {
  return recipient.content.cipher.endsWith("-cbc");
}

/** The assertion, signed or not, as an EncryptedAssertion (SAML Core 2.3.4; XML Encryption 1.1, 3). */
export function encryptedAssertion(assertion: Xml, recipient: Recipient, random: Random): Xml {
  return xml`<saml:EncryptedAssertion xmlns:saml="${SAML}">${encryptedData(assertion, recipient, random)}</saml:EncryptedAssertion>`;
}

/** A NameID that declares its own prefix, as an EncryptedID in its place (SAML Core 2.2.4). */
export function encryptedId(nameId: Xml, recipient: Recipient, random: Random): Xml {
  return xml`<saml:EncryptedID>${encryptedData(nameId, recipient, random)}</saml:EncryptedID>`;
}

function encryptedData(element: Xml, recipient: Recipient, random: Random): Xml {
  const key = random.bytes(recipient.content.keyBytes);
  const encrypted = encryptContent(Buffer.from(serialize(element)), key, recipient.content, random);
  const encryptedKey = publicEncrypt(
    { key: recipient.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" },
    key,
  );
  return xml`<xenc:EncryptedData xmlns:xenc="${XENC}" Type="${`${XENC}Element`}"><xenc:EncryptionMethod Algorithm="${recipient.content.uri}"></xenc:EncryptionMethod><ds:KeyInfo xmlns:ds="${DS}"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="${recipient.transport}"><ds:DigestMethod Algorithm="${`${DS}sha1`}"></ds:DigestMethod>${maskGeneration(recipient)}</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>${encryptedKey.toString("base64")}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>${encrypted.toString("base64")}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>`;
}

/** IV, ciphertext, and with GCM the whole tag of 128 bits (XML Encryption 1.1, 5.2.2 and 5.2.4). */
function encryptContent(plaintext: Buffer, key: Buffer, content: ContentCipher, random: Random): Buffer {
  const iv = random.bytes(content.ivBytes);
  if (content.cipher === "aes-256-gcm" || content.cipher === "aes-128-gcm") {
    const cipher = createCipheriv(content.cipher, key, iv, { authTagLength: 16 });
    return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }
  // The padding of PKCS #7 is one of those that XML Encryption allows (1.1, 5.2): its last octet is its length.
  const cipher = createCipheriv(content.cipher, key, iv);
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final()]);
}

function maskGeneration(recipient: Recipient): Xml | undefined {
  if (recipient.transport === OAEP_MGF1P) return undefined;
  return xml`<xenc11:MGF xmlns:xenc11="${XENC11}" Algorithm="${`${XENC11}mgf1sha1`}"></xenc11:MGF>`;
}

function recipientFor(key: SamlEncryptionKey): Recipient | undefined {
  const publicKey = rsaKeyOf(key.certificate);
  const content = chooseCipher(key.methods);
  const transport = chooseTransport(key.methods);
  if (publicKey === undefined || content === undefined || transport === undefined) return undefined;
  return { publicKey, content, transport };
}

function chooseCipher(methods: readonly string[]): ContentCipher | undefined {
  const namesOne = methods.some(
    (uri) => REFUSED_CIPHERS.includes(uri) || CIPHERS.some((candidate) => candidate.uri === uri),
  );
  return namesOne ? CIPHERS.find((candidate) => methods.includes(candidate.uri)) : CIPHERS[0];
}

function chooseTransport(methods: readonly string[]): Recipient["transport"] | undefined {
  if (methods.includes(OAEP_MGF1P)) return OAEP_MGF1P;
  if (methods.includes(OAEP_11)) return OAEP_11;
  return methods.some((uri) => REFUSED_TRANSPORTS.includes(uri)) ? undefined : OAEP_MGF1P;
}

function rsaKeyOf(certificate: string): KeyObject | undefined {
  try {
    const { publicKey } = new X509Certificate(Buffer.from(certificate, "base64"));
    if (publicKey.asymmetricKeyType !== "rsa") return undefined;
    return (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) >= MINIMUM_RSA_BITS ? publicKey : undefined;
  } catch {
    return undefined;
  }
}
