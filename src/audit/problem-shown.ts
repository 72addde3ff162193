import type { Browser } from "../flow/browser.ts";
import type { Problem } from "../flow/problem.ts";
import type { AuditEntry } from "./audit-trail.ts";

const LONGEST_FACT = 300;
const MOST_FACTS = 8;

/**
 * The audit entry of an error page: under the reference that the person was given stand the exact facts, so that an
 * administrator sees what to change without reading a log.
 */
export function problemShown(
  reference: string,
  problem: Problem,
  browser: Pick<Browser, "account" | "address"> | undefined,
): AuditEntry {
  const { code, status, applicationName, facts } = problem;
  const told = facts.slice(0, MOST_FACTS).map(({ label, value, section }) => {
    const text = section === undefined ? value : `${value} (${section})`;
    return [label, text.slice(0, LONGEST_FACT)] as const;
  });
  return {
    action: "error-page.shown",
    outcome: status >= 500 ? "failure" : "refused",
    actorId: browser?.account?.id,
    actorName: browser?.account?.username,
    targetKind: applicationName === undefined ? undefined : "application",
    targetName: applicationName,
    address: browser?.address,
    reference,
    detail: { code, ...Object.fromEntries(told) },
  };
}
