import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

/** Answers a request whose address and method are settled. */
export type Serve = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** GET answers HEAD too; what is not here is 405. */
export type Methods = Readonly<Partial<Record<"GET" | "POST" | "OPTIONS", Serve>>>;

/**
 * An endpoint for programs that needs no session, no cookie and no page: it is answered before Express, whose way to a
 * handler costs more than what most of these do. It is also a middleware, so that it can be mounted like any other.
 */
export interface DirectEndpoint {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
  readonly paths: readonly string[];
  readonly serve: Serve;
}

/** `paths` are compared as they are: no other case, no slash at the end. */
export function directEndpoint(paths: readonly string[], methods: Methods): DirectEndpoint {
  const serve = byMethod(methods);
  const endpoint = (
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): void => {
    if (paths.includes(pathOf(request))) void attempt(serve, request, response, next);
    else next();
  };
  return Object.assign(endpoint, { paths, serve });
}

export interface DirectParts {
  readonly endpoints: readonly DirectEndpoint[];
  /** The issuer's path, without a slash at its end: the endpoints answer with it and without. */
  readonly base: string;
  /** What every answer gets, before the endpoint is called. */
  readonly before: (request: IncomingMessage, response: ServerResponse, path: string) => void;
  readonly failed: (error: unknown, request: IncomingMessage, response: ServerResponse) => void;
}

/** The endpoints by their address, in one look-up; `rest` gets every other request. A target that is no address is 400. */
export function directFirst(
  { endpoints, base, before, failed }: DirectParts,
  rest: RequestListener,
): RequestListener {
  const byPath = new Map<string, { readonly path: string; readonly serve: Serve }>();
  for (const { paths, serve } of endpoints) {
    for (const path of paths) byPath.set(path, { path, serve }).set(base + path, { path, serve });
  }
  return (request, response) => {
    if (!readTarget(request, response)) return;
    const found = byPath.get(pathOf(request));
    if (found === undefined) {
      rest(request, response);
      return;
    }
    before(request, response, found.path);
    void attempt(found.serve, request, response, (error) => failed(error, request, response));
  };
}

/** What follows the authority; whose authority it is counts for nothing, as with Host: our address is the issuer's. */
const ABSOLUTE_FORM = /^https?:\/\/[^/?#]+([^#]*)$/i;

/**
 * Leaves the path and the query in `request.url`, also where a proxy sends the whole address (RFC 9112 3.2.2). What is
 * neither is answered here, and false is returned: no endpoint lives there, and Express would run ours without a path.
 */
function readTarget(request: IncomingMessage, response: ServerResponse): boolean {
  const { url = "" } = request;
  if (url.startsWith("/")) return true;
  const [, rest] = ABSOLUTE_FORM.exec(url) ?? [];
  if (rest !== undefined) {
    request.url = rest.startsWith("/") ? rest : `/${rest}`;
    return true;
  }
  // `OPTIONS *` asks whether the server is there at all (RFC 9110 9.3.7).
  response.statusCode = url === "*" && request.method === "OPTIONS" ? 204 : 400;
  response.end();
  return false;
}

/** The path of the request's address, as it was sent. */
export function pathOf({ url = "" }: IncomingMessage): string {
  const cut = url.indexOf("?");
  return cut === -1 ? url : url.slice(0, cut);
}

/** What is thrown at once and what rejects later come out the same way. */
async function attempt(
  serve: Serve,
  request: IncomingMessage,
  response: ServerResponse,
  failed: (error: unknown) => void,
): Promise<void> {
  try {
    await serve(request, response);
  } catch (error) {
    failed(error);
  }
}

function byMethod(methods: Methods): Serve {
  const { GET, POST, OPTIONS } = methods;
  const refuse = notAllowed(
    Object.keys(methods).flatMap((name) => (name === "GET" ? [name, "HEAD"] : [name])),
  );
  return (request, response) => {
    switch (request.method) {
      case "GET":
      case "HEAD":
        return (GET ?? refuse)(request, response);
      case "POST":
        return (POST ?? refuse)(request, response);
      case "OPTIONS":
        return (OPTIONS ?? refuse)(request, response);
      default:
        return refuse(request, response);
    }
  };
}

/** 405, with the methods that there are (RFC 9110 15.5.6). */
export function notAllowed(methods: readonly string[]): (request: unknown, response: ServerResponse) => void {
  const allow = methods.join(", ");
  return (_request, response) => {
    response.statusCode = 405;
    response.setHeader("Allow", allow);
    response.end();
  };
}
