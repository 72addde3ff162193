import { X509Certificate } from "node:crypto";
import type { SamlEncryptionKey } from "../model/application.ts";
import { day, type MetadataReport, type Place, placeOf } from "./metadata-report.ts";
import { DS, MD } from "./namespaces.ts";
import { keyOfCertificate } from "./verification-keys.ts";
import { strictBase64 } from "./xml/base64.ts";
import { attribute, childrenNamed, type XmlElement } from "./xml/element.ts";
import { chooseRecipient, isWeak } from "./xml/encrypt.ts";

/** The keys of a service provider, as far as they can be used. */
export interface MetadataKeys {
  readonly signingCertificates: readonly string[];
  readonly encryptionKeys: readonly SamlEncryptionKey[];
}

const SOON_MS = 30 * 86_400_000;

/** Reads every KeyDescriptor (SAML Metadata 2.4.1.1); one without `use` is for both. */
export function readKeys(descriptor: XmlElement, nowMs: number, report: MetadataReport): MetadataKeys {
  const signing = new Set<string>();
  const encryption = new Map<string, SamlEncryptionKey>();
  for (const element of childrenNamed(descriptor, MD, "KeyDescriptor")) {
    const place = placeOf(element, "use");
    const use = attribute(element, "use");
    if (use !== undefined && use !== "signing" && use !== "encryption") {
      report.add(place, "refused", "Its use is neither signing nor encryption.");
      continue;
    }
    const certificate = readCertificate(element, place, report);
    if (certificate === undefined) continue;
    const signs = use !== "encryption" && isForSigning(certificate, place, report);
    if (signs) signing.add(certificate);
    const key = { certificate, methods: methodsOf(element) };
    const encrypts = use !== "signing" && isForEncryption(key, place, report);
    if (encrypts) encryption.set(certificate, key);
    if (signs || encrypts) reportUse(place, use, certificate, nowMs, report);
  }
  return { signingCertificates: [...signing], encryptionKeys: [...encryption.values()] };
}

/** Base64 DER of the key's certificate; further ones in it are a chain, which nobody needs here. */
function readCertificate(element: XmlElement, place: Place, report: MetadataReport): string | undefined {
  const [first, ...chain] = childrenNamed(element, DS, "KeyInfo")
    .flatMap((keyInfo) => childrenNamed(keyInfo, DS, "X509Data"))
    .flatMap((data) => childrenNamed(data, DS, "X509Certificate"));
  if (first === undefined) {
    report.add(place, "refused", "There is no X.509 certificate in it, and keys are read from nothing else.");
    return undefined;
  }
  const text = first.text ?? "";
  const bare = text.replace(/-----(?:BEGIN|END) CERTIFICATE-----/g, "");
  const bytes = strictBase64(bare, "with-line-ends");
  if (bytes === undefined || bytes.length === 0) {
    report.add(place, "refused", "Its certificate is not base64.", "Export the metadata again.");
    return undefined;
  }
  if (bare !== text)
    report.add(placeOf(first), "warning", "It has PEM lines around it, which do not belong there.");
  if (chain.length > 0) {
    report.add(
      placeOf(first),
      "ignored",
      `${chain.length} further certificates: the first one is the key's.`,
    );
  }
  return bytes.toString("base64");
}

function isForSigning(certificate: string, place: Place, report: MetadataReport): boolean {
  const key = keyOfCertificate(certificate);
  if (!("unusable" in key)) return true;
  report.add(
    place,
    "refused",
    `Signatures cannot be checked with it: ${key.unusable}.`,
    "Make a new key there.",
  );
  return false;
}

function isForEncryption(key: SamlEncryptionKey, place: Place, report: MetadataReport): boolean {
  const recipient = chooseRecipient([key], { allowCbc: true });
  if (recipient === undefined) {
    report.add(
      place,
      "refused",
      "Nothing can be encrypted for it safely: it is no RSA key of 2048 bits or more, or it names only broken algorithms.",
      "Make an RSA key of 2048 bits there, and offer AES-GCM with RSA-OAEP.",
    );
    return false;
  }
  if (isWeak(recipient)) {
    report.add(
      place,
      "warning",
      "It offers nothing better than AES-CBC, which an attacker can try out. Nothing is encrypted for it until that is allowed in its settings.",
      "Offer AES-GCM.",
    );
  }
  return true;
}

function methodsOf(element: XmlElement): readonly string[] {
  return childrenNamed(element, MD, "EncryptionMethod").flatMap(
    (method) => attribute(method, "Algorithm") ?? [],
  );
}

function reportUse(
  place: Place,
  use: string | undefined,
  certificate: string,
  nowMs: number,
  report: MetadataReport,
): void {
  const { validToDate } = new X509Certificate(Buffer.from(certificate, "base64"));
  const endsMs = validToDate.getTime();
  if (endsMs <= nowMs) {
    report.add(
      place,
      "warning",
      `Its certificate ended on ${day(endsMs)}. The key is used all the same: the registration vouches for it.`,
      "Add a new key to the metadata.",
    );
  } else if (endsMs - nowMs < SOON_MS) {
    report.add(
      place,
      "warning",
      `Its certificate ends on ${day(endsMs)}. After that day the key is still used, and you are warned.`,
      "Add the next key to the metadata before that day.",
    );
  } else if (use === undefined) {
    report.add(
      place,
      "warning",
      "It does not say what it is for. We use it for both: to check requests and to encrypt assertions.",
    );
  } else {
    const purpose = use === "signing" ? "Requests are checked with it" : "Assertions can be encrypted for it";
    report.add(place, "accepted", `${purpose}. Its certificate ends on ${day(endsMs)}.`);
  }
}
