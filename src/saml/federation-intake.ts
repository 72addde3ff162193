import { createHash } from "node:crypto";
import type { FederationMember } from "../model/federation.ts";
import { sha256 } from "../platform/digest.ts";
import type {
  FederationFile,
  FederationTask,
  FromFederationWorker,
  ToFederationWorker,
} from "./federation-messages.ts";
import { dueAfter, durationMs } from "./fetched-metadata.ts";
import { day, MetadataReport } from "./metadata-report.ts";
import { findServiceProvider } from "./sp-metadata.ts";
import { displayName } from "./sp-metadata-names.ts";
import { keyOfCertificate } from "./verification-keys.ts";
import { type CutEntity, EntitySplitter } from "./xml/entity-splitter.ts";
import { readMetadataFile } from "./xml/reader.ts";
import { XmlRefused } from "./xml/xml-refused.ts";

/** An index of PostgreSQL holds no more than about 2,700 bytes in one row. */
const LONGEST_ENTITY_ID_BYTES = 1_024;

/** The federation's file may not be used; `problem` is a sentence for the administrator. */
class Unusable extends Error {}

/**
 * Reads a federation's file piece by piece: what the worker does. Its members are only to be believed when the answer
 * to the end has come, because the signature is over the whole.
 */
export class FederationIntake {
  readonly #nowMs: number;
  readonly #splitter: EntitySplitter;
  readonly #hash = createHash("sha256");
  #found: FederationMember[] = [];
  #members = 0;
  #leftOut = 0;

  /** Throws where the pinned certificate cannot be used. */
  constructor({ pinnedCertificate, nowMs }: FederationTask) {
    this.#nowMs = nowMs;
    const key = pinnedCertificate === undefined ? undefined : keyOfCertificate(pinnedCertificate);
    if (key !== undefined && "unusable" in key) {
      throw new Error(`the pinned certificate cannot be used: ${key.unusable}`);
    }
    this.#splitter = new EntitySplitter({
      keys: key === undefined ? undefined : [key],
      onEntity: (entity) => {
        this.#take(entity);
      },
    });
  }

  /** Never throws for what is in the file. After a refusal nothing more may be sent. */
  answer(message: ToFederationWorker): FromFederationWorker {
    try {
      if (message.kind === "end") return { kind: "end", file: this.#finish() };
      this.#hash.update(message.bytes);
      this.#splitter.write(message.bytes);
      this.#refuseExpired();
      const members = this.#found;
      this.#found = [];
      return { kind: "members", members };
    } catch (error) {
      return { kind: "refused", problem: problemOf(error) };
    }
  }

  #finish(): FederationFile {
    const { validUntilMs, cacheDuration, others, tooLarge } = this.#splitter.finish();
    const cacheDurationMs = durationMs(cacheDuration);
    // A page that says "nothing here", in the right schema or not, must not switch off everybody who follows the file.
    if (this.#members === 0) throw new Unusable("No service provider is in it.");
    return {
      fileDigest: this.#hash.digest("base64url"),
      validUntilMs,
      cacheDurationMs,
      nextDueMs: dueAfter({ validUntilMs, cacheDurationMs }, this.#nowMs),
      members: this.#members,
      others,
      leftOut: this.#leftOut + tooLarge,
    };
  }

  #refuseExpired(): void {
    const { validUntilMs } = this.#splitter.summary;
    if (validUntilMs === undefined || validUntilMs > this.#nowMs) return;
    throw new Unusable(
      validUntilMs === 0 ? "Its validUntil is not a time." : `It was valid until ${day(validUntilMs)}.`,
    );
  }

  #take({ xml, validUntilMs }: CutEntity): void {
    const named = this.#nameOf(xml);
    if (named === undefined || Buffer.byteLength(named.entityId) > LONGEST_ENTITY_ID_BYTES) {
      this.#leftOut += 1;
      return;
    }
    this.#members += 1;
    this.#found.push({ ...named, digest: sha256(xml), validUntilMs, xml });
  }

  /** By the reader that registers it later; undefined where that could not. */
  #nameOf(xml: string): { readonly entityId: string; readonly name: string } | undefined {
    try {
      const { root } = readMetadataFile(Buffer.from(xml));
      const choice = { nowMs: this.#nowMs, acceptExpired: true };
      const found = findServiceProvider(root, choice, new MetadataReport());
      if (found === undefined) return undefined;
      const { entityId, entity, descriptor } = found;
      return { entityId, name: displayName(entity, descriptor, entityId) };
    } catch (error) {
      if (error instanceof XmlRefused) return undefined;
      throw error;
    }
  }
}

function problemOf(error: unknown): string {
  if (error instanceof Unusable) return error.message;
  if (!(error instanceof XmlRefused)) throw error;
  const isAboutSignature = error.reason.startsWith("signature") || error.reason === "comment-in-text";
  return `${isAboutSignature ? "It is not signed as it must be" : "It cannot be read"}: ${error.detail}.`;
}
