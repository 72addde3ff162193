import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from "express";
import { rateHeaders } from "../http/bearer.ts";
import { rawQuery, readText } from "../http/form-body.ts";
import { Parameters } from "../http/parameters.ts";
import { sendJson, sendProblemJson } from "../http/problem-json.ts";
import { JsonRefused, readJson } from "../http/json-body.ts";
import type { Log } from "../platform/log.ts";
import type { Random } from "../platform/random.ts";
import type { ApiCaller } from "./caller.ts";
import { noteError, problemOfError } from "./errors.ts";
import { API_PATH, type NamedSchemas, openApiDocument } from "./openapi.ts";
import { type ApiAnswer, type ApiOperation, type ApiResult, problem } from "./operation.ts";
import { acceptsJson, entityTag, readIfMatch } from "./preconditions.ts";
import { type ApiProblem, jsonProblem } from "./problems.ts";

/** Who calls, or why that is not known. `headers` belong to the answer: a challenge, `Retry-After`. */
export type ApiAuthentication =
  | { readonly kind: "caller"; readonly caller: ApiCaller }
  | {
      readonly kind: "refused";
      readonly problem: ApiProblem;
      readonly headers: Readonly<Record<string, string>>;
    };

export interface ApiEndpointParts {
  readonly issuer: string;
  readonly operations: readonly ApiOperation[];
  readonly schemas: NamedSchemas;
  /**
   * Reads the Authorization header, and nothing else of the request, and checks the token: for any of the operation's
   * scopes too, so that a use without them is counted as what it is.
   */
  readonly authenticate: (
    request: Request,
    operation: Pick<ApiOperation, "id" | "scopes">,
  ) => Promise<ApiAuthentication>;
  readonly log: Log;
  readonly random: Random;
}

const BODY_LIMIT_BYTES = 65_536;
const JSON_BODY = /^application\/json[ \t]*(;|$)/i;

/**
 * Everything under /api/v1, mounted before the session middleware: no cookie is read here, so no page can act through
 * somebody's browser. Routes and OpenAPI document come from the one list of operations.
 */
export function apiEndpoint(parts: ApiEndpointParts): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const document = openApiDocument(parts.issuer, parts.operations, parts.schemas);
  router.get("/openapi.json", (_request, response) => {
    sendJson(response, 200, document);
  });
  router.all("/openapi.json", notAllowed(parts, ["get"]));
  const byPath = Map.groupBy(parts.operations, ({ path }) => path);
  // Fixed names come before those with an id, which they would otherwise be taken for.
  const paths = [...byPath.keys()].toSorted((a, b) => Number(a.includes("{")) - Number(b.includes("{")));
  for (const path of paths) {
    const operations = byPath.get(path) ?? [];
    const route = path.replaceAll(/\{(\w+)\}/g, ":$1");
    for (const one of operations) router[one.method](route, serve(parts, one));
    router.all(
      route,
      notAllowed(
        parts,
        operations.map(({ method }) => method),
      ),
    );
  }
  router.use((_request, response) => {
    sendProblem(parts, response, { name: "not-found" });
  });
  router.use(onError(parts));
  return router;
}

function serve(parts: ApiEndpointParts, operation: ApiOperation): RequestHandler {
  return async (request, response) => {
    if (!acceptsJson(request.headers.accept)) {
      sendProblem(parts, response, { name: "not-acceptable" });
      return;
    }
    const found = await parts.authenticate(request, operation);
    if (found.kind === "refused") {
      setHeaders(response, found.headers);
      sendProblem(parts, response, found.problem);
      return;
    }
    const { rate } = found.caller.token;
    if (rate !== undefined) setHeaders(response, rateHeaders(rate));
    const result = await call(operation, found.caller, request);
    send(parts, request, response, operation, result);
  };
}

async function call(operation: ApiOperation, caller: ApiCaller, request: Request): Promise<ApiResult> {
  const query = queryRecord(request);
  if (query === undefined)
    return problem("invalid-request", { detail: "The query cannot be decoded, or names a parameter twice." });
  const match = readIfMatch(request.headers["if-match"]);
  if (match.kind === "unreadable") {
    const errors = [{ header: "If-Match", detail: "it takes one entity tag" }];
    return problem("invalid-request", { errors });
  }
  if (operation.ifMatch === "demanded" && match.kind === "absent") return problem("precondition-required");
  const body = await bodyOf(operation, request);
  if (body.kind === "refused") return body.result;
  const { id } = request.params;
  const version = match.kind === "version" ? match.version : undefined;
  return await operation.handle({
    caller,
    id: typeof id === "string" ? id : "",
    query,
    body: body.value,
    version,
  });
}

/** Undefined: it cannot be decoded, or a name came twice, and we do not choose between the two. */
function queryRecord(request: Request): Readonly<Record<string, string>> | undefined {
  const parameters = Parameters.read(rawQuery(request));
  if (parameters === undefined) return undefined;
  const names = parameters.names();
  if (parameters.repeated(names).length > 0) return undefined;
  return Object.fromEntries(names.map((name) => [name, parameters.get(name) ?? ""]));
}

type Body =
  | { readonly kind: "read"; readonly value: unknown }
  | { readonly kind: "refused"; readonly result: ApiResult };

/** What an operation without a body is sent is not read: it changes nothing. */
async function bodyOf(operation: ApiOperation, request: Request): Promise<Body> {
  if (operation.body === undefined) return { kind: "read", value: undefined };
  // Throws BodyRefused, which `onError` turns into 413 or 415.
  const text = await readText(request, JSON_BODY, BODY_LIMIT_BYTES);
  try {
    return { kind: "read", value: readJson(text) };
  } catch (error) {
    if (!(error instanceof JsonRefused)) throw error;
    return { kind: "refused", result: problem("invalid-request", { detail: `The body: ${error.message}.` }) };
  }
}

function send(
  parts: ApiEndpointParts,
  request: Request,
  response: Response,
  operation: ApiOperation,
  result: ApiResult,
): void {
  if (result.kind === "problem") {
    const { kind: _, ...facts } = result;
    sendProblem(parts, response, facts);
    return;
  }
  sendAnswer(parts, request, response, operation.answer.status, result);
}

function sendAnswer(
  { issuer }: ApiEndpointParts,
  request: Request,
  response: Response,
  status: number,
  { body, version, location, next }: ApiAnswer,
): void {
  if (version !== undefined) response.setHeader("ETag", entityTag(version));
  if (location !== undefined) response.setHeader("Location", issuer + API_PATH + location);
  if (next !== undefined) {
    const query = new URLSearchParams(rawQuery(request));
    query.set("after", next);
    const path = request.path;
    response.setHeader("Link", `<${issuer}${API_PATH}${path}?${query.toString()}>; rel="next"`);
  }
  if (body !== undefined) {
    sendJson(response, status, body);
    return;
  }
  response.statusCode = status;
  response.end();
}

function notAllowed(parts: ApiEndpointParts, methods: readonly string[]): RequestHandler {
  const taken = methods.flatMap((method) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]));
  const allow = [...taken, "OPTIONS"].join(", ");
  return (request, response) => {
    response.setHeader("Allow", allow);
    if (request.method === "OPTIONS") {
      // No CORS header: what is here is for programs, not for pages of other sites.
      response.statusCode = 204;
      response.end();
      return;
    }
    sendProblem(parts, response, { name: "method-not-allowed" });
  };
}

function setHeaders(response: Response, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

function sendProblem({ issuer }: ApiEndpointParts, response: Response, facts: ApiProblem): void {
  sendProblemJson(response, jsonProblem(issuer, facts));
}

function onError(parts: ApiEndpointParts): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const found = problemOfError(error, parts.random);
    noteError(parts.log, error, found.problem, request);
    if (response.headersSent) {
      next(error);
      return;
    }
    setHeaders(response, found.headers);
    sendProblem(parts, response, found.problem);
  };
}
