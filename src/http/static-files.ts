import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Request, type Response, Router } from "express";
import type { Site } from "./render.ts";

/** A file of the pages as it is served: its address carries its content's hash. */
interface Asset {
  readonly path: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

export interface Assets {
  readonly site: Pick<Site, "css" | "logo" | "script">;
  readonly router: Router;
}

const FILES = {
  css: ["gatehouse.css", "text/css; charset=utf-8"],
  logo: ["logo.svg", "image/svg+xml"],
  script: ["gatehouse.js", "text/javascript; charset=utf-8"],
} as const;

const IMMUTABLE = "public, max-age=31536000, immutable";
const AN_HOUR = "public, max-age=3600";

/**
 * The stylesheet, the mark and the script, read once. Under the address with the hash they may be cached for good: a
 * changed file has another address. Under their plain names they are there too, for an hour, for pages outside ours.
 */
export function loadAssets(viewsFolder: string, base: string): Assets {
  const router = Router();
  const publish = ([name, contentType]: (typeof FILES)[keyof typeof FILES]): string => {
    const bytes = readFileSync(join(viewsFolder, name));
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
    const path = `/assets/${name.replace(".", `-${hash}.`)}`;
    router.get(path, (request, response) => send({ path, contentType, bytes }, IMMUTABLE, request, response));
    router.get(`/assets/${name}`, (request, response) =>
      send({ path, contentType, bytes }, AN_HOUR, request, response),
    );
    return base + path;
  };
  return {
    site: { css: publish(FILES.css), logo: publish(FILES.logo), script: publish(FILES.script) },
    router,
  };
}

function send(asset: Asset, caching: string, request: Request, response: Response): void {
  const tag = `"${asset.path}"`;
  response.setHeader("Cache-Control", caching);
  response.setHeader("ETag", tag);
  if (request.headers["if-none-match"] === tag) {
    response.statusCode = 304;
    response.end();
    return;
  }
  response.setHeader("Content-Type", asset.contentType);
  response.setHeader("Content-Length", asset.bytes.length);
  response.end(asset.bytes);
}
