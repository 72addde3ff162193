import type { ServerResponse } from "node:http";
import type { Request, Response } from "express";
import type { Browser } from "../flow/browser.ts";
import type { Outcome } from "../flow/outcome.ts";
import type { Problem } from "../flow/problem.ts";
import type { Reply } from "../flow/reply.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { type Random, randomReference } from "../platform/random.ts";
import type { Render } from "./render.ts";

/** Turns what the flow decided into a response. Every endpoint gets one. */
export interface ReplySender {
  outcome(request: Request, response: Response, outcome: Outcome): void;
  reply(request: Request, response: Response, reply: Reply): void;
  /** The error page; its reference stands in the log line too. `action` is the page's one button. */
  problem(request: Request, response: Response, problem: Problem, action?: ProblemAction): void;
}

export interface ProblemAction {
  readonly label: string;
  /** An address of ours, from `site.base` on, or a `mailto:`. */
  readonly href: string;
}

export interface ReplySenderParts {
  readonly issuer: string;
  readonly render: Render;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of every error page, so that an administrator finds what stood behind a person's reference. */
  readonly onProblem?: ((shown: ShownProblem) => void) | undefined;
}

export interface ShownProblem {
  readonly reference: string;
  readonly problem: Problem;
  /** The browser, where the route knows one. */
  readonly browser: Browser | undefined;
}

export function createReplySender(parts: ReplySenderParts): ReplySender {
  const sender: ReplySender = {
    outcome(request, response, outcome) {
      switch (outcome.kind) {
        case "go":
          redirect(response, parts.issuer + outcome.to);
          return;
        case "send":
          sender.reply(request, response, outcome.reply);
          return;
      }
    },
    reply(request, response, reply) {
      switch (reply.kind) {
        case "redirect":
          redirect(response, reply.location);
          return;
        case "form-post":
          sendPage(response, 200, parts.render("form-post", reply));
          return;
        case "problem":
          sender.problem(request, response, reply.problem);
          return;
        case "body":
          for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
          sendText(response, reply.status, reply.contentType, reply.body);
          return;
      }
    },
    problem(request, response, problem, action) {
      sendProblem(parts, request, response, problem, action);
    },
  };
  return sender;
}

/** Sends a page of ours. Headers, the policy among them, were set by http/security-headers.ts. */
export function sendPage(response: ServerResponse, status: number, html: string): void {
  sendText(response, status, "text/html; charset=utf-8", html);
}

/** Without Express's ETag: nothing here is for a cache, and the content type is sent as it was given. */
export function sendText(response: ServerResponse, status: number, contentType: string, text: string): void {
  const bytes = Buffer.from(text);
  response.statusCode = status;
  response.setHeader("Content-Type", contentType);
  response.setHeader("Content-Length", bytes.length);
  response.end(bytes);
}

/**
 * 303, not 302: the browser must not post what the person typed to the next address (RFC 9700 4.12). The address is
 * written as it is, because re-encoding a signed query would break its signature (SAML Bindings 3.4.4.1). No body: it
 * would only repeat an address that may carry a code.
 */
function redirect(response: Response, location: string): void {
  response.statusCode = 303;
  response.setHeader("Location", location);
  response.end();
}

function sendProblem(
  parts: ReplySenderParts,
  request: Request,
  response: Response,
  problem: Problem,
  action: ProblemAction | undefined,
): void {
  const reference = randomReference(parts.random, "GH");
  const { code, status, applicationName, facts } = problem;
  parts.log.warn(
    { reference, code, status, application: applicationName, path: request.path, facts },
    "an error page was shown",
  );
  parts.onProblem?.({ reference, problem, browser: request.browser });
  const homeLink = request.browser?.session !== undefined;
  const atMs = parts.clock.nowMs();
  sendPage(response, status, parts.render("problem", { problem, reference, action, homeLink, atMs }));
}
