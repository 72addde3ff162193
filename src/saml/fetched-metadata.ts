import { MD } from "./namespaces.ts";
import { xsDateTime } from "./xml-values.ts";
import { keyOfCertificate } from "./verification-keys.ts";
import { attribute, childrenNamed, isNamed, type XmlElement } from "./xml/element.ts";
import { SIGNED_METADATA_LIMITS } from "./xml/gate.ts";
import { readMessage, readMetadataFile } from "./xml/reader.ts";
import { serializeElement } from "./xml/serialize-element.ts";
import { STRONG } from "./xml/signature-algorithms.ts";
import { verifyEnvelopedSignature } from "./xml/verify-signature.ts";
import { XmlRefused } from "./xml/xml-refused.ts";

const MINUTE_MS = 60_000;
/** More often would be a burden to the other side; less often, and a lost key would work for too long. */
export const SHORTEST_MS = 15 * MINUTE_MS;
export const LONGEST_MS = 24 * 60 * MINUTE_MS;
const USUAL_MS = 6 * 60 * MINUTE_MS;

/** Metadata that may be used, and when to ask for it again. */
export interface FetchedMetadata {
  /** With a pinned certificate only what its signature covers. */
  readonly xml: string;
  readonly nextDueMs: number;
}

/** Why what was fetched may not be used, as a sentence. */
export interface UnusableMetadata {
  readonly problem: string;
}

/**
 * Checks fetched metadata. With a pinned certificate (base64 DER) its root must be signed by that key (SAML Metadata 3),
 * and what goes on is only what the signature covers: everything else is what an attacker adds around it. Without one,
 * who answers at the address is all that vouches for it.
 */
export function checkFetchedMetadata(
  body: string,
  pinnedCertificate: string | undefined,
  nowMs: number,
): FetchedMetadata | UnusableMetadata {
  try {
    if (pinnedCertificate === undefined) {
      const { text, root } = readMetadataFile(Buffer.from(body));
      return { xml: text, nextDueMs: nextDueMs(root, nowMs) };
    }
    const key = keyOfCertificate(pinnedCertificate);
    if ("unusable" in key) return { problem: `The pinned certificate cannot be used: ${key.unusable}.` };
    const limits = SIGNED_METADATA_LIMITS;
    const document = readMessage(Buffer.from(body), limits);
    const signed = verifyEnvelopedSignature(document, document.root, [key], STRONG, limits);
    return { xml: serializeElement(signed), nextDueMs: nextDueMs(signed, nowMs) };
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    const what = pinnedCertificate === undefined ? "It cannot be read" : "It is not signed as it must be";
    return { problem: `${what}: ${error.detail}.` };
  }
}

/**
 * When to fetch again: after the shortest cacheDuration and before the earliest validUntil of the file, between a quarter
 * of an hour and a day; six hours where it says nothing (SAML Metadata 4.3).
 */
export function nextDueMs(root: XmlElement, nowMs: number): number {
  const holders = [root, ...childrenNamed(root, MD, "EntityDescriptor")].filter(
    (element) => isNamed(element, MD, "EntityDescriptor") || isNamed(element, MD, "EntitiesDescriptor"),
  );
  const waits = holders.flatMap((element) => {
    const duration = durationMs(attribute(element, "cacheDuration") ?? "");
    const until = xsDateTime(attribute(element, "validUntil") ?? "");
    // Half of what is left, so that one failure does not let it run out.
    return [
      ...(duration === undefined ? [] : [duration]),
      ...(until === undefined ? [] : [(until - nowMs) / 2]),
    ];
  });
  const wait = waits.length === 0 ? USUAL_MS : Math.min(...waits);
  return nowMs + Math.min(Math.max(Math.floor(wait), SHORTEST_MS), LONGEST_MS);
}

const DURATION =
  /^P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,10})(?:\.\d+)?S)?)?$/;
const UNITS_MS = [365 * 86_400_000, 30 * 86_400_000, 86_400_000, 3_600_000, MINUTE_MS, 1_000];

/** An xs:duration; years and months as their usual length, which is exact enough for a day at most. */
function durationMs(text: string): number | undefined {
  const found = DURATION.exec(text.trim());
  if (found === null) return undefined;
  return UNITS_MS.reduce((sum, unit, index) => sum + unit * Number(found[index + 1] ?? 0), 0);
}
