import { type Outbound, OutboundFailed } from "../../http/outbound.ts";
import type { Federation, FederationMember, FetchedVersion } from "../../model/federation.ts";
import { SpoolFailed, type SpooledFile, withSpooled } from "../../platform/spooled-file.ts";
import type { FederationFile } from "../../saml/federation-messages.ts";
import { FederationRefused, readFederation } from "../../saml/federation-reader.ts";
import { FEDERATION_LIMITS } from "../../saml/xml/entity-splitter.ts";

/** What of a federation says how its file is read. */
export type FileSource = Pick<Federation, "url" | "pinnedCertificate" | "copy" | "fetched">;

export interface FileParts {
  readonly outbound: Pick<Outbound, "download">;
  readonly nowMs: number;
}

export type FileReading =
  | {
      readonly kind: "read";
      readonly file: FederationFile;
      /** Absent where it was handed over. */
      readonly fetched: FetchedVersion | undefined;
    }
  /** It is the one that the copy in force was read from, byte for byte, checked with the same certificate. */
  | { readonly kind: "same"; readonly fetched: FetchedVersion | undefined };

/**
 * Reads a federation's file, from its address or from `given`. The file that is known already is not read again: the
 * other side says so (304), or its digest does, before anything of it is looked at. `onMembers` gets the members as they
 * come; they may be believed only when this has returned. Throws as `problemOf` knows, and whatever `onMembers` throws.
 */
export async function readFile(
  { outbound, nowMs }: FileParts,
  source: FileSource,
  given: AsyncIterable<Uint8Array> | undefined,
  onMembers: (members: readonly FederationMember[]) => Promise<void>,
): Promise<FileReading> {
  const { url, pinnedCertificate, copy } = source;
  // What was checked with another certificate is not known: it must be checked with this one.
  const knownDigest = copy?.checkedWith === pinnedCertificate ? copy?.fileDigest : undefined;
  const take = async (spooled: SpooledFile, fetched: FetchedVersion | undefined): Promise<FileReading> => {
    if (spooled.digest === knownDigest) return { kind: "same", fetched };
    const file = await readFederation(spooled.read(), { pinnedCertificate, nowMs }, onMembers);
    return { kind: "read", file, fetched };
  };
  if (given !== undefined) return await withSpooled(given, async (spooled) => await take(spooled, undefined));
  if (url === undefined) throw new FederationRefused("It has no address: hand its file over.");
  const known = knownDigest !== undefined && source.fetched?.url === url ? source.fetched : undefined;
  const accept = "application/samlmetadata+xml, application/xml, text/xml";
  const wanted = { url, accept, limitBytes: FEDERATION_LIMITS.bytes, known };
  return await outbound.download(wanted, async ({ status, body, validators }) => {
    if (status === 304 && known !== undefined) return { kind: "same", fetched: known };
    if (status !== 200) throw new FederationRefused(`The address answered with status ${status}.`);
    return await withSpooled(body, async (spooled) => await take(spooled, { ...validators, url }));
  });
}

/** Why a file could not be used, as a sentence for the administrator; anything else is thrown on. */
export function problemOf(error: unknown): string {
  if (error instanceof FederationRefused) return error.problem;
  if (error instanceof OutboundFailed) return "The address could not be fetched.";
  if (error instanceof SpoolFailed) return "There is no room for it in our folder for temporary files.";
  throw error;
}
