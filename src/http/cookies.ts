import type { Request } from "express";

/** The value of a cookie as the browser sent it; the first where several have the name. */
export function readCookie(request: Request, name: string): string | undefined {
  const header = request.headers.cookie;
  if (header === undefined) return undefined;
  for (const part of header.split(";")) {
    const cut = part.indexOf("=");
    if (cut !== -1 && part.slice(0, cut).trim() === name) return part.slice(cut + 1).trim();
  }
  return undefined;
}

/**
 * A cookie's full name. `__Host-` lets no subdomain and no plain http set it; browsers demand Secure for it, which a
 * loopback issuer over http cannot have.
 */
export function cookieName(name: string, secure: boolean): string {
  return secure ? `__Host-${name}` : name;
}
