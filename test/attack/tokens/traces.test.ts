import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Log } from "../../../src/platform/log.ts";
import { ApiTokens } from "../../../src/tokens/api-tokens.ts";
import { temporaryFolder } from "../../fixtures/children.ts";
import {
  API,
  askVerify,
  basic,
  make,
  person,
  RESOURCE_SERVER_SECRET,
  SERVICE_SECRET,
  startTokenApp,
  type TokenApp,
  tokenInput,
} from "../../tokens/token-app.ts";
import { call, caller, OWN_API } from "./api.ts";
import { bearer, FORM, overTheWire } from "./wire.ts";

/** Writes down everything that is logged. */
function listeningLog() {
  const lines: string[] = [];
  const note = (fields: Readonly<Record<string, unknown>>, message: string) =>
    void lines.push(JSON.stringify([message, fields]));
  return { lines, log: { info: note, warn: note, error: note } satisfies Log };
}

test("WB-90 no secret of a token is in the log, the trail, the metrics, an answer that refuses, or a file of either store", async () => {
  const folder = temporaryFolder("traces");
  const { lines, log } = listeningLog();
  const app = await startTokenApp({
    log,
    environment: {
      DATABASE_URL: `sqlite:${join(folder, "gatehouse.db")}`,
      GATEHOUSE_VOLATILE: join(folder, "volatile.db"),
    },
  });
  const secrets = await secretsOf(app);
  const refusals = await misuse(app, secrets);
  await app.parts.audit.flush();
  const { durable } = app.parts.stores;
  const trail = JSON.stringify((await durable.audit.list({ limit: 1_000 })).items);
  const notices = JSON.stringify((await durable.tokenNotices.listByAccount("alice", { limit: 100 })).items);
  const metrics = await (await fetch(`${app.origin}/metrics`)).text();
  assert.match(metrics, /gatehouse_http_requests_total/);
  assert.ok(trail.includes("token.created") && notices.length > 2 && refusals.length > 20);
  await app.close();
  const files = readdirSync(folder).map(
    (name) => [name, readFileSync(join(folder, name)).toString("latin1")] as const,
  );
  assert.ok(
    files.some(([name]) => name === "gatehouse.db") && files.some(([name]) => name === "volatile.db"),
  );
  const places = [
    ["the log", lines.join("\n")],
    ["the trail", trail],
    ["the notices", notices],
    ["the metrics", metrics],
    ["an answer", refusals.join("\n")],
    ...files,
  ] as const;
  for (const secret of secrets) {
    for (const [place, text] of places) {
      assert.ok(!text.includes(secret), `${place} has ${secret.slice(0, 8)}… in it`);
      // Not without its prefix and its checksum either.
      assert.ok(
        !text.includes(secret.slice(8, 48)),
        `${place} has the bare secret of ${secret.slice(0, 8)}…`,
      );
    }
  }
});

/** One token of each kind, and a rotated one's both secrets. */
async function secretsOf(app: TokenApp): Promise<readonly string[]> {
  const olga = person(app, "olga");
  const pat = await make(app, person(app, "alice"));
  const own = await caller(app, "alice", ["tokens:read", "tokens:write"]);
  const rotated = await call(app, `/tokens/${own.id}/rotate`, {
    method: "POST",
    token: own.token,
    headers: { "if-match": "*" },
    body: { overlap_seconds: 60 },
  });
  assert.equal(rotated.status, 201, rotated.text);
  const key = await make(app, olga, { kind: "key", owner: { kind: "project", id: "metering" } });
  const svc = await make(app, olga, { kind: "svc", owner: { kind: "application", id: "robot" } });
  const issued = await fetch(`${app.origin}/oauth2/token`, {
    method: "POST",
    headers: { "Content-Type": FORM[1], ...basic("robot", SERVICE_SECRET) },
    body: new URLSearchParams({ grant_type: "client_credentials", resource: API }),
  });
  const { access_token: access } = (await issued.json()) as { access_token: string };
  return [pat.secret, own.token, String(rotated.json["secret"]), key.secret, svc.secret, access];
}

/** Everything that goes wrong with a token in it; what was answered. */
async function misuse(app: TokenApp, secrets: readonly string[]): Promise<readonly string[]> {
  const answers: string[] = [];
  const server = basic("orders-server", RESOURCE_SERVER_SECRET);
  for (const secret of secrets) {
    const json = { "content-type": "application/json" };
    const attempts = [
      { target: `/api/v1/tokens/${secret.slice(0, 30)}`, headers: [bearer(secret)] },
      {
        target: "/nowhere",
        headers: [bearer(secret), ["Referer", `http://x/?${secret}`], ["User-Agent", secret]],
      },
      {
        method: "POST",
        target: "/api/v1/tokens",
        headers: [bearer(secret), ["Content-Type", json["content-type"]]],
        body: `{"name":"${secret}"`,
      },
      {
        method: "POST",
        target: "/tokens/verify",
        headers: [["Content-Type", "application/json"]],
        body: `{"token":7,"${secret}":1}`,
      },
      {
        method: "POST",
        target: "/oauth2/token",
        headers: [FORM],
        body: `grant_type=${secret}&client_id=${secret}`,
      },
      {
        method: "POST",
        target: "/oauth2/introspect",
        headers: [FORM],
        body: `token=${secret}&token=${secret}`,
      },
      {
        method: "PURGE",
        target: "/tokens/verify",
        headers: [["Authorization", `Bearer ${secret} ${secret}`]],
      },
    ] as const;
    for (const attempt of attempts) {
      const { status, body, headers } = await overTheWire(app.origin, attempt);
      if (status >= 400) answers.push(body + JSON.stringify([...headers]));
    }
    await askVerify(app, { token: secret, resource: API }, server);
  }
  for (const secret of secrets) {
    const { body } = await overTheWire(app.origin, { target: `/login?next=${secret}` });
    answers.push(body);
    const leak = await fetch(`${app.origin}/tokens/report-leak`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: secret, source: "a scanner" }),
    });
    answers.push(await leak.text());
  }
  return answers;
}

describe("what is left behind", () => {
  let app: TokenApp;
  before(async () => {
    app = await startTokenApp();
  });
  after(async () => await app.close());

  test("WB-91 a name that would begin a line of its own, or colour it, is refused before it is written anywhere", async () => {
    for (const name of ["a\r\nforged", "a\u001b[31m", "a\u2028b", "a\u0085b", "x".repeat(1_000_000)]) {
      const made = await app.apiTokens.create(person(app, "alice"), { ...tokenInput(app), name });
      assert.equal(!made.ok && made.code, "invalid");
      const owner = { kind: "project", id: name };
      const key = await app.apiTokens.create(person(app, "olga"), { ...tokenInput(app), kind: "key", owner });
      assert.equal(key.ok, false);
    }
  });

  test("WB-92 tokens, addresses and made-up methods make no series of their own", async () => {
    const { token } = await caller(app, "alice", ["tokens:read"]);
    const METHODS = ["PURGE", "LOCK", "MKCOL", "SEARCH", "BIND", "REPORT"];
    const seriesOf = async () => {
      const text = await (await fetch(`${app.origin}/metrics`)).text();
      return text.split("\n").filter((line) => line.startsWith("gatehouse_http_requests_total{")).length;
    };
    const ask = async (n: number) => {
      await call(app, `/tokens/id-${n}`, { token });
      await call(app, `/tokens/id-${n}/use`, { token });
      await overTheWire(app.origin, {
        method: METHODS[n % METHODS.length] ?? "LOCK",
        target: `/api/v1/tokens/id-${n}?x=${n}`,
        headers: [bearer(token)],
      });
      await overTheWire(app.origin, { target: `/tokens/verify/${n}` });
    };
    await seriesOf();
    await ask(0);
    const once = await seriesOf();
    for (let n = 1; n < 15; n++) await ask(n);
    assert.equal(await seriesOf(), once);
  });

  test("WB-93 each act is in the trail once, with who did it to what from where, and a refused one as a failure", async () => {
    const { token, id: callerId } = await caller(app, "olga", ["tokens:read:all", "tokens:write:all"]);
    const made = await call(app, "/tokens", {
      method: "POST",
      token,
      body: {
        kind: "key",
        name: "Watched",
        owner: { kind: "project", id: "trail" },
        limits: { scopes: [], resources: [OWN_API] },
        expires_at: new Date(app.clock.nowMs() + 60_000).toISOString(),
      },
    });
    assert.equal(made.status, 201, made.text);
    const { id } = made.json["token"] as { id: string };
    const headers = { "if-match": "*" };
    const acts = [
      ["PATCH", "", { name: "Renamed" }, "token.changed"],
      ["POST", "/suspend", {}, "token.suspended"],
      ["POST", "/release", undefined, "token.released"],
      [
        "POST",
        "/rotate",
        { overlap_seconds: 10, expires_at: new Date(app.clock.nowMs() + 50_000).toISOString() },
        "token.rotated",
      ],
      ["DELETE", "", undefined, "token.revoked"],
    ] as const;
    for (const [method, path, body] of acts) {
      const answer = await call(app, `/tokens/${id}${path}`, { method, token, body, headers });
      assert.ok(answer.status < 300, answer.text);
    }
    const stale = { method: "DELETE", token, headers: { "if-match": '"99"' } };
    const other = await make(app, person(app, "alice"));
    assert.equal((await call(app, `/tokens/${other.token.id}`, stale)).status, 412);
    await app.parts.audit.flush();
    const { items } = await app.parts.stores.durable.audit.list({ limit: 1_000 });
    for (const action of ["token.created", ...acts.map(([, , , name]) => name)]) {
      const found = items.filter((event) => event.action === action && event.targetId === id);
      assert.equal(found.length, 1, action);
      const [event] = found;
      assert.deepEqual(
        [event?.outcome, event?.targetKind, event?.address],
        ["success", "token", "127.0.0.1"],
      );
      assert.ok(JSON.stringify(event).includes(callerId), `${action} names the token that did it`);
    }
    const failed = items.filter((event) => event.targetId === other.token.id && event.outcome === "failure");
    assert.equal(failed.length, 1);
  });

  test("WB-93 where the trail cannot be written nothing is made, changed, rotated or revoked", async () => {
    const alice = person(app, "alice");
    const { token, secret } = await make(app, alice);
    const { tokens, stores, resources, clock, random } = app.parts;
    const audit = {
      record: async () => await Promise.reject(new Error("the trail is away")),
      note: () => undefined,
    };
    const store = stores.durable.apiTokens;
    const { owners, policy, announce } = tokens;
    const acts = new ApiTokens({ store, owners, resources, audit, policy, announce, clock, random });
    const { total } = await store.list({}, { limit: 1 });
    await assert.rejects(acts.create(alice, tokenInput(app)));
    await assert.rejects(acts.change(alice, token.id, { name: "x" }));
    await assert.rejects(acts.rotate(alice, token.id, { overlapSeconds: 0 }));
    await assert.rejects(acts.revoke(alice, token.id));
    await assert.rejects(acts.revokeWhere(alice, { kind: "pat" }));
    assert.equal((await store.list({}, { limit: 1 })).total, total);
    assert.equal((await store.get(token.id))?.version, 1);
    assert.equal((await app.verifier.verify(secret, {})).active, true);
  });
});
