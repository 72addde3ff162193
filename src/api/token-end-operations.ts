import type { Clock } from "../platform/clock.ts";
import type { ApiTokens } from "../tokens/api-tokens.ts";
import { type ApiOperation, answer, operation } from "./operation.ts";
import * as examples from "./token-examples.ts";
import { oneHalf, READ, WRITE } from "./token-operations.ts";
import * as schemas from "./token-schemas.ts";
import { filterFromWire, halfOwner, refusalProblem, tokenWire } from "./token-wire.ts";

export interface TokenEndOperationParts {
  readonly tokens: Pick<ApiTokens, "revoke" | "suspend" | "release" | "preview" | "revokeWhere" | "offers">;
  readonly clock: Clock;
}

/** Stopping tokens, one and many, and what tokens can be made for. */
export function tokenEndOperations(parts: TokenEndOperationParts): readonly ApiOperation[] {
  return [revoke(parts), suspend(parts), release(parts), revokeMany(parts), resources(parts)];
}

function revoke({ tokens }: TokenEndOperationParts): ApiOperation {
  const facts = {
    id: "revokeToken",
    method: "delete",
    path: "/tokens/{id}",
    summary: "Revokes a token",
    description:
      "For good, within a second everywhere. One that is revoked already is revoked again: 204. The record stays to be read.",
    scopes: WRITE,
    answer: { status: 204, description: "It is revoked." },
    problems: ["not-found"],
    ifMatch: "honoured",
  } as const;
  return operation(facts, async ({ caller, id, version }) => {
    const result = await tokens.revoke(caller.actor, id, {}, version);
    return result.ok ? answer({}) : refusalProblem(result);
  });
}

const STATE_ANSWER = {
  status: 200,
  description: "The token as it is now.",
  schema: schemas.tokenJson,
  example: examples.EXAMPLE_TOKEN,
} as const;

function suspend({ tokens, clock }: TokenEndOperationParts): ApiOperation {
  const facts = {
    id: "suspendToken",
    method: "post",
    path: "/tokens/{id}/suspend",
    summary: "Stops a token for a while",
    description: "Until it is released. What an administrator suspends, its owner cannot release.",
    scopes: WRITE,
    body: schemas.stateBody,
    bodyExample: { reason: "leaked" },
    answer: STATE_ANSWER,
    problems: ["not-found", "conflict"],
    ifMatch: "honoured",
  } as const;
  return operation(facts, async ({ caller, id, body, version }) => {
    const result = await tokens.suspend(caller.actor, id, body, version);
    if (!result.ok) return refusalProblem(result);
    return answer({ body: tokenWire(result.token, clock.nowMs()), version: result.token.version });
  });
}

function release({ tokens, clock }: TokenEndOperationParts): ApiOperation {
  const facts = {
    id: "releaseToken",
    method: "post",
    path: "/tokens/{id}/release",
    summary: "Lets a suspended token work again",
    description:
      "With `tokens:write:all`. Its owner does it on the pages, after a login: whoever stole a token could otherwise undo what caught them.",
    scopes: WRITE,
    answer: STATE_ANSWER,
    problems: ["not-found", "fresh-login-needed", "not-allowed", "conflict"],
    ifMatch: "honoured",
  } as const;
  return operation(facts, async ({ caller, id, version }) => {
    const result = await tokens.release(caller.actor, id, version);
    if (!result.ok) return refusalProblem(result);
    return answer({ body: tokenWire(result.token, clock.nowMs()), version: result.token.version });
  });
}

function revokeMany({ tokens, clock }: TokenEndOperationParts): ApiOperation {
  const facts = {
    id: "revokeTokens",
    method: "post",
    path: "/tokens/revocations",
    summary: "Revokes every token that matches",
    description:
      "Your own, or everybody's with `tokens:write:all`. With `preview` nothing is revoked, and the answer says what would be; send its `fingerprint` back, so that exactly those are revoked or none.",
    scopes: WRITE,
    body: schemas.revocationBody,
    bodyExample: examples.EXAMPLE_REVOCATION,
    answer: {
      status: 200,
      description: "How many were, or would be, revoked.",
      schema: schemas.revocationJson,
      example: { preview: true, count: 1, items: [examples.EXAMPLE_TOKEN] },
    },
    problems: ["not-allowed", "invalid-value", "stale"],
  } as const;
  return operation(facts, async ({ caller, body }) => {
    const { filter: given, preview, expected: count, fingerprint, reason } = body;
    if (halfOwner(given)) return oneHalf("pointer");
    const filter = filterFromWire(given);
    if (preview) {
      const found = await tokens.preview(caller.actor, filter);
      if (!found.ok) return refusalProblem(found);
      const items = found.first.map((token) => tokenWire(token, clock.nowMs()));
      return answer({ body: { preview: true, count: found.count, items, fingerprint: found.fingerprint } });
    }
    const expected = { count, fingerprint };
    const done = await tokens.revokeWhere(caller.actor, filter, { reason, expected });
    return done.ok
      ? answer({ body: { preview: false, count: done.count, items: [] } })
      : refusalProblem(done);
  });
}

function resources({ tokens }: TokenEndOperationParts): ApiOperation {
  const facts = {
    id: "listResources",
    method: "get",
    path: "/resources",
    summary: "What tokens can be made for",
    description: "The declared resources, each with those of its scopes that a token of yours may have.",
    scopes: [...READ, ...WRITE],
    answer: {
      status: 200,
      description: "Resources with their scopes.",
      schema: schemas.resourceListJson,
      example: examples.EXAMPLE_RESOURCES,
    },
    problems: [],
  } as const;
  return operation(facts, async ({ caller }) => {
    const { owner, kind } = caller.token;
    const offers = await tokens.offers(
      owner.kind === "account" ? "pat" : kind === "key" ? "key" : "svc",
      owner,
    );
    const items = offers.map(({ identifier, name, scopes }) => ({
      identifier,
      name,
      scopes: scopes.map((scope) => ({ name: scope.name, description: scope.description })),
    }));
    return answer({ body: { items } });
  });
}
