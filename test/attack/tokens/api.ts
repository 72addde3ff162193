import assert from "node:assert/strict";
import { make, person, type TokenApp } from "../../tokens/token-app.ts";

export const OWN_API = "http://localhost:4000/api";

export interface Call {
  readonly method?: string;
  readonly token?: string;
  /** A text goes as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Called {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Calls the API; the path is below /api/v1. */
export async function call(app: Pick<TokenApp, "origin">, path: string, init: Call = {}): Promise<Called> {
  const { method = "GET", token, body, headers } = init;
  const response = await fetch(`${app.origin}/api/v1${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = text === "" ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>);
  return { status: response.status, headers: response.headers, text, json };
}

/** A token for our own API of alice, bob or olga, who is an owner. */
export async function caller(
  app: TokenApp,
  who: "alice" | "bob" | "olga",
  scopes: readonly string[],
  limits: Readonly<Record<string, unknown>> = {},
) {
  const made = await make(app, person(app, who), { limits: { resources: [OWN_API], scopes, ...limits } });
  return { id: made.token.id, token: made.secret, facts: made.token };
}

/** The body of a new token. */
export function wanted(app: TokenApp, limits: Readonly<Record<string, unknown>> = {}, more: object = {}) {
  return {
    name: "Made by a program",
    limits: { scopes: ["tokens:read"], resources: [OWN_API], ...limits },
    expires_at: new Date(app.clock.nowMs() + 86_400_000).toISOString(),
    ...more,
  };
}

/** RFC 9457 3.1, and what every problem of ours has besides: an address that says what it is. */
export function isProblem(answer: Called, status: number, name: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  const { type, title, status: told } = answer.json;
  assert.equal(type, `http://localhost:4000/docs/api/problems/${name}`, answer.text);
  assert.equal(told, status);
  assert.ok(typeof title === "string" && title !== "");
}

/** Where in the body, the query or the headers the problem's errors are. */
export function placesOf({ json }: Called): readonly string[] {
  const errors = (json["errors"] ?? []) as readonly Readonly<Record<string, string>>[];
  return errors.map(({ pointer, parameter, header }) => pointer ?? parameter ?? header ?? "");
}
