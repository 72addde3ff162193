import { BodyRefused } from "../http/form-body.ts";
import { Busy } from "../platform/busy.ts";
import type { Log } from "../platform/log.ts";
import { type Random, randomReference } from "../platform/random.ts";
import { Unavailable } from "../platform/unavailable.ts";
import type { ApiProblem } from "./problems.ts";

const RETRY_AFTER_SECONDS = 5;

interface ErrorAnswer {
  readonly problem: ApiProblem;
  readonly headers: Readonly<Record<string, string>>;
}

/** What was thrown, as a problem. A store that is away is a 503, never an empty list and never a refusal. */
export function problemOfError(error: unknown, random: Random): ErrorAnswer {
  const reference = randomReference(random, "GH");
  if (error instanceof Unavailable) {
    const headers = { "Retry-After": String(RETRY_AFTER_SECONDS) };
    return { problem: { name: "unavailable", reference }, headers };
  }
  if (error instanceof Busy) {
    const headers = { "Retry-After": String(error.retryAfterSeconds) };
    return { problem: { name: "unavailable", reference }, headers };
  }
  if (error instanceof BodyRefused) return refusedBody(error.status);
  // Express's own: a percent-encoding in the path that cannot be decoded.
  if (isClientError(error)) return { problem: { name: "invalid-request" }, headers: {} };
  return { problem: { name: "internal", reference }, headers: {} };
}

function refusedBody(status: 400 | 413 | 415): ErrorAnswer {
  switch (status) {
    case 400:
      return { problem: { name: "invalid-request", detail: "The body is not UTF-8." }, headers: {} };
    case 413:
      // What was not read must not be taken for the next request.
      return { problem: { name: "too-large" }, headers: { Connection: "close" } };
    case 415:
      return { problem: { name: "unsupported-media-type" }, headers: { Accept: "application/json" } };
  }
}

function isClientError(error: unknown): boolean {
  const status: unknown = error instanceof Error && "status" in error ? error.status : undefined;
  return typeof status === "number" && status >= 400 && status < 500;
}

/** The log gets the cause and the stack of what is our fault; the answer gets the reference. */
export function noteError(
  log: Log,
  error: unknown,
  { name, reference }: ApiProblem,
  request: { readonly method: string; readonly path: string },
): void {
  const fields = { reference, problem: name, method: request.method, path: request.path };
  if (name !== "internal") log.warn({ ...fields, error: String(error) }, "an API call was not answered");
  else
    log.error({ ...fields, error: error instanceof Error ? error.stack : String(error) }, "a fault of ours");
}
