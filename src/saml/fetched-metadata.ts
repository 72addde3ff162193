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

/** What metadata says about its own time. */
export interface MetadataTimes {
  readonly cacheDurationMs?: number | undefined;
  readonly validUntilMs?: number | undefined;
}

/** `nextDueMs` for metadata that is kept as text. */
export function nextFetchMs(xml: string, nowMs: number): number {
  try {
    return nextDueMs(readMetadataFile(Buffer.from(xml)).root, nowMs);
  } catch (error) {
    if (error instanceof XmlRefused) return nowMs + SHORTEST_MS;
    throw error;
  }
}

/** When to fetch again, by the shortest cacheDuration and the earliest validUntil of the file (SAML Metadata 4.3). */
export function nextDueMs(root: XmlElement, nowMs: number): number {
  const holders = [root, ...childrenNamed(root, MD, "EntityDescriptor")].filter(
    (element) => isNamed(element, MD, "EntityDescriptor") || isNamed(element, MD, "EntitiesDescriptor"),
  );
  const durations = holders.flatMap((element) => durationMs(attribute(element, "cacheDuration")) ?? []);
  const ends = holders.flatMap((element) => xsDateTime(attribute(element, "validUntil") ?? "") ?? []);
  return dueAfter({ cacheDurationMs: smallest(durations), validUntilMs: smallest(ends) }, nowMs);
}

/**
 * When to fetch again: after the cacheDuration and before validUntil, between a quarter of an hour and a day; after six
 * hours where nothing is said (SAML Metadata 4.3).
 */
export function dueAfter({ cacheDurationMs, validUntilMs }: MetadataTimes, nowMs: number): number {
  // Half of what is left, so that one failure does not let it run out.
  const left = validUntilMs === undefined ? undefined : (validUntilMs - nowMs) / 2;
  const waits = [cacheDurationMs, left].filter((wait) => wait !== undefined);
  return nowMs + Math.min(Math.max(Math.floor(smallest(waits) ?? USUAL_MS), SHORTEST_MS), LONGEST_MS);
}

function smallest(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : Math.min(...numbers);
}

const DURATION =
  /^P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,10})(?:\.\d+)?S)?)?$/;
const UNITS_MS = [365 * 86_400_000, 30 * 86_400_000, 86_400_000, 3_600_000, MINUTE_MS, 1_000];

/** An xs:duration; years and months as their usual length, which is exact enough for a day at most. */
export function durationMs(text: string | undefined): number | undefined {
  const found = DURATION.exec(text?.trim() ?? "");
  if (found === null) return undefined;
  return UNITS_MS.reduce((sum, unit, index) => sum + unit * Number(found[index + 1] ?? 0), 0);
}
