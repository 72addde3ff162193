import type { Response } from "express";

/** One thing that is wrong with a request: where it stands, and what is wrong with it, as a sentence. */
export interface ProblemError {
  readonly detail: string;
  /** A JSON pointer into the body (RFC 6901), as in RFC 9457 3. */
  readonly pointer?: string | undefined;
  /** The query's parameter. */
  readonly parameter?: string | undefined;
  readonly header?: string | undefined;
}

/** A problem of an HTTP API (RFC 9457 3.1). Nothing in it is a secret or the text of an error of ours. */
export interface JsonProblem {
  /** A stable address that says what the problem is; programs compare it. */
  readonly type: string;
  /** The same for every problem of the type. */
  readonly title: string;
  readonly status: number;
  /** What is the matter this time, as a sentence. */
  readonly detail?: string | undefined;
  readonly errors?: readonly ProblemError[] | undefined;
  /** What an administrator finds the log line by. */
  readonly reference?: string | undefined;
  /** The scopes that would have been enough. */
  readonly scopes?: readonly string[] | undefined;
}

/** Sends a problem as `application/problem+json`. The headers that belong to its status are the caller's. */
export function sendProblemJson(response: Response, problem: JsonProblem): void {
  sendJson(response, problem.status, problem, "application/problem+json");
}

/** Sends JSON without Express's ETag and charset parameter (RFC 8259 11 defines none). */
export function sendJson(
  response: Response,
  status: number,
  body: unknown,
  contentType: "application/json" | "application/problem+json" = "application/json",
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.statusCode = status;
  response.setHeader("Content-Type", contentType);
  response.setHeader("Content-Length", bytes.length);
  response.end(bytes);
}
