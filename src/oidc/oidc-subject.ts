import type { OidcApplication } from "../model/application.ts";
import type { Subjects } from "../session/subject.ts";

/**
 * The `sub` of an account at an application (OpenID Connect Core 8). Public: the account's id, which is never used
 * again and does not change with a name. Pairwise: another value in each sector, so that two applications cannot
 * compare notes.
 */
export function subjectFor(application: OidcApplication, accountId: string, subjects: Subjects): string {
  return application.subjectType === "public"
    ? accountId
    : subjects.pairwise(accountId, sectorOf(application));
}

/** Core 8.1: the registered sector, or else the host of the redirect address. */
export function sectorOf(application: OidcApplication): string {
  if (application.sectorIdentifier !== undefined) return application.sectorIdentifier;
  const [first] = application.redirectUris;
  if (first === undefined || !URL.canParse(first)) return application.id;
  const { hostname } = new URL(first);
  return hostname === "" ? application.id : hostname;
}
