import type { ServerResponse } from "node:http";
import type { RequestHandler } from "express";

/**
 * The policy of every page. There is no inline script or style, and nothing from anywhere else. `form-action` is left
 * out on purpose: Chromium holds every redirect that follows a form against it, so the login form's way back to an
 * application, and on to wherever that one redirects, would be blocked (w3c/webappsec-csp #8).
 */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; frame-ancestors 'none'; base-uri 'none'";

const PERMISSIONS = [
  "camera=()",
  "microphone=()",
  "geolocation=()",
  "payment=()",
  "usb=()",
  "publickey-credentials-get=(self)",
  "publickey-credentials-create=(self)",
].join(", ");

const ONE_YEAR_SECONDS = 31_536_000;

/**
 * Headers of every answer. `no-store` is the rule and caching the exception of the few endpoints that set their own:
 * a code, a token or somebody's page forgotten in a cache is worse than a slow one.
 */
export function securityHeaders(issuer: string): RequestHandler {
  const set = securityHeaderSetter(issuer);
  return (_request, response, next) => {
    response.removeHeader("X-Powered-By");
    set(response);
    next();
  };
}

/** The same where no middleware runs. */
export function securityHeaderSetter(issuer: string): (response: ServerResponse) => void {
  const headers: [string, string][] = [
    ["Content-Security-Policy", CONTENT_SECURITY_POLICY],
    // The address of a page of ours may carry a parked request's id.
    ["Referrer-Policy", "no-referrer"],
    ["X-Frame-Options", "DENY"],
    ["X-Content-Type-Options", "nosniff"],
    // The window that opened the login page cannot move it somewhere else while a password is typed.
    ["Cross-Origin-Opener-Policy", "same-origin"],
    ["Cross-Origin-Resource-Policy", "same-origin"],
    ["Permissions-Policy", PERMISSIONS],
    ["Cache-Control", "no-store"],
  ];
  if (issuer.startsWith("https:")) {
    headers.push(["Strict-Transport-Security", `max-age=${ONE_YEAR_SECONDS}`]);
  }
  return (response) => {
    for (const [name, value] of headers) response.setHeader(name, value);
  };
}
