import { z } from "zod";
import { parseSource } from "../../flow/release-expression.ts";
import type { Application } from "../../model/application.ts";
import type { ReleaseRule } from "../../model/release.ts";
import { isProtectedClaim } from "../../oidc/claims.ts";
import { canBeNamed, releaseWarnings } from "../../saml/attributes.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, type Issue, recorded, refused } from "./act.ts";
import { replaceApplication } from "./replace-application.ts";

/** As many lines as a mapping may have. */
export const MOST_RULES = 60;
const NAMES_SHOWN_CHARACTERS = 500;

const Row = z.strictObject({
  name: z.string().trim().min(1, "The name is missing.").max(300),
  /** An expression of flow/release-expression.ts. */
  source: z.string().max(1000),
  nameFormat: z.string().max(300).optional(),
  friendlyName: z.string().max(200).optional(),
  scope: z
    .string()
    .regex(/^[!#-[\]-~]{1,100}$/, "This is no scope.")
    .optional(),
  multiValued: z.boolean().optional(),
});

/** One line of a mapping as an administrator writes it. */
export type ReleaseRow = z.input<typeof Row>;

/**
 * Says which attributes or claims an application gets, for both protocols. No rows: the protocol's ready-made set. It
 * holds from the next sign-on; tokens that are out keep what they have.
 */
export async function changeRelease(
  parts: ActParts,
  actor: Actor,
  id: string,
  rows: readonly ReleaseRow[],
): Promise<ActResult<{ readonly application: Application; readonly warnings: readonly string[] }>> {
  const found = await parts.store.applications.get(id);
  if (found === undefined) return refused("not-found", "there is no such application");
  if (rows.length > MOST_RULES) return refused("invalid", `a mapping has ${MOST_RULES} lines at most`);
  const read = rows.map((row, index) => readRow(row, index, found.protocol));
  const issues = read.flatMap((row) => ("text" in row ? [row] : []));
  const [first] = issues;
  if (first !== undefined) return { ...refused("invalid", first.text, first.field), issues };
  const release = read.flatMap((row) => ("text" in row ? [] : [row]));
  const entry = {
    action: "application.release-changed",
    targetKind: "application",
    targetId: id,
    targetName: found.name,
    detail: { before: namesOf(found.release), after: namesOf(release) },
  } as const;
  return await recorded(parts, actor, entry, async () => {
    const result = await replaceApplication(parts, found, { ...found, release });
    const warnings = found.protocol === "saml" ? releaseWarnings(release) : [];
    return result.ok ? { ...result, warnings } : result;
  });
}

/** A rule, or what is wrong with the row; the issue's field is `name-0`, `source-0` and so on. */
function readRow(row: ReleaseRow, index: number, protocol: Application["protocol"]): ReleaseRule | Issue {
  const wrong = (field: string, text: string): Issue => ({ field: `${field}-${index}`, text });
  const read = Row.safeParse(row);
  if (!read.success) {
    const [issue] = read.error.issues;
    return wrong(String(issue?.path[0] ?? "name"), issue?.message ?? "This is no line of a mapping.");
  }
  const source = parseSource(read.data.source);
  if ("problem" in source) return wrong("source", source.problem);
  const rule = { ...read.data, source };
  if (protocol === "oidc" && isProtectedClaim(rule.name)) {
    return wrong("name", `${rule.name} says who issued a token, to whom or when. No mapping may write it.`);
  }
  if (protocol === "saml" && !canBeNamed(rule)) {
    return wrong("name", "XML cannot carry this name, or its format is no URI.");
  }
  return rule;
}

function namesOf(rules: readonly ReleaseRule[]): string {
  if (rules.length === 0) return "the ready-made set";
  return rules
    .map(({ name }) => name)
    .join(", ")
    .slice(0, NAMES_SHOWN_CHARACTERS);
}
