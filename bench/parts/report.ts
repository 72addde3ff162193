import { writeFileSync } from "node:fs";
import { shown, table } from "./figures.ts";
import { type Figure, isReached, type Section, targetOf } from "./section.ts";

/** Prints what the parts found and every figure with its target, and writes the figures to `jsonFile`. */
export function report(sections: readonly Section[], jsonFile: string | undefined): void {
  const figures = sections.flatMap((section) => section.figures);
  for (const { text } of sections) process.stdout.write(`\n${text}\n`);
  process.stdout.write(`\n${figureTable(figures)}\n`);
  if (jsonFile === undefined) return;
  writeFileSync(jsonFile, `${JSON.stringify(figuresForMachines(figures), undefined, 2)}\n`);
}

function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const reached = isReached(figure);
    return [
      figure.what,
      figure.value === undefined ? "-" : shown(figure.value),
      targetOf(figure) ?? "",
      reached === undefined ? "" : reached ? "reached" : "NOT reached",
    ];
  });
  return table(["", "figure", "target", ""], rows);
}

/**
 * The names that other tools rely on: a group for each protocol, and beside them what each target is and whether it is
 * reached. What was not measured is left out.
 */
function figuresForMachines(figures: readonly Figure[]): Readonly<Record<string, object>> {
  const groups: Record<string, Record<string, number>> = { saml: {}, oidc: {}, tokens: {} };
  const targets: Record<string, object> = {};
  for (const figure of figures) {
    const { name, value } = figure;
    if (value === undefined) continue;
    const [group = "", key = ""] = name.split(".");
    groups[group] = { ...groups[group], [key]: value };
    const target = targetOf(figure);
    if (target !== undefined) targets[name] = { value, target, reached: isReached(figure) };
  }
  return { ...groups, targets };
}
