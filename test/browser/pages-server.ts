import express from "express";
import { createRenderer, VIEWS_FOLDER } from "../../src/http/render.ts";
import { securityHeaders } from "../../src/http/security-headers.ts";
import { loadAssets } from "../../src/http/static-files.ts";
import { listenOn } from "../http/serve.ts";
import { SAMPLE_PAGES } from "./sample-pages.ts";

/** The logout page's policy lets it load frames; the rest is the policy of every page. */
const FRAMES = "frame-src 'self'; frame-ancestors 'self'";

export interface PagesServer {
  readonly url: string;
  /** What was posted to /arrived, as it came. */
  readonly arrived: string[];
  close(): void;
}

/** Serves each sample page under its number, with the real headers and assets; `?rtl` turns it around. */
export async function servePages(): Promise<PagesServer> {
  const assets = loadAssets(VIEWS_FOLDER, "");
  const site = { base: "", host: "id.example.org", links: [], ...assets.site };
  const render = createRenderer(site, VIEWS_FOLDER);
  const arrived: string[] = [];
  const app = express();
  app.use(securityHeaders("http://localhost"), assets.router, express.text({ type: () => true }));
  app.get("/page/:number", (request, response) => {
    const sample = SAMPLE_PAGES[Number(request.params.number)];
    if (sample?.view === "logout-run") allowFrames(response);
    const dir = "rtl" in request.query ? "rtl" : "ltr";
    response.type("html").send(sample === undefined ? "" : render(sample.view, { ...sample.data, dir }));
  });
  app.get("/frame", (_request, response) => {
    allowFrames(response);
    response.type("html").send("<!DOCTYPE html><title>x</title>");
  });
  app.get("/favicon.ico", (_request, response) => {
    response.status(204).end();
  });
  app.all("/arrived", (request, response) => {
    arrived.push(String(request.body));
    response.type("text").send("arrived");
  });
  return { ...(await listenOn(app)), arrived };
}

function allowFrames(response: express.Response): void {
  const policy = response.get("Content-Security-Policy") ?? "";
  response.set("Content-Security-Policy", policy.replace("frame-ancestors 'none'", FRAMES));
  response.removeHeader("X-Frame-Options");
}
