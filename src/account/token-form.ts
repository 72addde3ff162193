import { z } from "zod";
import { BodyRefused } from "../http/form-body.ts";
import type { Parameters } from "../http/parameters.ts";
import type { ApiToken, ApiTokenKind, TokenOwner } from "../model/api-token.ts";
import type { TokenOffer } from "../tokens/api-tokens.ts";
import type { TokenIssue } from "../tokens/token-act.ts";

const DAY_MS = 86_400_000;
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
const CHOICES_DAYS = [7, 30, 90, 180, 365] as const;

/** What was typed for a new token, as it was typed, so that the page can show it again. */
export interface TokenForm {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
  readonly days: string;
  /** One a line. */
  readonly addresses: string;
  readonly methods: readonly string[];
  readonly paths: string;
  readonly perMinute: string;
  readonly perDay: string;
  readonly binding: string;
  readonly thumbprint: string;
}

export const EMPTY_TOKEN_FORM: TokenForm = {
  name: "",
  scopes: [],
  resources: [],
  days: "30",
  addresses: "",
  methods: [],
  paths: "",
  perMinute: "",
  perDay: "",
  binding: "",
  thumbprint: "",
};

const text = (most: number) => z.string().max(most).default("");
const fields = z.strictObject({
  name: text(1_000),
  days: text(20),
  addresses: text(10_000),
  paths: text(20_000),
  perMinute: text(20),
  perDay: text(20),
  binding: z.enum(["", "dpop", "certificate"]).default(""),
  thumbprint: text(200),
  csrf: z.string(),
});

/**
 * Reads the form. `more`: names of fields that the page has beside these. Throws `BodyRefused` for what our page does
 * not send: a field twice, or one that it does not have.
 */
export function readTokenForm(parameters: Parameters, more: readonly string[] = []): TokenForm {
  const names = parameters.names();
  if (parameters.repeated(names).length > 0) throw new BodyRefused(400, "a form's field came twice");
  const boxes = (kind: string) =>
    names.filter((name) => name.startsWith(`${kind}.`)).map((name) => name.slice(kind.length + 1));
  const rest = names.filter((name) => !/^(scope|resource|method)\./.test(name) && !more.includes(name));
  const read = fields.safeParse(Object.fromEntries(rest.map((name) => [name, parameters.get(name)])));
  if (!read.success) throw new BodyRefused(400, "a form's field has a value that our page does not send");
  const { csrf: _, ...typed } = read.data;
  return { ...typed, scopes: boxes("scope"), resources: boxes("resource"), methods: boxes("method") };
}

/** A token as `ApiTokens.create` takes it. A scope brings its resource along. */
export function inputOf(
  form: TokenForm,
  offers: readonly TokenOffer[],
  given: { readonly kind: ApiTokenKind; readonly owner?: TokenOwner | undefined; readonly nowMs: number },
): object {
  return { kind: given.kind, owner: given.owner, ...changeOf(form, offers, given.nowMs) };
}

/** The same as `ApiTokens.change` takes it; no lifetime chosen: the end stays. */
export function changeOf(form: TokenForm, offers: readonly TokenOffer[], nowMs: number) {
  const implied = offers
    .filter(({ scopes }) => scopes.some(({ name }) => form.scopes.includes(name)))
    .map(({ identifier }) => identifier);
  const { binding, thumbprint } = form;
  const days = whole(form.days);
  return {
    name: form.name,
    expiresAtMs: days === undefined ? undefined : nowMs + days * DAY_MS,
    limits: {
      scopes: form.scopes,
      resources: [...new Set([...form.resources, ...implied])],
      addresses: linesOf(form.addresses),
      methods: form.methods,
      pathPrefixes: linesOf(form.paths),
      perMinute: whole(form.perMinute),
      perDay: whole(form.perDay),
      binding: binding === "" ? undefined : { kind: binding, thumbprint: thumbprint.trim() },
    },
  };
}

/** The form as it stands for a token that is there. */
export function formOfToken({ name, limits }: Pick<ApiToken, "name" | "limits">): TokenForm {
  const { scopes, resources, addresses, methods, pathPrefixes, perMinute, perDay, binding } = limits;
  return {
    name,
    scopes,
    resources,
    days: "",
    addresses: addresses.join("\n"),
    methods,
    paths: pathPrefixes.join("\n"),
    perMinute: perMinute?.toString() ?? "",
    perDay: perDay?.toString() ?? "",
    binding: binding?.kind ?? "",
    thumbprint: binding?.thumbprint ?? "",
  };
}

/** Undefined where nothing was typed; NaN, which no schema takes, for what is no number. */
function whole(typed: string): number | undefined {
  const trimmed = typed.trim();
  if (trimmed === "") return undefined;
  return /^\d{1,10}$/.test(trimmed) ? Number(trimmed) : Number.NaN;
}

function linesOf(typed: string): readonly string[] {
  return typed
    .split(/[\r\n,]+/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The form before anything is typed, with a lifetime that the policy allows. */
export function emptyTokenForm(longestMs: number): TokenForm {
  const days = Math.min(Number(EMPTY_TOKEN_FORM.days), Math.floor(longestMs / DAY_MS));
  return { ...EMPTY_TOKEN_FORM, days: String(days) };
}

/** Lifetimes to choose from; the longest is the policy's. */
export function lifetimes(longestMs: number): readonly number[] {
  const longest = Math.floor(longestMs / DAY_MS);
  return [...CHOICES_DAYS.filter((days) => days < longest), longest];
}

const FIELDS: readonly (readonly [prefix: string, field: string])[] = [
  ["name", "name"],
  ["owner", "owner"],
  ["expiresAtMs", "days"],
  ["limits.scopes", "scopes"],
  ["limits.resources", "scopes"],
  ["limits.addresses", "addresses"],
  ["limits.methods", "methods"],
  ["limits.pathPrefixes", "paths"],
  ["limits.perMinute", "perMinute"],
  ["limits.perDay", "perDay"],
  ["limits.binding", "thumbprint"],
];

/** The first issue of each field of the form. */
export function wrongFields(issues: readonly TokenIssue[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { field, text } of issues) {
    const name = FIELDS.find(([prefix]) => field === prefix || field.startsWith(`${prefix}.`))?.[1] ?? "name";
    found[name] ??= /^Invalid|^expected/i.test(text) ? "This cannot be taken as it is." : text;
  }
  return found;
}
