import type { Clock } from "../platform/clock.ts";
import type { TokenUseCount } from "../storage/api-token-stores.ts";
import type { ApiTokens } from "../tokens/api-tokens.ts";
import { type ApiOperation, type ApiResult, answer, operation, problem } from "./operation.ts";
import * as examples from "./token-examples.ts";
import * as schemas from "./token-schemas.ts";
import {
  epochMs,
  filterFromWire,
  halfOwner,
  limitsFromWire,
  refusalProblem,
  tokenWire,
} from "./token-wire.ts";

export interface TokenOperationParts {
  readonly tokens: Pick<ApiTokens, "create" | "get" | "list" | "change" | "rotate">;
  /** How a token was used since so many UTC days, today among them. */
  readonly useOf: (tokenId: string, days: number) => Promise<readonly TokenUseCount[]>;
  readonly clock: Clock;
}

export const READ = ["tokens:read", "tokens:read:all"];
export const WRITE = ["tokens:write", "tokens:write:all"];

/** The schemas that have a name in the OpenAPI document. */
export const NAMED_TOKEN_SCHEMAS = {
  Token: schemas.tokenJson,
  Limits: schemas.limitsJson,
  NewToken: schemas.createBody,
  TokenChange: schemas.changeBody,
  Rotation: schemas.rotateBody,
  TokenWithSecret: schemas.secretJson,
  TokenPage: schemas.tokenPageJson,
  Filter: schemas.filterBody,
  Revocation: schemas.revocationBody,
  RevocationResult: schemas.revocationJson,
  Use: schemas.useJson,
  Resources: schemas.resourceListJson,
};

/** Finding, making, changing and replacing tokens. */
export function tokenOperations(parts: TokenOperationParts): readonly ApiOperation[] {
  return [list(parts), create(parts), read(parts), change(parts), rotate(parts), use(parts)];
}

function list({ tokens, clock }: TokenOperationParts): ApiOperation {
  const facts = {
    id: "listTokens",
    method: "get",
    path: "/tokens",
    summary: "Lists tokens",
    description: "Your own, or everybody's with `tokens:read:all`. The newest first.",
    scopes: READ,
    query: schemas.tokenQuery,
    answer: {
      status: 200,
      description: "A page of tokens.",
      schema: schemas.tokenPageJson,
      example: { items: [examples.EXAMPLE_TOKEN], total: 1 },
    },
    problems: [],
  } as const;
  return operation(facts, async ({ caller, query }) => {
    if (halfOwner(query)) return oneHalf("parameter");
    const { limit, after, q: search } = query;
    try {
      const page = await tokens.list(caller.actor, filterFromWire(query), { limit, after, search });
      const items = page.items.map((token) => tokenWire(token, clock.nowMs()));
      return answer({ body: { items, total: page.total, next: page.next }, next: page.next });
    } catch (error) {
      // What the stores say of a cursor that is not theirs.
      if (!(error instanceof RangeError)) throw error;
      const errors = [{ parameter: "after", detail: "it is not a cursor of this list" }];
      return problem("invalid-request", { errors });
    }
  });
}

/** Half an owner is a mistake: dropped, it would match more than was meant. */
export function oneHalf(place: "parameter" | "pointer"): ApiResult {
  const detail = "owner_kind and owner_id belong together";
  const error =
    place === "parameter" ? { parameter: "owner_id", detail } : { pointer: "/filter/owner_id", detail };
  return problem("invalid-request", { errors: [error] });
}

function create({ tokens, clock }: TokenOperationParts): ApiOperation {
  const facts = {
    id: "createToken",
    method: "post",
    path: "/tokens",
    summary: "Makes a token",
    description:
      "The secret is in this answer and nowhere else. The new token never has more than the calling one: neither scopes nor resources, addresses, methods, paths, uses or time.",
    scopes: WRITE,
    body: schemas.createBody,
    bodyExample: examples.EXAMPLE_NEW,
    answer: {
      status: 201,
      description: "The token with its secret. `Location` is its address.",
      schema: schemas.secretJson,
      example: examples.EXAMPLE_SECRET,
    },
    problems: ["not-allowed", "invalid-value", "conflict"],
  } as const;
  return operation(facts, async ({ caller, body }) => {
    const { kind, name, owner, limits, expires_at: expiresAt } = body;
    const result = await tokens.create(caller.actor, {
      kind,
      name,
      owner,
      limits: limitsFromWire(limits),
      expiresAtMs: epochMs(expiresAt),
    });
    if (!result.ok) return refusalProblem(result);
    const { token, secret } = result;
    const shown = { token: tokenWire(token, clock.nowMs()), secret };
    return answer({ body: shown, version: token.version, location: `/tokens/${token.id}` });
  });
}

function read({ tokens, clock }: TokenOperationParts): ApiOperation {
  const facts = {
    id: "getToken",
    method: "get",
    path: "/tokens/{id}",
    summary: "Reads a token",
    description: "Without its secret, which is kept nowhere.",
    scopes: READ,
    answer: {
      status: 200,
      description: "The token; `ETag` is its version.",
      schema: schemas.tokenJson,
      example: examples.EXAMPLE_TOKEN,
    },
    problems: ["not-found"],
  } as const;
  return operation(facts, async ({ caller, id }) => {
    const token = await tokens.get(caller.actor, id);
    if (token === undefined) return problem("not-found");
    return answer({ body: tokenWire(token, clock.nowMs()), version: token.version });
  });
}

function change({ tokens, clock }: TokenOperationParts): ApiOperation {
  const facts = {
    id: "changeToken",
    method: "patch",
    path: "/tokens/{id}",
    summary: "Changes a token",
    description: "Its name, its limits or its expiry, within what the calling token has itself.",
    scopes: WRITE,
    body: schemas.changeBody,
    bodyExample: { name: "Nightly report of the planner" },
    answer: {
      status: 200,
      description: "The token as it is now.",
      schema: schemas.tokenJson,
      example: examples.EXAMPLE_TOKEN,
    },
    problems: ["not-found", "not-allowed", "invalid-value", "conflict"],
    ifMatch: "demanded",
  } as const;
  return operation(facts, async ({ caller, id, body, version }) => {
    const { name, limits, expires_at: expiresAt } = body;
    const wanted = {
      ...(name === undefined ? {} : { name }),
      ...(limits === undefined ? {} : { limits: limitsFromWire(limits) }),
      ...(expiresAt === undefined ? {} : { expiresAtMs: epochMs(expiresAt) }),
    };
    const result = await tokens.change(caller.actor, id, wanted, version);
    if (!result.ok) return refusalProblem(result);
    return answer({ body: tokenWire(result.token, clock.nowMs()), version: result.token.version });
  });
}

function rotate({ tokens, clock }: TokenOperationParts): ApiOperation {
  const facts = {
    id: "rotateToken",
    method: "post",
    path: "/tokens/{id}/rotate",
    summary: "Gives a token a new secret",
    description:
      "A new token with the same limits takes its place; the old secret works on for the overlap. The new one's secret is in this answer and nowhere else.",
    scopes: WRITE,
    body: schemas.rotateBody,
    bodyExample: { overlap_seconds: 86_400 },
    answer: {
      status: 201,
      description: "The new token with its secret.",
      schema: schemas.secretJson,
      example: examples.EXAMPLE_SECRET,
    },
    problems: ["not-found", "not-allowed", "invalid-value", "conflict"],
    ifMatch: "demanded",
  } as const;
  return operation(facts, async ({ caller, id, body, version }) => {
    const { overlap_seconds: overlapSeconds, expires_at: expiresAt } = body;
    const expiresAtMs = expiresAt === undefined ? undefined : epochMs(expiresAt);
    const result = await tokens.rotate(caller.actor, id, { overlapSeconds, expiresAtMs }, version);
    if (!result.ok) return refusalProblem(result);
    const { token, secret } = result;
    const shown = { token: tokenWire(token, clock.nowMs()), secret };
    return answer({ body: shown, version: token.version, location: `/tokens/${token.id}` });
  });
}

function use({ tokens, useOf }: TokenOperationParts): ApiOperation {
  const facts = {
    id: "tokenUse",
    method: "get",
    path: "/tokens/{id}/use",
    summary: "How a token was used",
    description: "Counts by UTC day, address, resource and outcome; some seconds behind.",
    scopes: READ,
    query: schemas.useQuery,
    answer: {
      status: 200,
      description: "The counts, by day.",
      schema: schemas.useJson,
      example: examples.EXAMPLE_USE,
    },
    problems: ["not-found"],
  } as const;
  return operation(facts, async ({ caller, id, query }) => {
    const token = await tokens.get(caller.actor, id);
    if (token === undefined) return problem("not-found");
    const counts = await useOf(id, query.days);
    const items = counts.map(({ day, address, resource, outcome, count }) => ({
      day,
      address,
      resource,
      outcome,
      count,
    }));
    return answer({ body: { items } });
  });
}
