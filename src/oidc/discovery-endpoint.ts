import type { Settings } from "../flow/settings.ts";
import { type DirectEndpoint, directEndpoint } from "../http/direct-endpoint.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { AuthenticationContext } from "../model/authentication.ts";
import type { JwtSigner } from "./jwt-signer.ts";
import { providerMetadata } from "./provider-metadata.ts";
import { publishedDocument, sendPublished } from "./published-document.ts";

export interface DiscoveryParts {
  readonly issuer: string;
  readonly keyRing: KeyRing;
  readonly signer: JwtSigner;
  readonly contexts: readonly AuthenticationContext[];
  readonly settings?: Pick<Settings, "organisation" | "onChange"> | undefined;
}

const NAMES = ["openid-configuration", "oauth-authorization-server"] as const;

/**
 * GET /.well-known/openid-configuration and /.well-known/oauth-authorization-server. Made once for each set of keys
 * and each change of the organisation. To be mounted at the root of the host, because of the addresses of RFC 8414.
 */
export function discoveryEndpoint(parts: DiscoveryParts): DirectEndpoint {
  const { issuer, keyRing, signer, contexts, settings } = parts;
  const make = () => {
    const organisation = settings?.organisation();
    return publishedDocument(
      providerMetadata({ issuer, algorithms: signer.algorithms(), contexts, organisation }),
    );
  };
  let document = make();
  const again = () => {
    document = make();
  };
  keyRing.onLoad(again);
  settings?.onChange(again);
  return directEndpoint(wellKnownPaths(issuer), {
    GET: (request, response) => sendPublished(request, response, document),
  });
}

/**
 * Where clients look. OpenID Connect Discovery 4 puts the well-known part behind the issuer's path, RFC 8414 3.1
 * before it; a proxy that cuts the path off leaves the plain form.
 */
export function wellKnownPaths(issuer: string): string[] {
  const path = new URL(issuer).pathname.replace(/\/$/, "");
  const all = NAMES.flatMap((name) => [
    `/.well-known/${name}`,
    `${path}/.well-known/${name}`,
    `/.well-known/${name}${path}`,
  ]);
  return [...new Set(all)];
}
