import type { IncomingMessage } from "node:http";
import { PATHS } from "../flow/endpoints.ts";
import type { DirectEndpoint } from "../http/direct-endpoint.ts";
import { programEndpoint } from "./program-endpoint.ts";
import { type PushedAuthorizationParts, pushAuthorization } from "./pushed-authorization.ts";

/** POST /oauth2/par (RFC 9126 2.1). For clients' servers: no cookies, no CORS; any other method is 405. */
export function parEndpoint(
  parts: PushedAuthorizationParts & { readonly addressOf: (request: IncomingMessage) => string },
): DirectEndpoint {
  return programEndpoint(
    PATHS.oidcPar,
    undefined,
    async (presented, request) => await pushAuthorization(parts, presented, parts.addressOf(request)),
  );
}
