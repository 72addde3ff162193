import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import express, { type ErrorRequestHandler, type Express } from "express";
import { type Appearance, doorPage, SECURITY_HEADERS } from "./pages.ts";

/** A setting of the environment; one clear line and status 1 where it is missing. */
export function setting(name: string, fallback?: string): string {
  const value = process.env[name] ?? fallback;
  if (value === undefined || value === "") return stop(`${name} is missing`);
  return value;
}

export function settingFile(name: string): string {
  const path = setting(name);
  try {
    return readFileSync(path, "utf8");
  } catch {
    return stop(`${name}: cannot read ${path}`);
  }
}

/** An Express application with what both examples share: headers, the stylesheet and the mark of Gatehouse. */
export function newApplication(): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use((_request, response, next) => {
    response.set(SECURITY_HEADERS);
    next();
  });
  for (const name of ["gatehouse.css", "logo.svg"]) {
    app.get(`/assets/${name}`, (_request, response) => {
      response.sendFile(name, { root: `${import.meta.dirname}/../../views` });
    });
  }
  app.get("/healthz", (_request, response) => {
    response.type("text").send("ok");
  });
  return app;
}

/** The last handler: a person reads one calm sentence, whoever runs the application reads the reason in its log. */
export function refusalPage(look: Appearance): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    process.stderr.write(
      `${look.name}: ${error instanceof Error ? `${error.name}: ${error.message}` : "?"}\n`,
    );
    const text = "What came back could not be accepted, and nobody was logged in. Start again from here.";
    response.status(400).send(doorPage(look, { title: `${look.name} did not log you in`, text }));
  };
}

/** Listens, says where, and closes down when it is told to. */
export function run(app: Express, port: number, name: string): Server {
  // On the loopback address unless it is told otherwise: whoever knows the demo's password is an owner there.
  const server = app.listen(port, setting("HOST", "127.0.0.1"), (error) => {
    if (error !== undefined) stop(`${name}: port ${port} is in use`);
    process.stdout.write(`${name} listens on port ${port}\n`);
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      server.close(() => process.exit(0));
      server.closeAllConnections();
    });
  }
  return server;
}

function stop(line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}
