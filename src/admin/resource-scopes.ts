import type { ResourceScope } from "../model/resource.ts";
import type { Issue } from "./acts/act.ts";

/**
 * Reads scopes as a person writes them, `name=description` each, and beside them `name=group` for what only a group's
 * members may hold. The rules about names and texts are the acts'.
 */
export function readScopeLines(
  scopeLines: readonly string[],
  groupLines: readonly string[],
): { readonly scopes: readonly ResourceScope[] } | { readonly issue: Issue } {
  const groups = new Map<string, string[]>();
  for (const line of groupLines) {
    const [name, group] = pair(line);
    if (name === "" || group === "") {
      return { issue: { field: "scopeGroups", text: `Write scope=group, not “${short(line)}”.` } };
    }
    groups.set(name, [...(groups.get(name) ?? []), group]);
  }
  const scopes = scopeLines.map((line) => {
    const [name, description] = pair(line);
    const own = groups.get(name);
    groups.delete(name);
    return { name, description, ...(own === undefined ? {} : { groups: own }) };
  });
  const [stray] = groups.keys();
  if (stray === undefined) return { scopes };
  return { issue: { field: "scopeGroups", text: `“${short(stray)}” is none of the scopes above.` } };
}

/** The lines that `readScopeLines` reads. */
export function scopeLinesOf(scopes: readonly ResourceScope[]): {
  readonly scopes: string;
  readonly scopeGroups: string;
} {
  return {
    scopes: scopes.map(({ name, description }) => `${name}=${description}`).join("\n"),
    scopeGroups: scopes
      .flatMap(({ name, groups = [] }) => groups.map((group) => `${name}=${group}`))
      .join("\n"),
  };
}

/** Cut at the first sign: a scope's name may not have one here, a description and a group may. */
function pair(line: string): readonly [string, string] {
  const cut = line.indexOf("=");
  return cut === -1 ? [line.trim(), ""] : [line.slice(0, cut).trim(), line.slice(cut + 1).trim()];
}

function short(text: string): string {
  return text.slice(0, 80);
}
