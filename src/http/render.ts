import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Eta } from "eta/core";
import { counted, duration, initial, sentence, tileClass, timeParts } from "./presentation.ts";
import { receiptLines } from "./receipt-lines.ts";

/** What every page knows about the installation. */
export interface Site {
  /** The issuer's path without a trailing slash, mostly empty: links and forms of ours begin with it. */
  readonly base: string;
  /** The issuer's host, as the person sees it in the address bar. */
  readonly host: string;
  readonly css: string;
  readonly logo: string;
  readonly script: string;
  /** Links in the footer of the door pages. */
  readonly links: readonly { readonly label: string; readonly href: string }[];
  /** Who helps, shown on every error page; undefined: nobody was named. */
  readonly help?: { readonly label: string; readonly href: string } | undefined;
}

/** Renders `views/<view>.eta`; every interpolation is escaped. Throws when the view does not exist or has a bug. */
export type Render = (view: string, data: object) => string;

/** Short names for the partials; each partial reads one object of its own name, so a page's data cannot leak into it. */
const SHORT_NAMES = `
const { timeParts, counted, sentence, tileClass, initial, duration, receiptLines } = it.words;
const partial = (name, data) => include("/partials/" + name, { [name]: data }).trim();
const icon = (name) => partial("icon", { name });
const chip = (kind, text, icon) => partial("chip", { kind, text, icon });
const banner = (kind, fact, text) => partial("banner", { kind, fact, text });
const copy = (text, label, big) => partial("copy", { text, label, big });
const tile = (id, name, options) => partial("tile", { id, name, ...options });
const field = (options) => partial("field", options);
const time = (atMs, style) => partial("time", { atMs, style });
const bars = (counts, label) => partial("bars", { counts, label });
const links = (pages, current) => partial("links", { pages, current });
`;

const WORDS = { timeParts, counted, sentence, tileClass, initial, duration, receiptLines };

/**
 * Reads every view at the start and compiles each once, at its first use. Eta's own search for files is left out: it costs
 * more than the rendering, and nothing outside the folder can be named this way.
 */
export function createRenderer(site: Site, viewsFolder: string): Render {
  const sources = readViews(viewsFolder);
  const eta = new Eta({ cache: true, autoEscape: true, functionHeader: SHORT_NAMES });
  eta.resolvePath = (path) => path;
  eta.readFile = (path) => {
    const source = sources.get(path);
    if (source === undefined) throw new Error(`there is no view ${path}`);
    return source;
  };
  return (view, data) => eta.render(`/${view}`, { ...data, site, words: WORDS });
}

/** Each view by the path that templates name it by: `/layouts/door`. */
function readViews(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".eta"),
  );
  return new Map(
    files.map((file) => [
      `/${file.slice(0, -".eta".length).replaceAll("\\", "/")}`,
      readFileSync(join(folder, file), "utf8"),
    ]),
  );
}

/** The folder of the views, beside src/. */
export const VIEWS_FOLDER = join(import.meta.dirname, "..", "..", "views");
