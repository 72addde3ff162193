import type { Request } from "express";
import type { GoodToken, RefusedToken, TokenUse, Verification } from "../model/token-use.ts";
import { type Challenge, challenge, rateHeaders, readBearer } from "./bearer.ts";

/** Proofs of possession that came along with a token. */
export interface ProofReader {
  /**
   * The thumbprints of what was proved for this token, this method and this address; `refusal`: something came along
   * that proves nothing.
   */
  read(
    request: Request,
    token: string,
  ): Promise<
    | { readonly ok: true; readonly proof: NonNullable<TokenUse["proof"]> }
    | { readonly ok: false; readonly refusal: string }
  >;
}

export interface TokenGateParts {
  readonly verifier: { verify(text: string, use: TokenUse): Promise<Verification> };
  readonly addressOf: (request: Request) => string;
  readonly proofs: ProofReader;
}

/** What an endpoint of ours needs of a token. */
export interface GateNeeds {
  readonly realm: string;
  readonly resource: string;
  /** All of them. */
  readonly scopes?: readonly string[] | undefined;
  readonly anyScope?: TokenUse["anyScope"];
}

export type Admission =
  | { readonly ok: true; readonly token: GoodToken; readonly text: string; readonly address: string }
  | {
      readonly ok: false;
      readonly status: 400 | 401 | 403 | 429;
      readonly code: NonNullable<Challenge["error"]> | "no_token" | "rate_limited";
      /** A sentence for whoever wrote the program. */
      readonly description: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly refusal?: RefusedToken | undefined;
    };

/** The way in for programs with a token, to our own API: RFC 6750 and RFC 9449, in one place. */
export class TokenGate {
  readonly #parts: TokenGateParts;

  constructor(parts: TokenGateParts) {
    this.#parts = parts;
  }

  /** Throws `Unavailable`: what cannot be checked is not let in. */
  async admit(request: Request, needs: GateNeeds): Promise<Admission> {
    const { realm, resource, scopes, anyScope } = needs;
    const presented = readBearer(request);
    if (presented.kind === "none") return refused(401, "no_token", "A bearer token is needed.", { realm });
    if (presented.kind === "unreadable") {
      return refused(400, "invalid_request", presented.description, { realm });
    }
    const { text, scheme } = presented;
    const proofs = await this.#parts.proofs.read(request, text);
    if (!proofs.ok) return refused(401, "invalid_dpop_proof", proofs.refusal, { realm, scheme });
    // RFC 9449 7.1: the scheme says that there is a proof.
    if (scheme === "DPoP" && proofs.proof.dpop === undefined) {
      return refused(401, "invalid_dpop_proof", "There is no DPoP proof.", { realm, scheme });
    }
    const address = this.#parts.addressOf(request);
    // As it was sent: what a parser makes of dot segments is not what was routed.
    const [path = ""] = request.originalUrl.split("?", 1);
    // RFC 9449 7.2: a bound token that comes as Bearer is refused, whatever else came along.
    const proof = scheme === "DPoP" ? proofs.proof : { certificate: proofs.proof.certificate };
    const use = { address, method: request.method, path, resource, scopes, anyScope, proof };
    const token = await this.#parts.verifier.verify(text, use);
    return token.active ? { ok: true, token, text, address } : refusalOf(token, needs, scheme);
  }
}

function refusalOf(token: RefusedToken, needs: GateNeeds, scheme: "Bearer" | "DPoP"): Admission {
  const { realm, scopes, anyScope } = needs;
  const { refusal, rate } = token;
  if (refusal === "scope") {
    const description = "The token lacks a scope that this needs.";
    return {
      ...refused(403, "insufficient_scope", description, {
        realm,
        scheme,
        scope: scopes ?? anyScope?.scopes,
      }),
      refusal: token,
    };
  }
  if ((refusal === "rate" || refusal === "quota") && rate !== undefined) {
    const description =
      refusal === "rate" ? "The token is used too often." : "The token's daily quota is used up.";
    const headers = { ...rateHeaders(rate), "Retry-After": rateHeaders(rate)["RateLimit-Reset"] ?? "60" };
    return { ok: false, status: 429, code: "rate_limited", description, headers, refusal: token };
  }
  // One sentence for all: which limit it was is for the token's owner to see, not for whoever holds it.
  const description = "The token is not good here: unknown, ended, or not for this use.";
  return { ...refused(401, "invalid_token", description, { realm, scheme }), refusal: token };
}

function refused(
  status: 400 | 401 | 403,
  code: NonNullable<Challenge["error"]> | "no_token",
  description: string,
  { realm, scheme, scope }: Pick<Challenge, "realm" | "scheme" | "scope">,
): Extract<Admission, { ok: false }> {
  const told = code === "no_token" ? { realm } : { realm, scheme, error: code, description, scope };
  return { ok: false, status, code, description, headers: { "WWW-Authenticate": challenge(told) } };
}
