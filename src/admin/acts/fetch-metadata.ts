import { type Outbound, OutboundFailed } from "../../http/outbound.ts";
import type { Validators } from "../../http/validators.ts";
import type { MetadataSource } from "../../model/application.ts";
import { sha256 } from "../../platform/digest.ts";
import { checkFetchedMetadata, type UnusableMetadata } from "../../saml/fetched-metadata.ts";

const LARGEST_BYTES = 2 * 1_048_576;

/** A file that was fetched before. */
export interface KnownFile extends Validators {
  /** SHA-256 of its text, base64url. */
  readonly fileDigest?: string | undefined;
}

/** What is kept of a file, so that it is known the next time. */
export interface FetchedFile extends KnownFile {
  readonly fileDigest: string;
}

export type Fetched =
  | { readonly kind: "file"; readonly xml: string; readonly nextDueMs: number; readonly file: FetchedFile }
  /** It is the known one, said by the other side (304) or found by its digest. */
  | { readonly kind: "same" }
  | ({ readonly kind: "unusable" } & UnusableMetadata);

/**
 * Fetches metadata through the guarded way out, without redirects, and checks it. A file that is still the one in `known`
 * is neither sent again nor read. It never throws for the other side.
 */
export async function fetchMetadata(
  { outbound }: { readonly outbound: Pick<Outbound, "fetch"> },
  { url, pinnedCertificate }: Pick<MetadataSource, "url" | "pinnedCertificate">,
  nowMs: number,
  known: KnownFile = {},
): Promise<Fetched> {
  try {
    const accept = "application/samlmetadata+xml, application/xml, text/xml";
    const answer = await outbound.fetch({ url, accept, limitBytes: LARGEST_BYTES, known });
    const isKnown = known.fileDigest !== undefined;
    if (answer.status === 304 && isKnown) return { kind: "same" };
    if (answer.status !== 200) return unusable(`The address answered with status ${answer.status}.`);
    const fileDigest = sha256(answer.body);
    if (fileDigest === known.fileDigest) return { kind: "same" };
    const checked = checkFetchedMetadata(answer.body, pinnedCertificate, nowMs);
    if ("problem" in checked) return { kind: "unusable", ...checked };
    return { kind: "file", ...checked, file: { ...answer.validators, fileDigest } };
  } catch (error) {
    if (error instanceof OutboundFailed) return unusable("The address could not be fetched.");
    throw error;
  }
}

function unusable(problem: string): Fetched {
  return { kind: "unusable", problem };
}
