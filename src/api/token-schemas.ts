import { z } from "zod";

/** An instant as RFC 3339 writes it, in UTC. */
export const instantJson = z.iso
  .datetime()
  .describe("RFC 3339, in UTC, with the letter Z")
  .meta({ examples: ["2026-12-24T18:00:00.000Z"] });

const id = z.string().regex(/^[\w-]{1,64}$/);
const scope = z.string().min(1).max(200);
const resource = z.string().min(1).max(2_000);
const kind = z
  .enum(["pat", "key", "svc"])
  .describe("`pat`: a person's own. `key`: names an application or a project. `svc`: of a service.");

const ownerJson = z
  .strictObject({
    kind: z.enum(["account", "application", "project"]),
    id: z.string().min(1).max(200),
  })
  .describe("Whose rights the token has. A project is a name: it has no rights.");

const bindingJson = z
  .strictObject({
    kind: z.enum(["dpop", "certificate"]),
    thumbprint: z
      .string()
      .regex(/^[\w-]{43}$/)
      .describe("SHA-256, base64url"),
  })
  .describe("Proof of possession that a use must bring along (RFC 9449, RFC 8705).");

const limits = {
  scopes: z.array(scope).max(100).describe("Out of those that the resources declare. None is none."),
  resources: z
    .array(resource)
    .min(1)
    .max(20)
    .describe("Identifiers of declared resources: the token's audience."),
  addresses: z.array(z.string().max(60)).max(100).describe("Addresses and CIDR ranges. None: from anywhere."),
  methods: z.array(z.string().max(20)).max(20).describe("HTTP methods in capitals. None: any."),
  path_prefixes: z
    .array(z.string().max(500))
    .max(50)
    .describe("They end at a segment: `/a` allows `/a/b`, not `/ab`. None: any path."),
  per_minute: z.int().min(1).max(1_000_000).optional().describe("Uses in one minute. Absent: the policy's."),
  per_day: z.int().min(1).max(1_000_000_000).optional().describe("Uses in one UTC day. Absent: no quota."),
  binding: bindingJson.optional(),
};

export const limitsJson = z.strictObject(limits).describe("What a token may be used for.");

const limitsInput = z
  .strictObject({
    ...limits,
    addresses: limits.addresses.default([]),
    methods: limits.methods.default([]),
    path_prefixes: limits.path_prefixes.default([]),
  })
  .describe("What a token shall be usable for. A list that is left out is no limit.");

export const tokenJson = z
  .strictObject({
    id,
    kind,
    name: z.string(),
    last_four: z.string().describe("The last four characters of the secret, for people to recognise it by."),
    owner: ownerJson,
    made_by: z.string().describe("The account that made it and gets its notices."),
    limits: limitsJson,
    created_at: instantJson,
    expires_at: instantJson,
    state: z.enum(["active", "suspended", "revoked", "expired"]),
    state_since: instantJson,
    state_reason: z.string().optional(),
    replaces: id.optional().describe("The token that this one replaced by rotation."),
    last_used_at: instantJson.optional().describe("Some seconds behind."),
    last_used_address: z.string().optional(),
    version: z.int().min(1).describe("Counts the changes; the same as in `ETag`."),
  })
  .describe("An API token, without its secret, which is kept nowhere.");

export type TokenJson = z.infer<typeof tokenJson>;
export type LimitsInput = z.infer<typeof limitsInput>;

export const createBody = z
  .strictObject({
    kind: kind.default("pat"),
    name: z.string().min(1).max(100).describe("What people recognise it by."),
    owner: ownerJson.optional().describe("For `key` and `svc`; a `pat` is always the caller's own."),
    limits: limitsInput,
    expires_at: instantJson,
  })
  .describe("A token that shall be made.");

export const changeBody = z
  .strictObject({
    name: z.string().min(1).max(100).optional(),
    limits: limitsInput.optional().describe("All limits at once: what is left out is no limit afterwards."),
    expires_at: instantJson.optional(),
  })
  .describe("What shall be different. What is left out stays.");

export const rotateBody = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(30 * 86_400)
      .describe("How long the old secret works beside the new one. 0: not at all."),
    expires_at: instantJson
      .optional()
      .describe("When the new one ends. Absent: as long as the old one was made for."),
  })
  .describe("How the secret shall change.");

export const stateBody = z.strictObject({
  reason: z
    .enum(["owner", "administrator", "leaked"])
    .optional()
    .describe("Stands in the record and the audit trail."),
});

export const secretJson = z
  .strictObject({
    token: tokenJson,
    secret: z.string().describe("The token itself. It is in this answer and nowhere else."),
  })
  .describe("A token that was just made.");

export const tokenPageJson = z
  .strictObject({
    items: z.array(tokenJson),
    total: z.int().min(0),
    next: z.string().optional().describe("The cursor of the next page; absent on the last one."),
  })
  .describe("A page of tokens, the newest first.");

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(25),
  after: z.string().min(1).max(500).optional().describe("`next` of the page before."),
});

const flag = z.enum(["true", "false"]).transform((text) => text === "true");

const filters = {
  owner_kind: z.enum(["account", "application", "project"]).optional(),
  owner_id: z.string().min(1).max(200).optional(),
  kind: kind.optional(),
  state: z.enum(["active", "suspended", "revoked", "expired"]).optional(),
  scope: scope.optional(),
  resource: resource.optional(),
  address: z.string().max(60).optional().describe("Last used from this address."),
  unused_since: instantJson.optional().describe("Not used since then, or never and made before it."),
  created_before: instantJson.optional(),
  expires_before: instantJson.optional(),
};

export const tokenQuery = pageQuery.extend({
  ...filters,
  never_used: flag.optional(),
  scopes_at_least: z.coerce.number().int().min(1).max(100).optional().describe("Has so many scopes or more."),
  q: z.string().max(200).optional().describe("A part of the name, the last four characters, or the id."),
});

export const filterBody = z
  .strictObject({
    ...filters,
    never_used: z.boolean().optional(),
    scopes_at_least: z.int().min(1).max(100).optional(),
  })
  .describe("All conditions together; at least one.");

export type FilterJson = z.infer<typeof filterBody>;

export const revocationBody = z
  .strictObject({
    filter: filterBody,
    reason: z
      .enum(["owner", "administrator", "leaked"])
      .optional()
      .describe("Stands in the records and the audit trail."),
    preview: z.boolean().default(false).describe("Nothing is revoked: the answer says what would be."),
    expected: z
      .int()
      .min(0)
      .optional()
      .describe(
        "How many the preview showed. With another number by now nothing is revoked, and the answer is 412.",
      ),
    fingerprint: z
      .string()
      .regex(/^[\w-]{43}$/)
      .optional()
      .describe(
        "As the preview had it. Where it would be other tokens by now, be it as many, nothing is revoked: 412.",
      ),
  })
  .describe("Which tokens to revoke.");

export const revocationJson = z
  .strictObject({
    preview: z.boolean(),
    count: z.int().min(0).describe("How many were, or would be, revoked."),
    items: z.array(tokenJson).describe("The first of them, in a preview."),
    fingerprint: z.string().optional().describe("In a preview: stands for exactly these tokens."),
  })
  .describe("What was, or would be, revoked.");

export const useQuery = z.strictObject({
  days: z.coerce
    .number()
    .int()
    .min(1)
    .max(400)
    .default(30)
    .describe("So many UTC days back, today among them."),
});

export const useJson = z
  .strictObject({
    items: z.array(
      z.strictObject({
        day: z.iso.date(),
        address: z
          .string()
          .describe("`other` beyond the day's number of different ones; `unknown`: not told."),
        resource: z.string(),
        outcome: z.string().describe("`ok`, or why it was refused."),
        count: z.int().min(1),
      }),
    ),
  })
  .describe("How a token was used: counts, not single calls.");

export const resourceListJson = z
  .strictObject({
    items: z.array(
      z.strictObject({
        identifier: resource,
        name: z.string(),
        scopes: z.array(z.strictObject({ name: scope, description: z.string() })),
      }),
    ),
  })
  .describe("What tokens can be made for.");
