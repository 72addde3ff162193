import { readdirSync, readFileSync } from "node:fs";
import { posix, resolve } from "node:path";

/** One source file: its path from the project's folder, its text, and what it imports. */
export interface Module {
  readonly path: string;
  readonly text: string;
  /** Package names and `node:` names as written; relative ones as paths from the project's folder. */
  readonly imports: readonly string[];
}

// `import … from "x"`, `import "x"`, `export … from "x"`, also over several lines, and the `type` forms of each.
const STATIC =
  /^[ \t]*(?:import(?:\s+type)?(?:[\w\s{},*$]+?from)?|export(?:\s+type)?\s*(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from)\s*["']([^"']+)["']/gm;
// `import("x")` as an expression and as a type, and `require("x")`.
const DYNAMIC = /\b(?:import|require)\(\s*["']([^"']+)["']/g;

/** Every file that `path` names, `import type` and dynamic imports included. */
export function importsOf(path: string, text: string): readonly string[] {
  const names = [...text.matchAll(STATIC), ...text.matchAll(DYNAMIC)].flatMap((match) => match[1] ?? []);
  return [...new Set(names.map((name) => (name.startsWith(".") ? relativeTo(path, name) : name)))];
}

/** All modules below `folder`, sorted by path. */
export function readModules(folder: string): readonly Module[] {
  const root = resolve(import.meta.dirname, "../..");
  return readdirSync(resolve(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))
    .map((name) => posix.join(folder, name))
    .sort()
    .map((path) => moduleOf(path, readFileSync(resolve(root, path), "utf8")));
}

export function moduleOf(path: string, text: string): Module {
  return { path, text, imports: importsOf(path, text) };
}

/** `src/saml/xml/reader.ts` is in `saml`; a file directly below `src` is in the folder of its own name. */
export function partOf(path: string): string {
  return path.split("/")[1] ?? path;
}

/** The package behind an import: `@xmldom/xmldom/lib/x` is `@xmldom/xmldom`, `node:fs/promises` is `node:fs`. */
export function packageOf(name: string): string {
  const parts = name.split("/");
  return name.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? name);
}

/** Circles in the graph of imports, each as the list of its files; every circle is named once. */
export function circlesIn(modules: readonly Module[]): readonly string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      circles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      return;
    }
    if (done.has(path)) return;
    for (const next of byPath.get(path)?.imports ?? []) {
      if (byPath.has(next)) visit(next, [...trail, path]);
    }
    done.add(path);
  };
  for (const module of modules) visit(module.path, []);
  return circles;
}

function relativeTo(path: string, name: string): string {
  return posix.join(posix.dirname(path), name);
}
