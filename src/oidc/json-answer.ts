/** What an endpoint for programs answers, as a value: its tests need no HTTP. Every one of them is `no-store`. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** undefined: an empty body. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** A JWT instead of JSON (OpenID Connect Core 5.3.2). */
export interface JwtAnswer {
  readonly status: 200;
  readonly headers: Readonly<Record<string, string>>;
  readonly jwt: string;
}

/** RFC 6749 5.1: what holds tokens or says something about them is kept by no cache. */
const NO_STORE: Readonly<Record<string, string>> = { "Cache-Control": "no-store", Pragma: "no-cache" };

/** 200. Members that are undefined are left out when it is written. */
export function okAnswer(body: Readonly<Record<string, unknown>> | undefined): JsonAnswer {
  return { status: 200, headers: NO_STORE, body };
}

/** 200, as `application/jwt`. */
export function jwtAnswer(jwt: string): JwtAnswer {
  return { status: 200, headers: NO_STORE, jwt };
}

export function errorAnswer(
  status: number,
  body: { readonly error: string; readonly error_description: string },
  headers: Readonly<Record<string, string>> = {},
): JsonAnswer {
  return { status, headers: { ...NO_STORE, ...headers }, body };
}
