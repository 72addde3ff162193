import { type ApiAuthentication, apiEndpoint } from "./api/api-endpoint.ts";
import type { ProblemName } from "./api/problems.ts";
import { tokenEndOperations } from "./api/token-end-operations.ts";
import { NAMED_TOKEN_SCHEMAS, type TokenOperationParts, tokenOperations } from "./api/token-operations.ts";
import type { Admission } from "./http/token-gate.ts";
import { addressBucket } from "./login/address-bucket.ts";
import type { Parts } from "./parts.ts";
import { sha256 } from "./platform/digest.ts";
import type { TokenChecks } from "./token-checks.ts";
import { ownApiIdentifier } from "./tokens/own-api.ts";
import type { VolatileStore } from "./volatile/volatile-store.ts";

const REALM = "api";
/** Calls without a good token from one address in a minute. */
const REFUSED_PER_MINUTE = 60;
const MINUTE_MS = 60_000;

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
  return apiEndpoint({
    issuer,
    operations: [...tokenOperations({ tokens, useOf, clock }), ...tokenEndOperations({ tokens, clock })],
    schemas: NAMED_TOKEN_SCHEMAS,
    authenticate: async (request, { id: asked, scopes }): Promise<ApiAuthentication> => {
      const admission = await gate.admit(request, { realm: REALM, resource, anyScope: { asked, scopes } });
      if (!admission.ok && admission.status === 403) return lacksScope(admission, scopes);
      if (!admission.ok) return await refusedCall(admission, stores.volatile, addressOf(request));
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
  volatile: Pick<VolatileStore, "increment">,
  address: string,
): Promise<ApiAuthentication> {
  if (code === "invalid_token") {
    const key = `api-refusals:${sha256(addressBucket(address))}`;
    const { count, resetsInMs } = await volatile.increment(key, 1, MINUTE_MS);
    if (count > REFUSED_PER_MINUTE) {
      const retryAfter = String(Math.max(1, Math.ceil(resetsInMs / 1_000)));
      return {
        kind: "refused",
        problem: { name: "too-many-requests" },
        headers: { "Retry-After": retryAfter },
      };
    }
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
