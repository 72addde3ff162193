import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { TokenVerifier } from "../../examples/verify-token.ts";
import { declareResource } from "../../src/admin/acts/declare-resource.ts";
import { registerClient } from "../../src/admin/acts/register-client.ts";
import { removeApplication } from "../../src/admin/acts/remove-application.ts";
import { type Installation, withInstallation } from "../../src/cli/installation.ts";
import { eventually } from "../fixtures/eventually.ts";
import { skipWithout, startPostgres, startRedis, type TestRedis } from "../fixtures/servers.ts";
import { startInstallation, type TestInstallation } from "./installation.ts";

const API = "https://orders.example/";
const WITHIN_MS = 1_000;
const RECOVERED_WITHIN_MS = 20_000;

interface Client {
  readonly id: string;
  readonly secret: string;
}

describe("an API that checks tokens at one process, while another one revokes them", {
  skip: skipWithout("redis") || skipWithout("postgres"),
}, () => {
  let installation: TestInstallation;
  let redis: TestRedis;
  let verifier: TokenVerifier;
  let clients: Readonly<Record<"server" | "opaque" | "jwt", Client>>;
  const undo: (() => unknown)[] = [];

  before(async () => {
    redis = await startRedis({ keepsData: true });
    undo.push(async () => await redis.stop());
    const postgres = await startPostgres();
    undo.push(async () => await postgres.stop());
    const stores = { redisUrl: redis.url, databaseUrl: await postgres.freshDatabase() };
    installation = await startInstallation({ processes: 2, stores });
    undo.push(async () => await installation.stop());
    clients = await command(async (opened) => await register(opened, installation.gatehouse));
    verifier = new TokenVerifier({
      issuer: installation.gatehouse,
      resource: API,
      clientId: clients.server.id,
      clientSecret: clients.server.secret,
      // Everything that it asks it asks the second process.
      fetch: async (input, init) => {
        const url = new URL(input instanceof Request ? input.url : input);
        return await fetch(`${origin(1)}${url.pathname}${url.search}`, init);
      },
    });
    verifier.start();
    undo.push(() => verifier.stop());
    // Everything from before the reader's start is asked about; from now on it knows.
    await wait(6_000);
  });
  after(async () => {
    for (const step of undo.toReversed()) await step();
  });

  const origin = (index: 0 | 1) => `http://127.0.0.1:${installation.processes[index]?.port}`;
  const command = async <T>(use: (opened: Installation) => Promise<T>): Promise<T> =>
    await withInstallation({ environment: installation.environment, user: "test" }, use);

  async function post(path: string, client: Client, form: Readonly<Record<string, string>>): Promise<string> {
    const basic = Buffer.from(`${client.id}:${client.secret}`).toString("base64");
    const answer = await fetch(`${origin(0)}${path}`, {
      method: "POST",
      headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(form),
    });
    return await answer.text();
  }
  async function tokenOf(client: Client): Promise<string> {
    const body = await post("/oauth2/token", client, { grant_type: "client_credentials", resource: API });
    return z.object({ access_token: z.string() }).parse(JSON.parse(body)).access_token;
  }
  const check = async (token: string) =>
    await verifier.verify({ method: "GET", url: "/orders", headers: { authorization: `Bearer ${token}` } });
  const checkedHow = async (token: string) => {
    const found = await check(token);
    return found.ok ? found.checked : found.status;
  };

  async function assertRefusedSoon(token: string): Promise<void> {
    const startMs = performance.now();
    await eventually(async () => {
      assert.equal(await checkedHow(token), 401);
    }, WITHIN_MS);
    assert.ok(performance.now() - startMs < WITHIN_MS);
  }

  for (const kind of ["opaque", "jwt"] as const) {
    test(`a revoked ${kind} token is refused within a second, out of what is kept too, and others stay`, async () => {
      const known = kind === "jwt" ? "offline" : "kept";
      for (let round = 0; round < 3; round++) {
        const [token, other] = [await tokenOf(clients[kind]), await tokenOf(clients[kind])];
        await eventually(async () => {
          assert.deepEqual([await checkedHow(token), await checkedHow(other)], [known, known]);
        });
        await post("/oauth2/revoke", clients[kind], { token });
        await assertRefusedSoon(token);
        assert.equal(await checkedHow(other), known);
      }
    });
  }

  test("without Redis no opaque token is active anywhere, a JWT counts offline, and afterwards all is well by itself", async () => {
    const [opaque, jwt] = [await tokenOf(clients.opaque), await tokenOf(clients.jwt)];
    await eventually(async () => {
      assert.deepEqual([await checkedHow(opaque), await checkedHow(jwt)], ["kept", "offline"]);
    });
    await redis.halt();
    // As long as the feed may be believed a good answer is kept, and no longer.
    await wait(11_000);
    assert.equal(await checkedHow(opaque), 503);
    assert.equal(await checkedHow(jwt), "offline");
    const basic = Buffer.from(`${clients.server.id}:${clients.server.secret}`).toString("base64");
    const headers = { authorization: `Basic ${basic}`, "content-type": "application/json" };
    const asked = await fetch(`${origin(0)}/tokens/verify`, {
      method: "POST",
      headers,
      body: JSON.stringify({ token: opaque, resource: API }),
    });
    assert.deepEqual([asked.status, asked.headers.has("retry-after")], [503, true]);
    assert.doesNotMatch(await asked.text(), /active/);
    assert.equal((await fetch(`${origin(0)}/tokens/revocations`, { headers })).status, 503);
    await redis.start();
    await eventually(async () => {
      assert.deepEqual([(await check(opaque)).ok, (await check(jwt)).ok], [true, true]);
    }, RECOVERED_WITHIN_MS);
    await eventually(async () => {
      assert.deepEqual(
        [await checkedHow(opaque), await checkedHow(await tokenOf(clients.jwt))],
        ["kept", "offline"],
      );
    }, RECOVERED_WITHIN_MS);
  });

  test("an application that the command removes: none of its tokens is good a second later", async () => {
    for (const kind of ["opaque", "jwt"] as const) {
      const token = await tokenOf(clients[kind]);
      assert.equal((await check(token)).ok, true);
      await command(async ({ acts, actor }) => {
        assert.ok((await removeApplication(acts, actor, clients[kind].id)).ok);
      });
      await assertRefusedSoon(token);
    }
  });
});

async function register({ acts, actor }: Installation, issuer: string) {
  const service = async (
    name: string,
    format: "opaque" | "jwt",
    resources: readonly string[],
  ): Promise<Client> => {
    const made = await registerClient(acts, actor, {
      name,
      profile: "service",
      grantTypes: ["client_credentials"],
      accessTokenFormat: format,
      resources: [...resources],
    });
    assert.ok(made.ok, "message" in made ? made.message : "");
    return { id: made.application.id, secret: made.clientSecret ?? "" };
  };
  const server = await service("Orders", "opaque", []);
  const declared = await declareResource({ ...acts, issuer }, actor, {
    identifier: API,
    name: "Orders",
    scopes: [{ name: "orders:read", description: "Read orders" }],
    introspectionClientIds: [server.id],
    accessTokenFormat: undefined,
  });
  assert.ok(declared.ok);
  return {
    server,
    opaque: await service("Robot", "opaque", [API]),
    jwt: await service("Robot with JWTs", "jwt", [API]),
  };
}
