import { PATHS } from "../flow/endpoints.ts";
import type { Browser } from "../flow/browser.ts";
import type { Account } from "../model/account.ts";
import type { SamlApplication } from "../model/application.ts";
import type { ReleaseSource } from "../model/release.ts";
import type { Participants } from "../session/participants.ts";
import type { Subjects } from "../session/subject.ts";
import { chosenValue } from "./name-id.ts";
import { NAME_ID } from "./namespaces.ts";
import type { NameIdentifier } from "./name-identifier.ts";

/** Finds whom an application means by a name identifier that it sends us (SAML Core 3.4.1, Subject). */
export type AccountFor = (
  application: SamlApplication,
  nameId: NameIdentifier,
  browser: Browser,
) => Promise<string | undefined>;

export interface AccountForParts {
  readonly issuer: string;
  readonly accounts: { findByLoginName(typed: string): Promise<Account | undefined> };
  readonly participants: Participants;
  readonly subjects: Subjects;
}

/** The account's id, or undefined: nobody that this application was ever told about under that name. */
export function accountForNameId(parts: AccountForParts): AccountFor {
  return async (application, nameId, browser) => {
    if (!isOurs(parts.issuer, application, nameId)) return undefined;
    const format = nameId.format ?? NAME_ID.unspecified;
    if (application.nameIdSource !== undefined && format !== NAME_ID.transient) {
      return (
        byChosenValue(application.nameIdSource, nameId.value, browser) ??
        (await byParticipant(parts, application, nameId))
      );
    }
    switch (format) {
      case NAME_ID.emailAddress:
        return await byLoginName(parts, nameId.value, (account) => account.email);
      case NAME_ID.unspecified:
        return await byLoginName(parts, nameId.value, (account) => account.username);
      case NAME_ID.persistent:
      case NAME_ID.transient:
        return (
          bySession(parts, application, nameId.value, browser) ??
          (await byParticipant(parts, application, nameId))
        );
      default:
        return undefined;
    }
  };
}

/** Qualifiers that are there must be ours: the same value under another one is another person (SAML Core 8.3.7). */
function isOurs(issuer: string, application: SamlApplication, nameId: NameIdentifier): boolean {
  const { nameQualifier, spNameQualifier } = nameId;
  return (
    (nameQualifier === undefined || nameQualifier === issuer + PATHS.samlMetadata) &&
    (spNameQualifier === undefined || spNameQualifier === application.entityId)
  );
}

async function byLoginName(
  parts: AccountForParts,
  value: string,
  field: (account: Account) => string | undefined,
): Promise<string | undefined> {
  const account = await parts.accounts.findByLoginName(value);
  // The store looks by user name and by address: the one must not be taken for the other.
  return account !== undefined && field(account)?.toLowerCase() === value.toLowerCase()
    ? account.id
    : undefined;
}

/** These names are computed from the account and cannot be turned back, but the one who is logged in can be compared. */
function bySession(
  parts: AccountForParts,
  application: SamlApplication,
  value: string,
  { session, account }: Browser,
): string | undefined {
  if (session === undefined || account === undefined) return undefined;
  const isTheirs =
    parts.subjects.pairwise(account.id, application.entityId) === value ||
    parts.subjects.transient(session.id, application.id) === value;
  return isTheirs ? account.id : undefined;
}

/** A chosen value is looked up nowhere, but whoever is logged in either has it or not. */
function byChosenValue(source: ReleaseSource, value: string, { account }: Browser): string | undefined {
  return account !== undefined && chosenValue(source, account) === value ? account.id : undefined;
}

async function byParticipant(
  parts: AccountForParts,
  application: SamlApplication,
  nameId: NameIdentifier,
): Promise<string | undefined> {
  const [known] = await parts.participants.sessionsOf(application.id, nameId.value);
  return known?.accountId;
}
