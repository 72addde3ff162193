import type { IncomingMessage, ServerResponse } from "node:http";
import { type RequestHandler, type Response, Router } from "express";
import { collectDefaultMetrics, Counter, Histogram, Registry } from "prom-client";
import { metricsAccess } from "./metrics-access.ts";

/** A store as the readiness page sees it: `ping` resolves when it answers. */
export interface Pingable {
  ping(): Promise<void>;
}

export interface HealthParts {
  readonly durable: Pingable;
  readonly volatile: Pingable;
  /** False while the process closes down: the balancer sends no more. */
  readonly accepting: () => boolean;
  readonly metrics: Metrics;
  /** What a reader of `/metrics` must bring; undefined: only this machine reads them. */
  readonly metricsToken: string | undefined;
}

const PING_WITHIN_MS = 1_500;

/**
 * `/healthz`: the process is alive. `/readyz`: it can serve, because both stores answer; 503 otherwise, with the name
 * of the one that does not. `/metrics`: numbers for Prometheus, without a secret or a name of a person, for those whom
 * metrics-access.ts admits: how much is used, and how often logins fail, is nobody else's business.
 */
export function healthEndpoint(parts: HealthParts): Router {
  const router = Router();
  router.get("/healthz", (_request, response) => {
    response.json({ status: "alive" });
  });
  router.get("/readyz", async (_request, response) => {
    await answerReadiness(parts, response);
  });
  const accessOf = metricsAccess(parts.metricsToken);
  router.get("/metrics", async (request, response) => {
    const access = accessOf(request);
    if (access !== "granted") {
      refuseMetrics(access, response);
      return;
    }
    response.setHeader("Content-Type", parts.metrics.registry.contentType);
    response.end(await parts.metrics.registry.metrics());
  });
  return router;
}

function refuseMetrics(access: "token-needed" | "loopback-only", response: Response): void {
  switch (access) {
    case "token-needed":
      response.status(401).setHeader("WWW-Authenticate", 'Bearer realm="metrics"');
      response.type("text").send("The metrics are for whoever brings the bearer token.\n");
      return;
    case "loopback-only":
      response.status(403).type("text");
      response.send("The metrics are for this machine, or for a bearer token (GATEHOUSE_METRICS_TOKEN).\n");
  }
}

async function answerReadiness(parts: HealthParts, response: Response): Promise<void> {
  const [durable, volatile] = await Promise.all([answers(parts.durable), answers(parts.volatile)]);
  const ready = parts.accepting() && durable && volatile;
  response.status(ready ? 200 : 503).json({
    status: ready ? "ready" : "not ready",
    durable: durable ? "answers" : "does not answer",
    volatile: volatile ? "answers" : "does not answer",
  });
}

async function answers(store: Pingable): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), PING_WITHIN_MS);
  try {
    return await Promise.race([store.ping().then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** What is counted. One for each process; tests make their own. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Counter<"route" | "method" | "status">;
  readonly #seconds: Histogram<"route">;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.#requests = new Counter({
      name: "gatehouse_http_requests_total",
      help: "Requests answered, by route, method and class of the status.",
      labelNames: ["route", "method", "status"],
      registers: [this.registry],
    });
    this.#seconds = new Histogram({
      name: "gatehouse_http_request_seconds",
      help: "Time from the request's head to the end of the answer.",
      labelNames: ["route"],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [this.registry],
    });
  }

  /** Counts every answer. */
  middleware(): RequestHandler {
    return (request, response, next) => {
      this.count(request, response, () => routeOf(request.route));
      next();
    };
  }

  /** Counts the answer when it has gone out. `route`: its label, asked for at the end; one of a few, ours. */
  count(request: IncomingMessage, response: ServerResponse, route: () => string): void {
    const startedAt = process.hrtime.bigint();
    response.once("finish", () => {
      const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
      const label = route();
      const status = `${Math.floor(response.statusCode / 100)}xx`;
      this.#requests.inc({ route: label, method: methodOf(request.method), status });
      this.#seconds.observe({ route: label }, seconds);
    });
  }
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** A label's values are ours, never the client's: a name made up for each request would fill the memory. */
function methodOf(method = "other"): string {
  return METHODS.has(method) ? method : "other";
}

/** The route's own pattern (`/accounts/:id`), not the address. */
function routeOf(route: unknown): string {
  const path = typeof route === "object" && route !== null && "path" in route ? route.path : undefined;
  return typeof path === "string" ? path : "other";
}
