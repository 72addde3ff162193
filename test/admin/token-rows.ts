import { sha256 } from "../../src/platform/digest.ts";
import type { AdminApp } from "./admin-app.ts";

/** What an owner gets for each route about API tokens, in an order in which each can be done to one token. */
export const TOKEN_ROWS = {
  "GET /tokens": { owner: 200 },
  "GET /tokens/new": { owner: 200 },
  "POST /tokens/new": {
    owner: 303,
    form: {
      kind: "key",
      project: "metering",
      name: "Meter",
      days: "30",
      "resource.http://localhost:4000/api": "on",
    },
  },
  "GET /tokens/new/:draft": { owner: 410 },
  "GET /tokens/new/:draft/edit": { owner: 410 },
  "POST /tokens/new/:draft": { owner: 410, form: {} },
  "GET /tokens/revoke": { owner: 200 },
  "POST /tokens/revoke": { owner: 200, form: { scope: "nobody:has-this", fingerprint: sha256("") } },
  "GET /tokens/inspect": { owner: 200 },
  "POST /tokens/inspect": { owner: 200, form: { token: "x" } },
  "GET /tokens/rules": { owner: 200 },
  "POST /tokens/rules": {
    owner: 303,
    form: {
      version: "0",
      "new-network": "notify",
      "many-networks": "suspend",
      "rate-jump": "throttle",
      "dead-token": "notify",
      "scope-probing": "revoke",
      leaked: "revoke",
      throttlePerMinute: "10",
      throttleMinutes: "60",
      keptDays: "400",
      expiryNoticeDays: "7",
      patDays: "90",
      keyDays: "365",
      svcDays: "365",
    },
  },
  "GET /tokens/:id": { owner: 200 },
  "GET /tokens/:id/rotate": { owner: 200 },
  "GET /tokens/:id/change": { owner: 200 },
  "POST /tokens/:id/change": {
    owner: 303,
    form: { name: "Metering, new", days: "", "resource.http://localhost:4000/api": "on", version: "1" },
  },
  "GET /tokens/:id/change/:draft": { owner: 410 },
  "POST /tokens/:id/change/:draft": { owner: 410, form: {} },
  "POST /tokens/:id/suspend": { owner: 303, form: {} },
  "POST /tokens/:id/release": { owner: 303, form: {} },
  "POST /tokens/:id/rotate": { owner: 200, form: { overlap: "3600", version: "3" } },
  "POST /tokens/:id/revoke": { owner: 303, form: {} },
} as const;

/** An API key of a project, made by olga; its id. */
export async function makeKeyToken(app: AdminApp): Promise<string> {
  const nowMs = app.parts.clock.nowMs();
  const actor = {
    kind: "account",
    id: app.ids.olga,
    name: "olga",
    address: "192.0.2.24",
    freshSinceMs: nowMs,
  } as const;
  const result = await app.parts.tokens.apiTokens.create(actor, {
    kind: "key",
    owner: { kind: "project", id: "metering" },
    name: "Metering",
    expiresAtMs: nowMs + 30 * 86_400_000,
    limits: { resources: ["http://localhost:4000/api"] },
  });
  if (!result.ok) throw new Error(result.message);
  return result.token.id;
}
