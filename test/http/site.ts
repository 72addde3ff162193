import { createRenderer, type Render, type Site, VIEWS_FOLDER } from "../../src/http/render.ts";
import type { Log } from "../../src/platform/log.ts";

export const TEST_SITE: Site = {
  base: "",
  host: "id.example.org",
  css: "/assets/gatehouse.css",
  logo: "/assets/logo.svg",
  script: "/assets/gatehouse.js",
  links: [],
};

export function testRenderer(): Render {
  return createRenderer(TEST_SITE, VIEWS_FOLDER);
}

export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A log that keeps its lines. */
export function keptLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const keep = (level: LogLine["level"]) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, info: keep("info"), warn: keep("warn"), error: keep("error") };
}
