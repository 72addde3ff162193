import { createServer } from "node:http";
import type { TestContext } from "node:test";
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import type { Browser } from "../../src/flow/browser.ts";

/** Serves the handlers on a free port until the test ends; the address without a trailing slash. */
export async function serve(
  t: TestContext,
  ...handlers: readonly (RequestHandler | { readonly errors: ErrorRequestHandler })[]
): Promise<string> {
  const app = express();
  for (const handler of handlers) app.use("errors" in handler ? handler.errors : handler);
  const { url, close } = await listenOn(app);
  t.after(close);
  return url;
}

/** Listens on a free port of loopback until `close`. */
export async function listenOn(app: Express): Promise<{ url: string; close: () => void }> {
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${address.port}`, close };
}

/** A browser without a session, for what needs no store. */
export function bareBrowser(binding: string | undefined = "binding-of-this-browser"): Browser {
  const never = async (): Promise<never> => await Promise.reject(new Error("not in this test"));
  return {
    session: undefined,
    account: undefined,
    binding,
    address: "192.0.2.7",
    logIn: never,
    logOut: never,
  };
}

/** Puts a browser on each request, in the place of http/browser.ts. */
export function withBrowser(browser: Browser): RequestHandler {
  return (request, _response, next) => {
    request.browser = browser;
    next();
  };
}

/** Posts a form; redirects are not followed. */
export async function post(
  url: string,
  fields: Readonly<Record<string, string>> | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const body = typeof fields === "string" ? fields : new URLSearchParams(fields).toString();
  return await fetch(url, {
    method: "POST",
    body,
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });
}
