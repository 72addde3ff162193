import { createHash, X509Certificate } from "node:crypto";
import type { Request } from "express";
import { normalised, trustedPeers } from "./address.ts";
import type { ProofReader } from "./token-gate.ts";

/** Checks a DPoP proof (RFC 9449 4.3); oidc/dpop-proof.ts. */
export interface DpopChecker {
  check(
    jwt: string,
    use: { readonly method: string; readonly url: string; readonly token: string },
  ): Promise<
    { readonly ok: true; readonly thumbprint: string } | { readonly ok: false; readonly refusal: string }
  >;
}

export interface PossessionProofsParts {
  readonly issuer: string;
  readonly dpop: DpopChecker;
  readonly trustProxy: readonly string[];
  /** The header in which a trusted proxy hands on the client's certificate, in lower case; undefined: none does. */
  readonly certificateHeader: string | undefined;
}

const LONGEST_CERTIFICATE = 16_384;

/** Reads what came along with a token: a DPoP proof in its header, and a client certificate from a trusted proxy's. */
export function possessionProofs(parts: PossessionProofsParts): ProofReader {
  const isTrusted = trustedPeers(parts.trustProxy);
  return {
    async read(request, token) {
      const certificate = certificateOf(request, parts.certificateHeader, isTrusted);
      const proofs = valuesOf(request, "dpop");
      if (proofs.length === 0) return { ok: true, proof: { certificate } };
      // RFC 9449 4.3, 1: not more than one.
      const [jwt = "", ...more] = proofs;
      if (more.length > 0) return { ok: false, refusal: "There is more than one DPoP proof." };
      const url = addressOf(parts.issuer, request);
      const checked = await parts.dpop.check(jwt, { method: request.method, url, token });
      return checked.ok ? { ok: true, proof: { dpop: checked.thumbprint, certificate } } : checked;
    },
  };
}

/** The address as the caller must have written it: our own, never the Host header's. Without the query (RFC 9449 4.3, 9). */
function addressOf(issuer: string, { originalUrl }: Request): string {
  const [path = ""] = originalUrl.split("?", 1);
  return new URL(issuer).origin + path;
}

function valuesOf({ rawHeaders }: Request, name: string): readonly string[] {
  return rawHeaders.filter((_, n) => n % 2 === 1 && rawHeaders[n - 1]?.toLowerCase() === name);
}

/** SHA-256 of the certificate's DER (RFC 8705 3.1). Anybody can write the header: only a trusted proxy's is read. */
function certificateOf(
  request: Request,
  header: string | undefined,
  isTrusted: (peer: string) => boolean,
): string | undefined {
  if (header === undefined || !isTrusted(normalised(request.socket.remoteAddress ?? "") ?? ""))
    return undefined;
  const [text, ...more] = valuesOf(request, header);
  if (text === undefined || more.length > 0 || text.length > LONGEST_CERTIFICATE) return undefined;
  try {
    const { raw } = new X509Certificate(certificateBytes(text));
    return createHash("sha256").update(raw).digest("base64url");
  } catch {
    return undefined;
  }
}

/** As RFC 9440 2.1 has it (base64 DER between colons), or as nginx writes it (PEM, percent-encoded). */
function certificateBytes(text: string): Buffer {
  const between = /^:([A-Za-z0-9+/]+=*):$/.exec(text)?.[1];
  return between === undefined ? Buffer.from(decodeURIComponent(text)) : Buffer.from(between, "base64");
}
