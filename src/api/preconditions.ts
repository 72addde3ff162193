/** What an `If-Match` header says (RFC 9110 13.1.1). */
export type IfMatch =
  | { readonly kind: "absent" }
  /** `*`: whatever version there is. */
  | { readonly kind: "any" }
  /** 0: a tag that no version of ours has, such as a weak one, which never matches. */
  | { readonly kind: "version"; readonly version: number }
  /** More than one tag, or none at all. */
  | { readonly kind: "unreadable" };

const ONE_TAG = /^(W\/)?"([\x21\x23-\x7e]*)"$/;

/** Reads the header; our tags are the records' versions. */
export function readIfMatch(header: string | undefined): IfMatch {
  if (header === undefined) return { kind: "absent" };
  const text = header.trim();
  if (text === "*") return { kind: "any" };
  const match = ONE_TAG.exec(text);
  if (match === null) return { kind: "unreadable" };
  const [, weak, tag = ""] = match;
  const ours = weak === undefined && /^[1-9]\d{0,14}$/.test(tag);
  return { kind: "version", version: ours ? Number(tag) : 0 };
}

/** The entity tag of a version. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

const JSON_KINDS = /^(application\/json|application\/\*|\*\/\*)$/;

/** Whether `Accept` takes JSON (RFC 9110 12.5.1); no header takes everything. A weight of 0 refuses. */
export function acceptsJson(header: string | undefined): boolean {
  if (header === undefined || header.trim() === "") return true;
  return header.split(",").some((part) => {
    const [kind = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    return JSON_KINDS.test(kind) && !parameters.some((text) => /^q=0(\.0*)?$/.test(text));
  });
}
