import type { Request, RequestHandler } from "express";
import type { GoodToken, Needs, TokenVerifier } from "./verify-token.ts";

/**
 * Lets a request pass that brings a good token with these scopes, and puts what is known of it into `response.locals`;
 * `tokenOf` reads it there. Everything else is answered here (RFC 6750 3). `request.ip` is the client's address: behind a
 * proxy set Express's `trust proxy` to that proxy and to nothing more.
 *
 *     const verifier = new TokenVerifier({ … });
 *     verifier.start();
 *     app.get("/plans", requireToken(verifier, { scopes: ["planner:read"] }), (_request, response) => { … });
 */
export function requireToken(verifier: Pick<TokenVerifier, "verify">, needs: Needs = {}): RequestHandler {
  return async (request, response, next) => {
    const found = await verifier.verify(requestOf(request), needs);
    if (found.ok) {
      response.locals["token"] = found;
      next();
      return;
    }
    response.set({ ...found.headers, "Cache-Control": "no-store" });
    response.status(found.status).json({ error: found.error ?? "unauthorized" });
  };
}

/** The token that let this request pass. Throws where `requireToken` does not stand before the handler. */
export function tokenOf({ locals }: { readonly locals: Readonly<Record<string, unknown>> }): GoodToken {
  const token = locals["token"];
  if (typeof token !== "object" || token === null || !("ok" in token))
    throw new TypeError("no token was required");
  return token as GoodToken;
}

/** `originalUrl`: inside a router `url` has lost its beginning, and a limit on paths would be checked against the rest. */
function requestOf({ method, originalUrl, headers, rawHeaders, ip }: Request) {
  return { method, url: originalUrl, headers, rawHeaders, address: ip };
}
