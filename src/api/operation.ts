import type { z, ZodObject, ZodType } from "zod";
import type { ProblemError } from "../http/problem-json.ts";
import type { ApiCaller } from "./caller.ts";
import type { ApiProblem, ProblemName } from "./problems.ts";

export type Method = "get" | "post" | "patch" | "delete";

/** The one good answer of an operation. */
export interface AnswerFacts {
  readonly status: 200 | 201 | 204;
  readonly description: string;
  readonly schema?: ZodType | undefined;
  readonly example?: unknown;
}

/** What the router and the OpenAPI document both need to know of an operation. */
export interface OperationFacts<Q extends ZodObject = ZodObject, B extends ZodType = ZodType> {
  /** `operationId`. */
  readonly id: string;
  readonly method: Method;
  /** Below /api/v1; an id is written `{id}`. */
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** Any of these is enough. */
  readonly scopes: readonly string[];
  readonly query?: Q | undefined;
  readonly body?: B | undefined;
  readonly bodyExample?: unknown;
  readonly answer: AnswerFacts;
  /** Beside those that every operation may answer. */
  readonly problems: readonly ProblemName[];
  /** `demanded`: 428 without `If-Match`. `honoured`: it may be left out. */
  readonly ifMatch?: "demanded" | "honoured" | undefined;
}

/** A call whose caller is known and may do this, before its query and body are read. */
export interface ApiCall {
  readonly caller: ApiCaller;
  /** The path's `{id}`, or empty. */
  readonly id: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** The version that `If-Match` names; undefined: no such header, or `*`. */
  readonly version: number | undefined;
}

export type TypedCall<Q, B> = Omit<ApiCall, "query" | "body"> & { readonly query: Q; readonly body: B };

export interface ApiAnswer {
  readonly kind: "answer";
  readonly body?: unknown;
  /** Of the record in the body, for `ETag`. */
  readonly version?: number | undefined;
  /** Below /api/v1, for `Location`. */
  readonly location?: string | undefined;
  /** The cursor of the next page, for `Link`. */
  readonly next?: string | undefined;
}

export type ApiResult = ApiAnswer | ({ readonly kind: "problem" } & ApiProblem);

export interface ApiOperation extends OperationFacts {
  readonly handle: (call: ApiCall) => Promise<ApiResult>;
}

/** Binds a description to its code; the query and the body reach the code read and checked by their schemas. */
export function operation<Q extends ZodObject, B extends ZodType>(
  facts: OperationFacts<Q, B>,
  handle: (call: TypedCall<z.output<Q>, z.output<B>>) => Promise<ApiResult>,
): ApiOperation {
  return {
    ...facts,
    handle: async (call) => {
      const query = read(facts.query, call.query, "parameter");
      if (!query.ok) return query.problem;
      const body = read(facts.body, call.body, "pointer");
      if (!body.ok) return body.problem;
      return await handle({ ...call, query: query.value, body: body.value });
    },
  };
}

export function answer(facts: Omit<ApiAnswer, "kind">): ApiAnswer {
  return { kind: "answer", ...facts };
}

export function problem(name: ProblemName, facts: Omit<ApiProblem, "name"> = {}): ApiResult {
  return { kind: "problem", name, ...facts };
}

/** Where nothing is read, nothing may come: the value is then `undefined` and of no use to the code. */
function read<S extends ZodType>(
  schema: S | undefined,
  value: unknown,
  place: "parameter" | "pointer",
): { readonly ok: true; readonly value: z.output<S> } | { readonly ok: false; readonly problem: ApiResult } {
  if (schema === undefined) {
    const names = Object.keys(value ?? {});
    if (names.length === 0) return { ok: true, value: undefined as z.output<S> };
    const errors = names.map((name) => errorAt(place, [name], "it is not known here"));
    return { ok: false, problem: problem("invalid-request", { errors }) };
  }
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const errors = result.error.issues.slice(0, 50).flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [errorAt(place, issue.path, issue.message)];
    return issue.keys.map((key) => errorAt(place, [...issue.path, key], "it is not known here"));
  });
  return { ok: false, problem: problem("invalid-request", { errors }) };
}

/** Names from outside are cut: an answer must not grow with what was sent. */
function errorAt(place: "parameter" | "pointer", path: readonly PropertyKey[], detail: string): ProblemError {
  const names = path.map((name) => String(name).slice(0, 100));
  if (place === "parameter") return { detail, parameter: names.join(".") };
  const pointer = names.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  return { detail, pointer };
}
