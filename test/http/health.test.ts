import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { Router } from "express";
import { healthEndpoint, Metrics, type Pingable } from "../../src/http/health-endpoint.ts";
import { metricsAccess } from "../../src/http/metrics-access.ts";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { serve } from "./serve.ts";

const up: Pingable = { ping: async () => await Promise.resolve() };
const down: Pingable = { ping: async () => await Promise.reject(new Unavailable("volatile")) };
const hanging: Pingable = { ping: async () => await new Promise<never>(() => undefined) };

async function health(
  t: TestContext,
  stores: { durable?: Pingable; volatile?: Pingable; accepting?: boolean; metricsToken?: string } = {},
) {
  const metrics = new Metrics();
  const router = Router();
  router.get("/accounts/:id", (_request, response) => {
    response.send("x");
  });
  const endpoint = healthEndpoint({
    durable: stores.durable ?? up,
    volatile: stores.volatile ?? up,
    accepting: () => stores.accepting ?? true,
    metrics,
    metricsToken: stores.metricsToken,
  });
  return await serve(t, metrics.middleware(), endpoint, router);
}

describe("/readyz", () => {
  test("is 200 while both stores answer", async (t) => {
    const answer = await fetch(`${await health(t)}/readyz`);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { status: "ready", durable: "answers", volatile: "answers" });
  });

  const notReady: [name: string, stores: Parameters<typeof health>[1], fact: Record<string, string>][] = [
    ["the volatile store is away", { volatile: down }, { volatile: "does not answer", durable: "answers" }],
    ["the durable store is away", { durable: down }, { durable: "does not answer", volatile: "answers" }],
    ["a store hangs", { volatile: hanging }, { volatile: "does not answer" }],
    ["the process closes down", { accepting: false }, { volatile: "answers", durable: "answers" }],
  ];
  for (const [name, stores, fact] of notReady) {
    test(`is 503 within two seconds when ${name}`, async (t) => {
      const answer = await fetch(`${await health(t, stores)}/readyz`, { signal: AbortSignal.timeout(2_000) });
      assert.equal(answer.status, 503);
      assert.partialDeepStrictEqual(await answer.json(), { status: "not ready", ...fact });
    });
  }
});

test("RL-12 /healthz is 200 whatever the stores do: a restart would not bring them back", async (t) => {
  assert.equal((await fetch(`${await health(t, { durable: down, volatile: down })}/healthz`)).status, 200);
});

test("WB-92 the labels of the metrics are ours: addresses and methods that clients make up make no new series", async (t) => {
  const url = await health(t);
  for (let index = 0; index < 20; index += 1) {
    await fetch(`${url}/accounts/${index}`);
    await fetch(`${url}/made-up-${index}`, { method: index % 2 === 0 ? "GET" : "PURGE" });
  }
  const text = await (await fetch(`${url}/metrics`)).text();
  const series = text.split("\n").filter((line) => line.startsWith("gatehouse_http_requests_total{"));
  assert.deepEqual(
    series.toSorted(),
    [
      `gatehouse_http_requests_total{route="/accounts/:id",method="GET",status="2xx"} 20`,
      `gatehouse_http_requests_total{route="other",method="GET",status="4xx"} 10`,
      `gatehouse_http_requests_total{route="other",method="other",status="4xx"} 10`,
    ].toSorted(),
  );
  assert.ok(!text.includes("made-up"));
});

describe("/metrics without a token", () => {
  test("answers a program on this machine", async (t) => {
    const answer = await fetch(`${await health(t)}/metrics`);
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /^process_cpu_seconds_total/m);
  });

  for (const [header, value] of [
    ["X-Forwarded-For", "203.0.113.9"],
    ["X-Forwarded-For", "127.0.0.1"],
    ["Forwarded", "for=127.0.0.1"],
    ["X-Real-IP", "203.0.113.9"],
    ["Via", "1.1 proxy"],
  ] as const) {
    test(`is 403 for what a proxy on this machine passes on (${header}: ${value})`, async (t) => {
      const answer = await fetch(`${await health(t)}/metrics`, { headers: { [header]: value } });
      assert.equal(answer.status, 403);
      assert.doesNotMatch(await answer.text(), /process_cpu_seconds_total/);
    });
  }

  for (const [peer, expected] of [
    ["127.0.0.1", "granted"],
    ["127.8.9.10", "granted"],
    ["::ffff:127.0.0.1", "granted"],
    ["::1", "granted"],
    ["10.0.0.7", "loopback-only"],
    ["::ffff:203.0.113.9", "loopback-only"],
    ["2001:db8::1", "loopback-only"],
    ["fe80::1%eth0", "loopback-only"],
    ["127.0.0.1.evil", "loopback-only"],
    [undefined, "loopback-only"],
  ] as const) {
    test(`a socket from ${peer ?? "nowhere"}: ${expected}`, () => {
      const request = { headers: {}, socket: { remoteAddress: peer } };
      assert.equal(metricsAccess(undefined)(request), expected);
    });
  }
});

describe("/metrics with a token", () => {
  const metricsToken = "a-token-of-the-metrics";

  test("answers whoever brings it, behind a proxy too", async (t) => {
    const headers = { authorization: `Bearer ${metricsToken}`, "x-forwarded-for": "203.0.113.9" };
    const answer = await fetch(`${await health(t, { metricsToken })}/metrics`, { headers });
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /^process_cpu_seconds_total/m);
  });

  for (const [name, authorization] of [
    ["nothing, on this machine too", undefined],
    ["an empty one", "Bearer "],
    ["another one", "Bearer a-token-of-the-metricz"],
    ["its beginning", "Bearer a-token-of-the-metric"],
    ["more than it", `Bearer ${metricsToken}x`],
    ["another scheme", `Basic ${metricsToken}`],
    ["the token alone", metricsToken],
  ] as const) {
    test(`is 401 for ${name}`, async (t) => {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      const answer = await fetch(`${await health(t, { metricsToken })}/metrics`, { headers });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers.get("www-authenticate"), 'Bearer realm="metrics"');
      assert.doesNotMatch(await answer.text(), /process_cpu_seconds_total|a-token/);
    });
  }

  test("is 401 for the token in the address, where logs would keep it", async (t) => {
    const url = `${await health(t, { metricsToken })}/metrics?access_token=${metricsToken}`;
    assert.equal((await fetch(url)).status, 401);
  });
});
