import type { JsonProblem, ProblemError } from "../http/problem-json.ts";

/** Every problem of the API. The names are part of the problems' addresses and never change their meaning. */
export const PROBLEMS = {
  "invalid-request": {
    status: 400,
    title: "The request cannot be read",
    explanation:
      "The body is not JSON, has a member that is not known here or comes twice, or a parameter is not one of those that the operation takes. `errors` names each of them.",
  },
  unauthorized: {
    status: 401,
    title: "A token is needed",
    explanation:
      "The call brought no bearer token, or one that is not good here and now: unknown, expired, revoked, suspended, for another API, or used from where it may not be used. A session cookie is never a proof here.",
  },
  "insufficient-scope": {
    status: 403,
    title: "The token may not do this",
    explanation:
      "The token is good, but has none of the scopes that the operation needs. `scopes` lists those that would do.",
  },
  "not-allowed": {
    status: 403,
    title: "The caller may not do this",
    explanation:
      "The scope would do, but not for this: a personal access token is made and rotated by its own person alone, API keys and service tokens need `tokens:write:all`, and no token releases itself.",
  },
  "fresh-login-needed": {
    status: 403,
    title: "A person must log in for this",
    explanation:
      "A suspended token was suspended because somebody else may have it. Its owner can release it on the pages, right after a login; a program needs `tokens:write:all`.",
  },
  "not-found": {
    status: 404,
    title: "There is no such thing",
    explanation:
      "It never was, was removed, or belongs to somebody whose things the calling token may not see.",
  },
  "method-not-allowed": {
    status: 405,
    title: "This address does not take that method",
    explanation: "`Allow` lists the methods that it takes.",
  },
  "not-acceptable": {
    status: 406,
    title: "There is only JSON here",
    explanation: "`Accept` takes neither `application/json` nor anything that it would be a part of.",
  },
  conflict: {
    status: 409,
    title: "Its state does not allow this",
    explanation: "A revoked token never changes again, and only a suspended one can be released.",
  },
  stale: {
    status: 412,
    title: "It was changed meanwhile",
    explanation:
      "`If-Match` names another version than the one that there is. Read it again, and then decide.",
  },
  "too-large": {
    status: 413,
    title: "The body is too large",
    explanation: "More than 64 KiB is not read.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "The body must be JSON",
    explanation: "`Content-Type` must be `application/json`, not compressed.",
  },
  "invalid-value": {
    status: 422,
    title: "A value cannot be taken",
    explanation:
      "The request was understood, and something in it is not allowed: a scope that no resource declares, a life longer than the policy allows, an address that is none. What a token makes, rotates or changes can never have more scopes, resources, addresses, methods, paths, uses or time than the token that calls has itself. `errors` names each.",
  },
  "precondition-required": {
    status: 428,
    title: "The version must be named",
    explanation:
      "Two programs that change one thing must not undo each other. Send the `ETag` that was read as `If-Match`.",
  },
  "too-many-requests": {
    status: 429,
    title: "Too many calls",
    explanation:
      "The token's rate or quota is used up, or too many calls without a good token came from this address. `Retry-After` says when it goes on.",
  },
  internal: {
    status: 500,
    title: "Something broke at our side",
    explanation: "A fault of ours. Whoever looks after Gatehouse finds it by the `reference`.",
  },
  unavailable: {
    status: 503,
    title: "A store does not answer",
    explanation: "Nothing was changed. `Retry-After` says when to try again.",
  },
} as const;

export type ProblemName = keyof typeof PROBLEMS;

/** Where a problem's page stands, below the issuer. */
export const PROBLEM_DOCS_PATH = "/docs/api/problems";

/** What is particular this time. */
export interface ProblemFacts {
  readonly detail?: string | undefined;
  readonly errors?: readonly ProblemError[] | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly reference?: string | undefined;
}

/** A problem as an operation answers it; the endpoint gives it its address. */
export interface ApiProblem extends ProblemFacts {
  readonly name: ProblemName;
}

export function isProblemName(text: string): text is ProblemName {
  return Object.hasOwn(PROBLEMS, text);
}

/** The problem as it is sent (RFC 9457). */
export function jsonProblem(issuer: string, { name, ...facts }: ApiProblem): JsonProblem {
  const { status, title } = PROBLEMS[name];
  return { type: `${issuer}${PROBLEM_DOCS_PATH}/${name}`, title, status, ...facts };
}
