import { z } from "zod";
import type { TokenLimits } from "../model/api-token.ts";
import { AddressList, AddressListError } from "./address-list.ts";
import type { TokenIssue } from "./token-act.ts";

const MOST_ENTRIES = 100;
const PATH_LENGTH = 200;
/** RFC 6749 3.3, one scope-token. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/;
/** A path that starts at the root and that every server reads the same way: no dot segments, nothing encoded twice. */
const PREFIX = /^\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|\/)*$/;

const Name = z
  .string({ error: "Give it a name." })
  .trim()
  .min(1, "Give it a name, so that you know it again.")
  .max(100, "The name is longer than 100 characters.")
  .regex(/^[^\p{Cc}\u2028\u2029]*$/u, "The name has control characters in it.");

const Instant = z
  .int({ error: "Say when it expires, in epoch milliseconds." })
  .positive("Say when it expires, in epoch milliseconds.");

const Scopes = z
  .array(z.string().regex(SCOPE, "This is not a scope."), { error: "Scopes are a list." })
  .max(MOST_ENTRIES, "At most 100 scopes.")
  .transform(distinct);

const Resources = z
  .array(z.string().min(1).max(2_000), { error: "Name at least one resource." })
  .min(1, "Name at least one resource.")
  .max(20, "At most 20 resources.")
  .transform(distinct);

const Addresses = z
  .array(z.string().max(100, "An address is not that long."), { error: "Addresses are a list." })
  .transform((entries) => distinct(entries.map((entry) => entry.trim())))
  .superRefine((entries, context) => {
    try {
      AddressList.read(entries);
    } catch (error) {
      if (!(error instanceof AddressListError)) throw error;
      context.addIssue({ code: "custom", message: `${error.message}.` });
    }
  });

const Methods = z
  .array(z.string().regex(/^[A-Z]{1,20}$/, "Methods are written in capitals, such as GET."))
  .max(20, "At most 20 methods.")
  .transform(distinct);

const Prefixes = z
  .array(
    z
      .string()
      .max(PATH_LENGTH, `A path prefix has at most ${PATH_LENGTH} characters.`)
      .regex(PREFIX, "A path prefix begins with / and has no query, no percent sign and no dot segments.")
      .refine(
        (path) => !/(^|\/)\.{1,2}(\/|$)|\/\//.test(path),
        "A path prefix has no dot segments and no //.",
      )
      // As with /0 among the addresses: it says "everywhere" while it looks like a limit.
      .refine((path) => path !== "/", "The prefix / means every path: leave the list empty instead."),
  )
  .max(50, "At most 50 path prefixes.")
  .transform((paths) => distinct(paths.map((path) => path.replace(/\/$/, ""))));

/** RFC 7638 and RFC 8705: SHA-256 in base64url. */
const Thumbprint = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "A thumbprint is SHA-256 in base64url.");
const Binding = z.strictObject({ kind: z.enum(["dpop", "certificate"]), thumbprint: Thumbprint });

/** What a token may be used for, as it comes from outside. */
export const TokenLimitsInput = z.strictObject({
  scopes: Scopes.default([]),
  resources: Resources,
  addresses: Addresses.default([]),
  methods: Methods.default([]),
  pathPrefixes: Prefixes.default([]),
  perMinute: z.int().min(1, "At least one use a minute.").max(1_000_000).optional(),
  perDay: z.int().min(1, "At least one use a day.").max(1_000_000_000).optional(),
  binding: Binding.optional(),
});

const Owner = z.strictObject({
  kind: z.enum(["account", "application", "project"]),
  id: z
    .string()
    .min(1, "Name whose token it is.")
    .max(200, "At most 200 characters.")
    .regex(/^[^\p{Cc}\u2028\u2029]*$/u, "It has control characters in it."),
});

/** A new token. `owner`: absent, the account that makes it. */
export const NewTokenInput = z.strictObject({
  kind: z.enum(["pat", "key", "svc"], { error: "The kind is pat, key or svc." }),
  name: Name,
  owner: Owner.optional(),
  /** Epoch milliseconds. */
  expiresAtMs: Instant,
  limits: TokenLimitsInput,
});
export type NewToken = z.output<typeof NewTokenInput>;

/** What changes of a token; what is absent stays. `limits` are replaced whole. */
export const TokenChangeInput = z
  .strictObject({ name: Name, expiresAtMs: Instant, limits: TokenLimitsInput })
  .partial()
  .refine(
    (change) => Object.values(change).some((value) => value !== undefined),
    "Nothing is to be changed.",
  );
export type TokenChange = z.output<typeof TokenChangeInput>;

/** How a token is replaced by a new one with the same limits. */
export const RotationInput = z.strictObject({
  /** How long the old one works on; 0: not at all. */
  overlapSeconds: z
    .int({ error: "The overlap is a whole number of seconds." })
    .min(0)
    .max(366 * 86_400),
  /** Absent: it lives as long as the old one was made to live. */
  expiresAtMs: Instant.optional(),
});
export type TokenRotation = z.output<typeof RotationInput>;

/** Why a token is revoked or suspended: a closed word, `owner` where nothing is said. */
export const ReasonInput = z.string().regex(/^[a-z][a-z0-9:-]{0,59}$/, "A reason is one lower-case word.");

/** Reads input through a schema. Each issue has the field that is to be corrected and a sentence. */
export function readInput<T>(
  schema: z.ZodType<T>,
  input: unknown,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issues: readonly TokenIssue[] } {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { ok: true, value: parsed.data };
  return {
    ok: false,
    issues: parsed.error.issues.map(({ path, message }) => ({ field: path.join("."), text: message })),
  };
}

/** Limits as the model has them. */
export function limitsOf(input: z.output<typeof TokenLimitsInput>): TokenLimits {
  return input;
}

function distinct(entries: readonly string[]): string[] {
  return [...new Set(entries)];
}
