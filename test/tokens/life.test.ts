import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Account } from "../../src/model/account.ts";
import type { OidcApplication } from "../../src/model/application.ts";
import type { TokenUse } from "../../src/model/token-use.ts";
import { sha256 } from "../../src/platform/digest.ts";
import { randomId, systemRandom } from "../../src/platform/random.ts";
import { readToken } from "../../src/tokens/token-format.ts";
import { temporaryFolder } from "../fixtures/children.ts";
import { TestClock } from "../fixtures/clock.ts";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import {
  skipWithout,
  startPostgres,
  startRedis,
  type TestPostgres,
  type TestRedis,
} from "../fixtures/servers.ts";
import { API, make, person, startTokenApp, type TokenApp } from "./token-app.ts";

/** A process believes what it keeps for so long without asking; every other process knows by then. */
const EVERYWHERE_MS = 1_600;
const SECOND_MS = 1_000;

const skipPostgres = skipWithout("postgres");
const skipRedis = skipWithout("redis");

describe("the life of a token at two processes", () => {
  const servers: { postgres?: TestPostgres; redis?: TestRedis } = {};
  before(async () => {
    if (skipPostgres === false) servers.postgres = await startPostgres();
    if (skipRedis === false) servers.redis = await startRedis();
  });
  after(async () => {
    await servers.postgres?.stop();
    await servers.redis?.stop();
  });

  for (const database of ["SQLite", "PostgreSQL"] as const) {
    for (const volatile of ["the embedded store", "Redis"] as const) {
      const skip = (database === "PostgreSQL" && skipPostgres) || (volatile === "Redis" && skipRedis);
      describe(`over ${database} and ${volatile}`, { skip }, () => {
        const clock = new TestClock();
        const processes: TokenApp[] = [];
        before(async () => {
          const folder = temporaryFolder("life");
          await servers.redis?.ask("FLUSHALL");
          const environment = {
            DATABASE_URL:
              database === "SQLite"
                ? `sqlite:${join(folder, "gatehouse.db")}`
                : ((await servers.postgres?.freshDatabase()) ?? ""),
            ...(volatile === "Redis" ? { REDIS_URL: servers.redis?.url ?? "" } : {}),
            GATEHOUSE_VOLATILE: join(folder, "volatile.db"),
          };
          processes.push(await startTokenApp({ environment, clock }));
          await addClients(at(0));
          processes.push(await startTokenApp({ environment, clock, joins: true }));
        });
        after(async () => {
          for (const one of processes) await one.close();
        });

        const at = (n: number): TokenApp => {
          const one = processes[n];
          if (one === undefined) throw new Error(`there is no process ${n}`);
          return one;
        };
        lives({ here: () => at(0), there: () => at(1), clock });
      });
    }
  }
});

interface Both {
  readonly here: () => TokenApp;
  readonly there: () => TokenApp;
  readonly clock: TestClock;
}

/** What both processes say of a token: the one answer that they agree on. */
async function everywhere({ here, there, clock }: Both, text: string, use: TokenUse = {}): Promise<string> {
  clock.advance(EVERYWHERE_MS);
  const [a, b] = [await here().verifier.verify(text, use), await there().verifier.verify(text, use)];
  const [first, second] = [a, b].map((one) => (one.active ? "active" : one.refusal));
  assert.equal(first, second, "the processes disagree");
  return String(first);
}

function lives(both: Both): void {
  const { here, there, clock } = both;
  const of = async (text: string, use?: TokenUse) => await everywhere(both, text, use);
  const olga = () => person(here(), "olga");
  const KINDS = [
    ["a personal access token", { kind: "pat" }, () => person(here(), "alice")],
    ["an API key", { kind: "key", owner: { kind: "project", id: "metering" } }, olga],
    ["an API key of an application", { kind: "key", owner: { kind: "application", id: "keyed" } }, olga],
    ["a service token", { kind: "svc", owner: { kind: "application", id: "robot" } }, olga],
  ] as const;

  for (const [name, kind, actor] of KINDS) {
    const made = async (limits: object = {}, more: object = {}) =>
      await make(here(), actor(), { ...kind, ...more, limits });

    test(`${name} is made, shown once, and good at both`, async () => {
      const { secret, token } = await made();
      assert.equal(readToken(secret)?.kind, kind.kind);
      assert.equal(token.lastFour, secret.slice(-4));
      const kept = await there().parts.stores.durable.apiTokens.get(token.id);
      assert.equal(kept?.hash, readToken(secret)?.hash);
      const shown = JSON.stringify([kept, await there().apiTokens.get(olga(), token.id), token]);
      assert.ok(!shown.includes(secret) && !shown.includes(secret.slice(8, 51)));
      assert.equal(await of(secret), "active");
    });

    test(`${name} is limited, and both processes count one use as one`, async () => {
      const { secret } = await made({ perMinute: 4, perDay: 100, addresses: ["10.0.0.0/8"] });
      const use = { address: "10.1.2.3" };
      assert.equal(await of(secret, { address: "192.0.2.1" }), "address");
      assert.equal(await of(secret, use), "active");
      assert.equal(await of(secret, use), "active");
      assert.equal(await of(secret, use), "rate");
      const daily = await made({ perDay: 2 });
      assert.equal(await of(daily.secret), "active");
      assert.equal(await of(daily.secret), "quota");
    });

    test(`${name} is rotated: both secrets work within the overlap, the new one after it`, async () => {
      const { secret, token } = await made();
      assert.equal(await of(secret), "active");
      const rotated = await there().apiTokens.rotate(actor(), token.id, { overlapSeconds: 60 });
      assert.ok(rotated.ok, JSON.stringify(rotated));
      assert.notEqual(rotated.secret, secret);
      assert.deepEqual([await of(secret), await of(rotated.secret)], ["active", "active"]);
      clock.advance(60 * SECOND_MS);
      assert.deepEqual([await of(secret), await of(rotated.secret)], ["expired", "active"]);
    });

    test(`${name} is suspended, released, revoked, and never comes back`, async () => {
      const { secret, token } = await made();
      assert.equal(await of(secret), "active");
      assert.equal((await here().apiTokens.suspend(olga(), token.id)).ok, true);
      assert.equal(await of(secret), "suspended");
      assert.equal((await there().apiTokens.release(olga(), token.id)).ok, true);
      assert.equal(await of(secret), "active");
      assert.equal((await there().apiTokens.revoke(olga(), token.id)).ok, true);
      assert.equal(await of(secret), "revoked");
      assert.equal((await here().apiTokens.release(olga(), token.id)).ok, false);
      assert.equal((await here().apiTokens.rotate(actor(), token.id, { overlapSeconds: 0 })).ok, false);
      assert.equal(await of(secret), "revoked");
    });

    test(`${name} ends at its time`, async () => {
      const { secret } = await made({}, { expiresAtMs: clock.nowMs() + 10 * SECOND_MS });
      assert.equal(await of(secret), "active");
      clock.advance(10 * SECOND_MS);
      assert.equal(await of(secret), "expired");
    });
  }

  test("a person's and a service's token open nothing while their owner is switched off, and again afterwards", async () => {
    const pat = await make(here(), person(here(), "bob"));
    await withAccount(both, "bob", { enabled: false }, async () => {
      assert.equal(await of(pat.secret), "owner");
    });
    assert.equal(await of(pat.secret), "active");
    for (const [kind, id] of [
      ["svc", "robot"],
      ["key", "keyed"],
    ] as const) {
      const { secret } = await make(here(), olga(), { kind, owner: { kind: "application", id } });
      await withApplication(both, id, { enabled: false }, async () => {
        assert.equal(await of(secret), "owner");
      });
      assert.equal(await of(secret), "active");
    }
  });

  test("a resource that is switched off takes its tokens with it", async () => {
    const { secret } = await make(here(), person(here(), "alice"));
    const { resources } = here().parts.stores.durable;
    const orders = here().parts.resources.usable(API);
    assert.ok(orders !== undefined);
    const put = async (enabled: boolean) => {
      await resources.update({ ...orders, enabled });
      await here().parts.resources.reload();
      await here().parts.versions.bump("resources");
    };
    await put(false);
    assert.equal(await of(secret), "resource");
    await put(true);
    assert.equal(await of(secret), "active");
  });

  for (const format of ["opaque", "jwt"] as const) {
    describe(`an OAuth access token, ${format},`, () => {
      const issue = async (more: { sessionId?: string; grantId?: string } = {}) =>
        await issueFor(both, `${format}-client`, more);

      test("is good until it expires", async () => {
        const { text } = await issue();
        assert.equal(readToken(text)?.kind, format === "opaque" ? "at" : undefined);
        assert.equal(await of(text, { resource: API, scopes: ["orders:read"] }), "active");
        assert.equal(await of(text, { resource: API, scopes: ["orders:write"] }), "scope");
        clock.advance(600 * SECOND_MS);
        assert.equal(await of(text), "unknown");
      });

      test("dies with its family", async () => {
        const { text, familyId } = await issue();
        assert.equal(await of(text), "active");
        await there().protocols.oidc.families.revoke(familyId);
        assert.equal(await of(text), "unknown");
      });

      test("dies with what the person allowed", async () => {
        const { grants } = here().parts.stores.durable;
        const allowed = { id: randomId(systemRandom), accountId: "alice", applicationId: `${format}-client` };
        const { id } = await grants.allow({ ...allowed, scopes: ["orders:read"] }, clock.nowMs());
        const { text } = await issue({ grantId: id });
        assert.equal(await of(text), "active");
        await there().protocols.oidc.families.revokeGrant(id);
        assert.equal(await of(text), "unknown");
      });

      test("dies with the session that it was issued in", async () => {
        const sessionId = await beginSession(both);
        const { text } = await issue({ sessionId });
        assert.equal(await of(text), "active");
        await there().parts.sessions.end(sessionId, "alice");
        assert.equal(await of(text), "unknown");
      });

      test("opens nothing while its person or its client is switched off", async () => {
        const { text } = await issue();
        await withAccount(both, "alice", { enabled: false }, async () => {
          assert.equal(await of(text), "unknown");
        });
        await withApplication(both, `${format}-client`, { enabled: false }, async () => {
          assert.equal(await of(text), "unknown");
        });
        assert.equal(await of(text), "active");
      });

      test("loses the scope of a group with the group (OA-33)", async () => {
        const { text } = await issue();
        const use = { resource: API, scopes: ["orders:buy"] };
        assert.equal(await of(text, use), "active");
        await withAccount(both, "alice", { groups: [] }, async () => {
          assert.equal(await of(text, use), "scope");
        });
      });
    });
  }
}

/** Clients of a person, and one that has a key. */
async function addClients({ parts }: TokenApp): Promise<void> {
  const { applications } = parts.stores.durable;
  for (const accessTokenFormat of ["opaque", "jwt"] as const) {
    const id = `${accessTokenFormat}-client`;
    await applications.insert(oidcApplication({ id, accessTokenFormat, resources: [API] }));
  }
  await applications.insert(oidcApplication({ id: "keyed", resources: [API] }));
  await parts.applications.reload();
}

async function issueFor(
  { here }: Both,
  clientId: string,
  { sessionId, grantId }: { readonly sessionId?: string; readonly grantId?: string },
): Promise<{ readonly text: string; readonly familyId: string }> {
  const { accessTokens } = here().protocols.oidc;
  const application = here().parts.applications.oidcByClientId(clientId);
  assert.ok(application !== undefined);
  const familyId = randomId(systemRandom);
  const made = accessTokens.make(application, {
    clientId,
    basis: { accountId: "alice", sessionId, grantId },
    subject: "alice",
    scopes: ["orders:read", "orders:buy"],
    audience: [API],
    familyId,
    userinfoWishes: [],
  });
  await accessTokens.store(made);
  return { text: made.text, familyId };
}

async function beginSession({ here, clock }: Both): Promise<string> {
  const id = randomId(systemRandom);
  const nowMs = clock.nowMs();
  const authentication = { instantMs: nowMs, methods: ["pwd"], context: "password" } as const;
  const session = {
    id,
    accountId: "alice",
    startedAtMs: nowMs,
    lastSeenAtMs: nowMs,
    authentication,
    remembered: false,
  };
  await here().parts.sessions.begin(session, sha256(id));
  return id;
}

/** Changes an account for as long as `during` lasts, as an administrator at the first process does. */
async function withAccount(
  { here }: Both,
  id: string,
  changes: Partial<Account>,
  during: () => Promise<void>,
): Promise<void> {
  const { parts } = here();
  const { accounts } = parts.stores.durable;
  const account = await accounts.get(id);
  assert.ok(account !== undefined);
  const put = async (record: Account) => {
    await accounts.update(record, { username: id });
    parts.accounts.invalidate();
    await parts.versions.bump("accounts");
  };
  await put({ ...account, ...changes });
  try {
    await during();
  } finally {
    await put(account);
  }
}

async function withApplication(
  { here }: Both,
  id: string,
  changes: Partial<OidcApplication>,
  during: () => Promise<void>,
): Promise<void> {
  const { parts } = here();
  const application = parts.applications.oidcByClientId(id);
  assert.ok(application !== undefined);
  const put = async (record: OidcApplication) => {
    await parts.stores.durable.applications.update(record);
    await parts.applications.reload();
    await parts.versions.bump("applications");
  };
  await put({ ...application, ...changes });
  try {
    await during();
  } finally {
    await put(application);
  }
}
