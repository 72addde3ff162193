import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { Router } from "express";
import { healthEndpoint, Metrics, type Pingable } from "../../src/http/health-endpoint.ts";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { serve } from "./serve.ts";

const up: Pingable = { ping: async () => await Promise.resolve() };
const down: Pingable = { ping: async () => await Promise.reject(new Unavailable("volatile")) };
const hanging: Pingable = { ping: async () => await new Promise<never>(() => undefined) };

async function health(
  t: TestContext,
  stores: { durable?: Pingable; volatile?: Pingable; accepting?: boolean } = {},
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
