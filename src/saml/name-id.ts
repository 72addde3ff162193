import { release } from "../flow/release.ts";
import type { Account } from "../model/account.ts";
import type { SamlApplication } from "../model/application.ts";
import type { Participant } from "../model/participant.ts";
import type { ReleaseSource } from "../model/release.ts";
import type { RefusalReason } from "../model/refusal.ts";
import type { Subjects } from "../session/subject.ts";
import { NAME_ID } from "./namespaces.ts";
import type { NameIdPolicy } from "./request-wire.ts";
import { isXmlText, type Xml, xml } from "./xml/writer.ts";

/** A name identifier (SAML Core 2.2.3). */
export interface NameId {
  /** Full URN. */
  readonly format: string;
  readonly value: string;
  readonly nameQualifier?: string | undefined;
  readonly spNameQualifier?: string | undefined;
}

/** The formats that we can give, in the order in which our metadata names them. */
export const NAME_ID_FORMATS = [
  NAME_ID.persistent,
  NAME_ID.transient,
  NAME_ID.emailAddress,
  NAME_ID.unspecified,
] as const;
export type NameIdFormat = (typeof NAME_ID_FORMATS)[number];

/** Why there is no name identifier, for the status that says so. */
export interface NoNameId {
  readonly refused: RefusalReason;
  /** For the application's developers. */
  readonly detail: string;
}

/** Some write the 2.0 URN, which no document defines; it can only mean "as you like", too. */
const AS_YOU_LIKE: readonly string[] = [
  NAME_ID.unspecified,
  "urn:oasis:names:tc:SAML:2.0:nameid-format:unspecified",
];

/**
 * The format of the answer (SAML Core 3.4.1.1): the one that the request demands; otherwise the one of the application's
 * settings; otherwise the first of the service provider's metadata that we know; otherwise `unspecified` where the request says that, and persistent where nothing
 * is said at all. A demand that cannot be met is refused, and never answered with another format: the application
 * would take a value of one kind for one of another.
 */
export function chooseNameIdFormat(
  policy: NameIdPolicy | undefined,
  application: Pick<SamlApplication, "entityId" | "nameIdFormats" | "nameIdFormat" | "nameIdSource">,
): { readonly format: NameIdFormat } | NoNameId {
  const qualifier = policy?.spNameQualifier;
  if (qualifier !== undefined && qualifier !== application.entityId) {
    return refusedPolicy("SPNameQualifier names an affiliation that is not known here.");
  }
  const asked = policy?.format;
  if (asked !== undefined && !AS_YOU_LIKE.includes(asked)) {
    const format = NAME_ID_FORMATS.find((candidate) => candidate === asked);
    return format === undefined
      ? refusedPolicy("The Format of the NameIDPolicy is not supported.")
      : { format };
  }
  const { nameIdFormat, nameIdSource, nameIdFormats } = application;
  // A value of the administrator's choice is of no format that says what it is, unless they say so.
  const chosen = nameIdFormat ?? (nameIdSource === undefined ? undefined : NAME_ID.unspecified);
  for (const wanted of chosen === undefined ? nameIdFormats : [chosen]) {
    const format = NAME_ID_FORMATS.find((candidate) => candidate === wanted);
    if (format !== undefined) return { format };
  }
  return { format: asked === undefined ? NAME_ID.persistent : NAME_ID.unspecified };
}

export interface NameIdParts {
  /** Our own entityID. */
  readonly entityId: string;
  readonly subjects: Subjects;
}

/** Who the name identifier is about, and for whom. */
export interface NameIdSubject {
  readonly account: Account;
  readonly application: SamlApplication;
  readonly sessionId: string;
  readonly policy: NameIdPolicy | undefined;
}

/** Makes the name identifiers: another value at every application for persistent and transient ones. */
export class NameIds {
  readonly #parts: NameIdParts;

  constructor(parts: NameIdParts) {
    this.#parts = parts;
  }

  /** AllowCreate may be false: what is computed from the account exists already, and nothing is created. */
  make(subject: NameIdSubject): NameId | NoNameId {
    const chosen = chooseNameIdFormat(subject.policy, subject.application);
    if ("refused" in chosen) return chosen;
    const value = this.#value(chosen.format, subject);
    if (value === undefined || value === "" || !isXmlText(value))
      return unavailable(chosen.format, subject.policy);
    return { format: chosen.format, value, ...this.#qualifiers(chosen.format, subject.application) };
  }

  #value(format: NameIdFormat, { account, application, sessionId }: NameIdSubject): string | undefined {
    const { nameIdSource: source } = application;
    // A transient name that stayed the same would be what its format promises that it is not (SAML Core 8.3.8).
    if (source !== undefined && format !== NAME_ID.transient) return chosenValue(source, account);
    switch (format) {
      case NAME_ID.persistent:
        return this.#parts.subjects.pairwise(account.id, application.entityId);
      case NAME_ID.transient:
        return this.#parts.subjects.transient(sessionId, application.id);
      case NAME_ID.emailAddress:
        return account.email;
      case NAME_ID.unspecified:
        return account.username;
    }
  }

  /** Whose names they are and for whom; an address or a user name is nobody's name space (SAML Core 8.3.2, 8.3.7). */
  #qualifiers(
    format: NameIdFormat,
    application: SamlApplication,
  ): Pick<NameId, "nameQualifier" | "spNameQualifier"> {
    switch (format) {
      case NAME_ID.persistent:
      case NAME_ID.transient:
        return { nameQualifier: this.#parts.entityId, spNameQualifier: application.entityId };
      case NAME_ID.emailAddress:
      case NAME_ID.unspecified:
        return {};
    }
  }
}

/** `saml:NameID`; `declaration` is the namespace declaration where the parent is not in the assertion namespace. */
export function nameIdElement(nameId: NameId, declaration?: Xml): Xml {
  const { format, value, nameQualifier, spNameQualifier } = nameId;
  const qualifier = nameQualifier === undefined ? undefined : xml` NameQualifier="${nameQualifier}"`;
  const spQualifier = spNameQualifier === undefined ? undefined : xml` SPNameQualifier="${spNameQualifier}"`;
  return xml`<saml:NameID${declaration} Format="${format}"${qualifier}${spQualifier}>${value}</saml:NameID>`;
}

/** What a participant keeps of its name identifier beside the value. */
export function participantWire(nameId: NameId): Readonly<Record<string, string>> {
  const { format, nameQualifier, spNameQualifier } = nameId;
  return {
    format,
    ...(nameQualifier === undefined ? {} : { nameQualifier }),
    ...(spNameQualifier === undefined ? {} : { spNameQualifier }),
  };
}

/** The name identifier that a participant was given: a LogoutRequest must name exactly that (SAML Core 3.7.1). */
export function nameIdOf(participant: Pick<Participant, "subject" | "wire">): NameId {
  const { format, nameQualifier, spNameQualifier } = participant.wire;
  return {
    format: format ?? NAME_ID.unspecified,
    value: participant.subject,
    nameQualifier,
    spNameQualifier,
  };
}

/** One value and no more: of several, any could be meant tomorrow, and a NameID decides who somebody is. */
export function chosenValue(source: ReleaseSource, account: Account): string | undefined {
  const [released] = release([{ name: "NameID", source }], account);
  const [value, ...others] = released?.values ?? [];
  return others.length === 0 ? value : undefined;
}

function refusedPolicy(detail: string): NoNameId {
  return { refused: "name-id-policy-not-possible", detail };
}

/** Where the request demanded the format, it is the demand that cannot be met (SAML Core 3.4.1.1). */
function unavailable(format: NameIdFormat, policy: NameIdPolicy | undefined): NoNameId {
  const detail = "The person has no identifier of this format.";
  const demanded = policy?.format === format && format !== NAME_ID.unspecified;
  return { refused: demanded ? "name-id-policy-not-possible" : "subject-not-available", detail };
}
