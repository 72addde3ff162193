import { emailProblem } from "../../account/login-name.ts";
import { isWebAddress } from "../../http/web-address.ts";
import type { ContactKind, Organisation, OrganisationContact } from "../../model/organisation.ts";
import type { Issue } from "./act.ts";

/** The organisation as it is typed: one text a field, an empty one for what is not set. */
export interface OrganisationFields {
  readonly language: string;
  readonly name: string;
  readonly displayName: string;
  readonly url: string;
  readonly serviceName: string;
  readonly description: string;
  readonly logoUrl: string;
  readonly logoWidth: string;
  readonly logoHeight: string;
  readonly privacyUrl: string;
  readonly termsUrl: string;
  readonly documentationUrl: string;
  readonly errorUrl: string;
  /** Separated by white space. */
  readonly scopes: string;
  readonly technicalName: string;
  readonly technicalEmail: string;
  readonly supportName: string;
  readonly supportEmail: string;
  readonly securityName: string;
  readonly securityEmail: string;
}

export type OrganisationField = keyof OrganisationFields;

const CONTACTS = ["technical", "support", "security"] as const satisfies readonly ContactKind[];
const ADDRESSES = ["url", "privacyUrl", "termsUrl", "documentationUrl", "errorUrl", "logoUrl"] as const;
const TEXTS = ["name", "displayName", "serviceName", "technicalName", "supportName", "securityName"] as const;
const LONGEST_TEXT = 200;
const LONGEST_DESCRIPTION = 1_000;
const LONGEST_ADDRESS = 2_000;
const SCOPES = 50;
const LARGEST_LOGO_PIXELS = 4_096;
/** A domain of two labels or more, lower case (Shibboleth Metadata Extensions: a scope that is no regular expression). */
const DOMAIN =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** What is stored, as it is typed. */
export function fieldsOf(organisation: Organisation): OrganisationFields {
  const contact = (kind: ContactKind) => organisation.contacts.find((one) => one.kind === kind);
  const { logo } = organisation;
  return {
    language: organisation.language,
    name: organisation.name ?? "",
    displayName: organisation.displayName ?? "",
    url: organisation.url ?? "",
    serviceName: organisation.serviceName ?? "",
    description: organisation.description ?? "",
    logoUrl: logo?.url ?? "",
    logoWidth: logo === undefined ? "" : String(logo.width),
    logoHeight: logo === undefined ? "" : String(logo.height),
    privacyUrl: organisation.privacyUrl ?? "",
    termsUrl: organisation.termsUrl ?? "",
    documentationUrl: organisation.documentationUrl ?? "",
    errorUrl: organisation.errorUrl ?? "",
    scopes: organisation.scopes.join("\n"),
    technicalName: contact("technical")?.name ?? "",
    technicalEmail: contact("technical")?.email ?? "",
    supportName: contact("support")?.name ?? "",
    supportEmail: contact("support")?.email ?? "",
    securityName: contact("security")?.name ?? "",
    securityEmail: contact("security")?.email ?? "",
  };
}

/** Reads what was typed; every field that is wrong gets a sentence. */
export function readOrganisation(
  typed: OrganisationFields,
): { readonly organisation: Organisation } | { readonly issues: readonly Issue[] } {
  const fields = trimmed(typed);
  const issues = issuesOf(fields);
  return issues.length > 0 ? { issues } : { organisation: build(fields) };
}

function trimmed(typed: OrganisationFields): OrganisationFields {
  const entries = Object.entries(typed).map(
    ([field, text]: [string, string]) => [field, text.trim()] as const,
  );
  return { ...typed, ...Object.fromEntries(entries) };
}

function issuesOf(fields: OrganisationFields): readonly Issue[] {
  return [
    ...languageIssues(fields),
    ...TEXTS.flatMap((field) => textIssues(field, fields[field], LONGEST_TEXT)),
    ...textIssues("description", fields.description, LONGEST_DESCRIPTION),
    ...ADDRESSES.flatMap((field) => addressIssues(field, fields[field])),
    ...togetherIssues(fields),
    ...logoIssues(fields),
    ...scopeIssues(fields),
    ...CONTACTS.flatMap((kind) => contactIssues(kind, fields)),
  ];
}

function languageIssues({ language }: OrganisationFields): readonly Issue[] {
  if (/^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$/.test(language)) return [];
  return [{ field: "language", text: "A language is written as in en or pt-BR." }];
}

/** One line, without what XML cannot carry and without marks that turn the direction of what is around them. */
function textIssues(field: string, text: string, longest: number): readonly Issue[] {
  if (text.length > longest) return [{ field, text: `It has ${longest} characters at most.` }];
  const isPlain = text.isWellFormed() && !/[\p{Cc}\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/u.test(text);
  return isPlain ? [] : [{ field, text: "It is one line of text, without control characters." }];
}

function addressIssues(field: (typeof ADDRESSES)[number], address: string): readonly Issue[] {
  if (address === "") return [];
  const isWhole = isWebAddress(address) && /^[!-~]+$/.test(address) && address.length <= LONGEST_ADDRESS;
  const url = isWhole ? new URL(address) : undefined;
  if (url === undefined || url.username !== "" || url.password !== "") {
    return [{ field, text: "It is a whole address that begins with https:// or http://." }];
  }
  // Every page that shows it would load it: over http anybody on the way would put another picture in its place.
  if (field === "logoUrl" && url.protocol !== "https:") {
    return [{ field, text: "The logo's address begins with https://." }];
  }
  return [];
}

/** md:Organization has a name and an address, or is not there (SAML Metadata 2.3.2.1). */
function togetherIssues({ name, displayName, url }: OrganisationFields): readonly Issue[] {
  if ((name === "") !== (url === "")) {
    const field = name === "" ? "name" : "url";
    return [{ field, text: "The organisation's name and its address go together: give both or neither." }];
  }
  if (displayName === "" || name !== "") return [];
  return [{ field: "name", text: "The organisation's display name goes with its name and its address." }];
}

function logoIssues({ logoUrl, logoWidth, logoHeight }: OrganisationFields): readonly Issue[] {
  if (logoUrl === "" && logoWidth === "" && logoHeight === "") return [];
  if (logoUrl === "") return [{ field: "logoUrl", text: "The logo's size goes with its address." }];
  return (["logoWidth", "logoHeight"] as const).flatMap((field) => {
    const value = field === "logoWidth" ? logoWidth : logoHeight;
    const isSize = /^[1-9]\d{0,3}$/.test(value) && Number(value) <= LARGEST_LOGO_PIXELS;
    return isSize
      ? []
      : [{ field, text: `Give the logo's size in pixels, from 1 to ${LARGEST_LOGO_PIXELS}.` }];
  });
}

function scopeIssues({ scopes }: OrganisationFields): readonly Issue[] {
  const given = wordsOf(scopes);
  if (given.length > SCOPES) return [{ field: "scopes", text: `There are ${SCOPES} scopes at most.` }];
  const wrong = given.find((scope) => !DOMAIN.test(scope));
  return wrong === undefined
    ? []
    : [{ field: "scopes", text: `“${wrong.slice(0, 80)}” is no domain such as example.org.` }];
}

function contactIssues(kind: ContactKind, fields: OrganisationFields): readonly Issue[] {
  const field = `${kind}Email` as const;
  const email = withoutScheme(fields[field]);
  if (email === "") {
    return fields[`${kind}Name`] === "" ? [] : [{ field, text: "A contact has an e-mail address." }];
  }
  // It becomes part of a mailto: address, in which these signs would begin something else.
  const problem =
    /^[!-~]+$/.test(email) && !/[?&%#]/.test(email) ? emailProblem(email) : "This is not an e-mail address.";
  return problem === undefined ? [] : [{ field, text: problem }];
}

function build(fields: OrganisationFields): Organisation {
  const set = (field: OrganisationField) => (fields[field] === "" ? {} : { [field]: fields[field] });
  const { logoUrl, logoWidth, logoHeight } = fields;
  return {
    language: fields.language,
    ...set("name"),
    ...set("displayName"),
    ...set("url"),
    ...set("serviceName"),
    ...set("description"),
    ...(logoUrl === ""
      ? {}
      : { logo: { url: logoUrl, width: Number(logoWidth), height: Number(logoHeight) } }),
    ...set("privacyUrl"),
    ...set("termsUrl"),
    ...set("documentationUrl"),
    ...set("errorUrl"),
    scopes: [...new Set(wordsOf(fields.scopes))],
    contacts: CONTACTS.flatMap((kind) => contactOf(kind, fields)),
  };
}

function contactOf(kind: ContactKind, fields: OrganisationFields): readonly OrganisationContact[] {
  const email = withoutScheme(fields[`${kind}Email`]);
  const name = fields[`${kind}Name`];
  if (email === "") return [];
  return [name === "" ? { kind, email } : { kind, name, email }];
}

function withoutScheme(email: string): string {
  return email.replace(/^mailto:/i, "");
}

function wordsOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).flatMap((word) => (word === "" ? [] : [word.toLowerCase()]));
}
