import { type ApiAuthentication, apiEndpoint } from "./api/api-endpoint.ts";
import type { ProblemName } from "./api/problems.ts";
import { tokenEndOperations } from "./api/token-end-operations.ts";
import { NAMED_TOKEN_SCHEMAS, type TokenOperationParts, tokenOperations } from "./api/token-operations.ts";
import type { Admission } from "./http/token-gate.ts";
import type { Parts } from "./parts.ts";
import type { TokenChecks } from "./token-checks.ts";
import { GuessLimit } from "./tokens/guess-limit.ts";
import { ownApiIdentifier } from "./tokens/own-api.ts";

const REALM = "api";
/** Calls without a good token from one address in a minute. */
const REFUSED_PER_MINUTE = 60;

/** Everything under /api/v1: its operations, and the way in by a token that was made for our own API. */
export function tokenApi(
  parts: Parts,
  { gate, addressOf }: TokenChecks,
  useOf: TokenOperationParts["useOf"],
) {
  const { config, stores, clock, random, log } = parts;
  const { issuer } = config;
  const tokens = parts.tokens.apiTokens;
  const resource = ownApiIdentifier(issuer);
  const guesses = new GuessLimit(stores.volatile, "api-refusals", REFUSED_PER_MINUTE);
  return apiEndpoint({
    issuer,
    operations: [...tokenOperations({ tokens, useOf, clock }), ...tokenEndOperations({ tokens, clock })],
    schemas: NAMED_TOKEN_SCHEMAS,
    authenticate: async (request, { id: asked, scopes }): Promise<ApiAuthentication> => {
      const admission = await gate.admit(request, { realm: REALM, resource, anyScope: { asked, scopes } });
      if (!admission.ok && admission.status === 403) return lacksScope(admission, scopes);
      if (!admission.ok) return await refusedCall(admission, guesses, addressOf(request));
      const { token, address } = admission;
      return { kind: "caller", caller: { token, actor: await tokens.actorOf(token, address) } };
    },
    log,
    random,
  });
}

function lacksScope(
  { headers }: Extract<Admission, { ok: false }>,
  scopes: readonly string[],
): ApiAuthentication {
  return { kind: "refused", problem: { name: "insufficient-scope", scopes }, headers };
}

/** A guess at a token costs its address a try. Whoever brought none at all has guessed nothing. */
async function refusedCall(
  { code, status, description, headers }: Extract<Admission, { ok: false }>,
  guesses: GuessLimit,
  address: string,
): Promise<ApiAuthentication> {
  const waitSeconds = code === "invalid_token" ? await guesses.count(address) : undefined;
  if (waitSeconds !== undefined) {
    return {
      kind: "refused",
      problem: { name: "too-many-requests" },
      headers: { "Retry-After": String(waitSeconds) },
    };
  }
  return { kind: "refused", problem: { name: problemName(status), detail: description }, headers };
}

function problemName(status: Extract<Admission, { ok: false }>["status"]): ProblemName {
  switch (status) {
    case 400:
      return "invalid-request";
    case 401:
      return "unauthorized";
    case 403:
      return "insufficient-scope";
    case 429:
      return "too-many-requests";
  }
}
