import { PATHS } from "../flow/endpoints.ts";
import { type DirectEndpoint, directEndpoint } from "../http/direct-endpoint.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import { publishedDocument, sendPublished } from "./published-document.ts";

/**
 * GET /oauth2/jwks (RFC 7517 5): the public halves of the next, the active and the retiring keys, so that a client
 * knows a key before it signs and as long as anything it signed is valid (OpenID Connect Core 10.1.1). Without `alg`:
 * one RSA key serves RS256 and PS256 alike.
 */
export function jwksEndpoint({ keyRing }: { readonly keyRing: KeyRing }): DirectEndpoint {
  const make = () => publishedDocument({ keys: keyRing.published().map((key) => key.jwk) });
  let document = make();
  keyRing.onLoad(() => {
    document = make();
  });
  return directEndpoint([PATHS.oidcJwks], {
    GET: (request, response) => sendPublished(request, response, document),
  });
}
