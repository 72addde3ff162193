import type { FederationMember } from "../model/federation.ts";

/** What the worker that reads a federation's file is started with. */
export interface FederationTask {
  /** Base64 DER. */
  readonly pinnedCertificate: string | undefined;
  readonly nowMs: number;
}

/** A piece of the file, or its end. Each gets one answer. */
export type ToFederationWorker =
  | { readonly kind: "piece"; readonly bytes: Uint8Array }
  | { readonly kind: "end" };

/** What a whole file says of itself. */
export interface FederationFile {
  /** SHA-256 of its bytes, base64url. */
  readonly fileDigest: string;
  readonly validUntilMs: number | undefined;
  readonly cacheDurationMs: number | undefined;
  /** When to fetch it again. */
  readonly nextDueMs: number;
  readonly members: number;
  readonly others: number;
  readonly leftOut: number;
}

export type FromFederationWorker =
  /** Those that were finished by this piece. */
  | { readonly kind: "members"; readonly members: readonly FederationMember[] }
  | { readonly kind: "end"; readonly file: FederationFile }
  | { readonly kind: "refused"; readonly problem: string };
