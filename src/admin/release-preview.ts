import type { Account } from "../model/account.ts";
import type { Application, OidcApplication, SamlApplication } from "../model/application.ts";
import { idTokenClaims, userinfoClaims } from "../oidc/claims.ts";
import { subjectFor } from "../oidc/oidc-subject.ts";
import { NAME_ID } from "../saml/namespaces.ts";
import { samlReleasePreview } from "../saml/saml-release-preview.ts";
import type { Subjects } from "../session/subject.ts";

/** One value, or list of values, that would be sent. */
export interface PreviewLine {
  /** `NameID`, `Attribute`, `ID token`, `UserInfo`. */
  readonly where: string;
  readonly name: string;
  readonly label?: string | undefined;
  readonly values: readonly string[];
}

export interface ReleasePreview {
  readonly lines: readonly PreviewLine[];
  /** What an administrator should know about it, as sentences. */
  readonly notes: readonly string[];
}

export interface PreviewParts {
  readonly issuer: string;
  readonly subjects: Subjects;
}

/** What this account would send to this application now, made by the code that makes the answers. */
export function releasePreview(
  parts: PreviewParts,
  application: Application,
  account: Account,
): ReleasePreview {
  return application.protocol === "saml"
    ? samlPreview(parts, application, account)
    : oidcPreview(parts, application, account);
}

function samlPreview(parts: PreviewParts, application: SamlApplication, account: Account): ReleasePreview {
  const { nameId, attributes, leftOut } = samlReleasePreview(parts, application, account);
  const lines = attributes.map(({ name, friendlyName, values }) => ({
    where: "Attribute",
    name,
    label: friendlyName,
    values,
  }));
  const notes = leftOut.map((name) => `A value of ${name} was left out: XML cannot carry it.`);
  if ("refused" in nameId) {
    return { lines, notes: [...notes, `Without a name there is no sign-on. ${nameId.detail}`] };
  }
  const changes = nameId.format === NAME_ID.transient ? ["The name is another one in each session."] : [];
  const name = { where: "NameID", name: nameId.format, values: [nameId.value] };
  return { lines: [name, ...lines], notes: [...notes, ...changes] };
}

function oidcPreview(
  { subjects }: PreviewParts,
  application: OidcApplication,
  account: Account,
): ReleasePreview {
  // As if it asked for all that it may ask for, and the person allowed it all.
  const input = { application, account, scopes: ["openid", ...application.scopes], claims: undefined };
  const sub = { sub: subjectFor(application, account.id, subjects) };
  const lines = (where: string, claims: Readonly<Record<string, unknown>>) =>
    Object.entries({ ...sub, ...claims }).map(([name, value]) => ({ where, name, values: textOf(value) }));
  return {
    lines: [...lines("ID token", idTokenClaims(input)), ...lines("UserInfo", userinfoClaims(input))],
    notes: ["With all scopes that it may ask for, and all of them allowed."],
  };
}

function textOf(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.map((each) => (typeof each === "string" ? each : JSON.stringify(each)));
}
