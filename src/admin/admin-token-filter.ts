import { z } from "zod";
import type { ApiTokenFilter } from "../storage/api-token-stores.ts";
import { ownerFromText, type OwnerNameParts } from "./admin-token-owner.ts";

const DAY_MS = 86_400_000;
const UNUSED_DAYS = 90;
/** From so many scopes on a token counts as wide. */
export const WIDE_SCOPES = 5;

const optional = (most: number) => z.string().max(most).default("").catch("");

/** The list's filters as the address has them; what is not one of ours is as if it were not there. */
export const tokenListQuery = z.object({
  q: optional(200),
  owner: optional(200),
  kind: z.enum(["pat", "key", "svc"]).optional().catch(undefined),
  state: z.enum(["active", "suspended", "revoked", "expired"]).optional().catch(undefined),
  look: z.enum(["never", "unused", "expiring", "wide"]).optional().catch(undefined),
  resource: optional(2_000),
  address: optional(60),
  after: z.string().max(500).optional().catch(undefined),
});

export type TokenListQuery = z.infer<typeof tokenListQuery>;

/** The looks of the list, with their words. */
export const LOOKS = [
  ["never", "Never used"],
  ["unused", `Not used for ${UNUSED_DAYS} days`],
  ["expiring", "Ends soon"],
  ["wide", `${WIDE_SCOPES} rights or more`],
] as const;

/** The list's filter. `warnBeforeMs`: when a token "ends soon". */
export async function listFilter(
  parts: OwnerNameParts,
  query: TokenListQuery,
  nowMs: number,
  warnBeforeMs: number,
): Promise<ApiTokenFilter> {
  return {
    owner: await ownerFromText(parts, query.owner),
    kind: query.kind,
    state: query.state,
    resource: someText(query.resource),
    address: someText(query.address),
    ...lookFilter(query.look, nowMs, warnBeforeMs),
  };
}

function lookFilter(look: TokenListQuery["look"], nowMs: number, warnBeforeMs: number): ApiTokenFilter {
  switch (look) {
    case undefined:
      return {};
    case "never":
      return { neverUsed: true };
    case "unused":
      return { unusedSinceMs: nowMs - UNUSED_DAYS * DAY_MS };
    case "expiring":
      return { expiresAfterMs: nowMs, expiresBeforeMs: nowMs + warnBeforeMs };
    case "wide":
      return { scopesAtLeast: WIDE_SCOPES };
  }
}

const typed = (most: number) => z.string().max(most).default("");

/** What tokens are revoked by, as it is typed: in the address for the preview, in the form for the act. */
export const bulkFields = {
  owner: typed(200),
  application: typed(200),
  scope: typed(200),
  address: typed(60),
  madeDays: typed(10),
  unusedDays: typed(10),
};

export type BulkFields = z.infer<z.ZodObject<typeof bulkFields>>;

/** The filter, or the field that cannot be taken. `nothing`: no condition, which would mean every token. */
export async function bulkFilter(
  parts: OwnerNameParts,
  fields: BulkFields,
  nowMs: number,
): Promise<
  | { readonly kind: "filter"; readonly filter: ApiTokenFilter }
  | { readonly kind: "wrong"; readonly field: keyof BulkFields; readonly text: string }
  | { readonly kind: "nothing" }
> {
  if (fields.owner.trim() !== "" && fields.application !== "") {
    return { kind: "wrong", field: "owner", text: "Name a person or project, or choose an application." };
  }
  for (const field of ["madeDays", "unusedDays"] as const) {
    if (!/^\d{0,5}$/.test(fields[field].trim())) {
      return { kind: "wrong", field, text: "Give a whole number of days, or nothing." };
    }
  }
  const owner =
    fields.application === ""
      ? await ownerFromText(parts, fields.owner)
      : ({ kind: "application", id: fields.application } as const);
  const filter = {
    owner,
    scope: someText(fields.scope),
    address: someText(fields.address),
    createdBeforeMs: daysAgo(fields.madeDays, nowMs),
    unusedSinceMs: daysAgo(fields.unusedDays, nowMs),
  };
  const isEmpty = Object.values(filter).every((value) => value === undefined);
  return isEmpty ? { kind: "nothing" } : { kind: "filter", filter };
}

function daysAgo(text: string, nowMs: number): number | undefined {
  const trimmed = text.trim();
  return trimmed === "" ? undefined : nowMs - Number(trimmed) * DAY_MS;
}

function someText(text: string): string | undefined {
  const trimmed = text.trim();
  return trimmed === "" ? undefined : trimmed;
}
