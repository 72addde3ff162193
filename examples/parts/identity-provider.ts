import { BINDING, DS, MD } from "../../src/saml/namespaces.ts";
import { attribute, childNamed, childrenNamed, type XmlElement } from "../../src/saml/xml/element.ts";
import { readMetadataFile } from "../../src/saml/xml/reader.ts";

/** What a service provider must know of its identity provider; all of it stands in the metadata. */
export interface IdentityProvider {
  readonly entityId: string;
  readonly signOnUrl: string;
  readonly logoutUrl: string;
  /** Base64 DER. Several while a key is being changed: each of them may sign. */
  readonly certificates: readonly string[];
}

const KEPT_MS = 30_000;

/** Fetches the metadata when it is needed, and again after half a minute: so a new signing key is seen in time. */
export function identityProviderAt(metadataUrl: string): () => Promise<IdentityProvider> {
  let known: { provider: IdentityProvider; untilMs: number } | undefined;
  return async () => {
    if (known !== undefined && known.untilMs > Date.now()) return known.provider;
    const response = await fetch(metadataUrl, { redirect: "error", signal: AbortSignal.timeout(5_000) });
    if (!response.ok) throw new Error(`${metadataUrl} answered ${response.status}`);
    const provider = readIdentityProvider(new Uint8Array(await response.arrayBuffer()));
    known = { provider, untilMs: Date.now() + KEPT_MS };
    return provider;
  };
}

/** Reads an EntityDescriptor with an IDPSSODescriptor (SAML Metadata 2.4.3). */
export function readIdentityProvider(metadata: Uint8Array): IdentityProvider {
  const { root } = readMetadataFile(metadata);
  const role = childNamed(root, MD, "IDPSSODescriptor");
  if (role === undefined) throw new Error("the metadata describes no identity provider");
  return {
    entityId: attribute(root, "entityID") ?? "",
    signOnUrl: redirectLocation(role, "SingleSignOnService"),
    logoutUrl: redirectLocation(role, "SingleLogoutService"),
    certificates: childrenNamed(role, MD, "KeyDescriptor")
      .filter((key) => attribute(key, "use") !== "encryption")
      .flatMap((key) => childrenNamed(key, DS, "KeyInfo"))
      .flatMap((info) => childrenNamed(info, DS, "X509Data"))
      .flatMap((data) => childrenNamed(data, DS, "X509Certificate"))
      .map((certificate) => (certificate.text ?? "").replaceAll(/\s/g, "")),
  };
}

function redirectLocation(role: XmlElement, name: string): string {
  const service = childrenNamed(role, MD, name).find((one) => attribute(one, "Binding") === BINDING.redirect);
  const location = service && attribute(service, "Location");
  if (location === undefined) throw new Error(`the metadata has no ${name} for the Redirect binding`);
  return location;
}
