/** As much of a request as the check needs; Node's `IncomingMessage` and Express's `Request` have it already. */
export interface RequestLike {
  readonly method?: string | undefined;
  /** Path and query. */
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Where it is there, a second Authorization header is seen. */
  readonly rawHeaders?: readonly string[];
  /** The client's address. Behind a proxy: what *your* proxy says, never what the client put into X-Forwarded-For. */
  readonly address?: string | undefined;
  /** RFC 8705: SHA-256 of the client certificate (DER, base64url) of a mutual TLS connection. */
  readonly certificate?: string | undefined;
}

/** What to answer instead. The headers are to be sent as they are. */
export interface Refusal {
  readonly ok: false;
  readonly status: 400 | 401 | 403 | 429 | 503;
  readonly error: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PresentedToken {
  readonly ok: true;
  readonly text: string;
  readonly scheme: "Bearer" | "DPoP";
  /** The DPoP header. */
  readonly proof: string | undefined;
}

const CREDENTIALS = /^(Bearer|DPoP) +([A-Za-z0-9._~+/-]+=*) *$/i;
const LONGEST = 16_384;
const RETRY_AFTER_SECONDS = 5;

/** RFC 6750 2.1: one Authorization header, and no other way in. */
export function tokenOf(request: RequestLike): PresentedToken | Refusal {
  const { authorization, dpop } = request.headers;
  // RFC 6750 2.3: addresses stand in logs and histories. A token that came in one must not be used.
  if (/[?&]access_token=/i.test(request.url ?? "")) return refusal(400, { error: "invalid_request" });
  if (!(request.url ?? "/").startsWith("/")) return refusal(400, { error: "invalid_request" });
  if (authorization === undefined) return refusal(401);
  // Which of two is meant? A proxy may have looked at the other one.
  if (typeof authorization !== "string" || countOf(request, "authorization") > 1) {
    return refusal(400, { error: "invalid_request" });
  }
  if (!/^(Bearer|DPoP)( |$)/i.test(authorization)) return refusal(401);
  const [, scheme = "", text] = CREDENTIALS.exec(authorization) ?? [];
  if (text === undefined || text.length > LONGEST) return refusal(400, { error: "invalid_request" });
  const isDpop = scheme.toLowerCase() === "dpop";
  if (isDpop && typeof dpop !== "string") {
    return refusal(401, { error: "invalid_dpop_proof", scheme: "DPoP" });
  }
  return {
    ok: true,
    text,
    scheme: isDpop ? "DPoP" : "Bearer",
    proof: isDpop && typeof dpop === "string" ? dpop : undefined,
  };
}

function countOf({ rawHeaders = [] }: RequestLike, name: string): number {
  return rawHeaders.filter((one, index) => index % 2 === 0 && one.toLowerCase() === name).length;
}

/** Without the query. */
export function pathOf({ url = "/" }: RequestLike): string {
  return url.replace(/[?#].*$/s, "");
}

/** RFC 6750 3, RFC 9449 7.1; 503 and 429 with Retry-After. */
export function refusal(
  status: Refusal["status"],
  more: {
    readonly error?: string;
    readonly scheme?: "Bearer" | "DPoP";
    readonly scopes?: readonly string[] | undefined;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Refusal {
  const { error, scheme = "Bearer", scopes, headers = {} } = more;
  const parts = [
    ["error", error],
    ["scope", scopes?.join(" ")],
  ].flatMap(([name, value]) => (value === undefined || value === "" ? [] : [`${name}="${value}"`]));
  const challenge = [`${scheme} realm="api"`, ...parts].join(", ");
  switch (status) {
    case 400:
    case 401:
    case 403:
      return { ok: false, status, error, headers: { ...headers, "WWW-Authenticate": challenge } };
    case 429:
    case 503:
      return {
        ok: false,
        status,
        error: error ?? (status === 503 ? "temporarily_unavailable" : "rate_limited"),
        headers: { "Retry-After": String(RETRY_AFTER_SECONDS), ...headers },
      };
  }
}
