import { X509Certificate } from "node:crypto";
import type { MetadataSource, SamlApplication } from "../../model/application.ts";
import { sha256 } from "../../platform/digest.ts";
import { keyOfCertificate } from "../../saml/verification-keys.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, recorded, type Refused, refused } from "./act.ts";
import { fetchMetadata } from "./fetch-metadata.ts";
import { noteFirstFetch, readAgain, type RefreshParts } from "./refresh-metadata.ts";
import {
  registerServiceProvider,
  type RegisterServiceProviderInput,
  type RegisterServiceProviderResult,
} from "./register-service-provider.ts";
import { replaceApplication } from "./replace-application.ts";

/** Where metadata comes from, as an administrator says it. */
export interface SourceInput {
  readonly url: string;
  /** PEM; the metadata must then be signed by its key. */
  readonly pin?: string | undefined;
}

/** Registers a service provider from the address of its metadata, which is fetched again from then on. */
export async function registerFromUrl(
  parts: RefreshParts,
  actor: Actor,
  { url, pin }: SourceInput,
  input: Omit<RegisterServiceProviderInput, "xml" | "source">,
): Promise<RegisterServiceProviderResult> {
  const nothing = { report: [], entityIds: [] };
  const source = sourceOf({ url, pin });
  if ("code" in source) return { ...source, ...nothing };
  const fetched = await fetchMetadata(parts, source, parts.clock.nowMs());
  if (fetched.kind !== "file") {
    const problem = fetched.kind === "same" ? "It was not sent." : fetched.problem;
    return { ...refused("invalid", problem, "url"), ...nothing };
  }
  const result = await registerServiceProvider(parts, actor, { ...input, xml: fetched.xml, source });
  if (result.ok) await noteFirstFetch(parts, result.application, fetched);
  return result;
}

/** Says from where an application's metadata is fetched from now on; undefined: from nowhere. */
export async function setMetadataSource(
  parts: ActParts,
  actor: Actor,
  id: string,
  input: SourceInput | undefined,
): Promise<ActResult<{ readonly application: SamlApplication }>> {
  const found = await parts.store.applications.get(id);
  if (found?.protocol !== "saml") return refused("not-found", "there is no such SAML application");
  const source = input === undefined ? undefined : sourceOf(input);
  if (source !== undefined && "code" in source) return source;
  const detail = { metadataUrl: source?.url ?? "none", pinned: source?.pinnedCertificate !== undefined };
  return await recorded(parts, actor, entry(found, "application.settings-changed", detail), async () => {
    const result = await replaceApplication(parts, found, { ...found, metadataSource: source });
    // How the fetch from another place went is not told of this one, and it is due at once.
    if (result.ok) await parts.store.metadataFetches.delete(id);
    return result;
  });
}

/**
 * Agrees to metadata that waits, or throws it away. `digest` is of the very file that was shown: what came in between is
 * not agreed to unseen.
 */
export async function settleWaitingMetadata(
  parts: ActParts,
  actor: Actor,
  id: string,
  { digest, agreed }: { readonly digest: string; readonly agreed: boolean },
): Promise<ActResult<{ readonly application: SamlApplication }>> {
  const found = await parts.store.applications.get(id);
  const source = found?.protocol === "saml" ? found.metadataSource : undefined;
  if (found?.protocol !== "saml" || source?.waiting === undefined || waitingDigest(source) !== digest) {
    return refused("conflict", "what waited is not there any more, or something newer waits");
  }
  const { xml, changes } = source.waiting;
  const read = readAgain(found, xml, parts.clock.nowMs());
  if (agreed && "problem" in read) return refused("invalid", read.problem);
  const base = agreed && "application" in read ? read.application : found;
  const changed = { ...base, metadataSource: { ...source, waiting: undefined } };
  const action = agreed ? "application.metadata-agreed" : "application.metadata-dismissed";
  return await recorded(
    parts,
    actor,
    entry(found, action, { changes: changes.join("; ").slice(0, 1_000) }),
    async () => await replaceApplication(parts, found, changed),
  );
}

/** What the page's form names the waiting file by. */
export function waitingDigest({ waiting }: MetadataSource): string | undefined {
  return waiting === undefined ? undefined : sha256(waiting.xml);
}

/** A source as it is kept; or why it cannot be one. */
export function sourceOf({ url, pin }: SourceInput): MetadataSource | Refused {
  const scheme = URL.canParse(url) ? new URL(url).protocol : undefined;
  if (url.length > 2000 || (scheme !== "https:" && scheme !== "http:")) {
    return refused("invalid", "the metadata's address must be a whole https address", "url");
  }
  if (pin === undefined) return { url };
  const certificate = derOf(pin);
  const key =
    certificate === undefined ? { unusable: "it is no PEM certificate" } : keyOfCertificate(certificate);
  if ("unusable" in key) {
    return refused("invalid", `the pinned certificate cannot be used: ${key.unusable}`, "pin");
  }
  return { url, pinnedCertificate: certificate };
}

function derOf(pem: string): string | undefined {
  try {
    return new X509Certificate(pem).raw.toString("base64");
  } catch {
    return undefined;
  }
}

function entry(
  { id, name }: SamlApplication,
  action: string,
  detail: Readonly<Record<string, string | boolean>>,
) {
  return { action, targetKind: "application", targetId: id, targetName: name, detail } as const;
}
