import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { Router } from "express";
import { systemRandom } from "../../../src/platform/random.ts";
import { makeToken } from "../../../src/tokens/token-format.ts";
import { leakReportEndpoint } from "../../../src/tokens/watch/leak-report-endpoint.ts";
import { LeakReports, readReport } from "../../../src/tokens/watch/leak-reports.ts";
import { serve } from "../../http/serve.ts";
import { apiToken, watchedTokens } from "./watched.ts";

const JWT = `eyJhbGciOiJSUzI1NiJ9.${"a".repeat(80)}.${"b".repeat(80)}`;

async function start(t: TestContext) {
  const watched = await watchedTokens();
  const secret = makeToken("pat", systemRandom);
  await watched.durable.apiTokens.insert(apiToken("found", { hash: secret.hash }));
  const reports = new LeakReports({
    tokens: watched.durable.apiTokens,
    source: {
      find: async (text) =>
        await Promise.resolve(
          text === JWT
            ? {
                id: "family",
                kind: "at" as const,
                owner: { kind: "account" as const, id: "alice" },
                subject: "alice",
                scopes: [],
                resources: [],
                issuedAtMs: 0,
                expiresAtMs: Number.MAX_SAFE_INTEGER,
              }
            : undefined,
        ),
    },
    alarms: watched.watch().alarms,
  });
  const endpoint = leakReportEndpoint({
    reports,
    volatile: watched.volatile,
    addressOf: () => "203.0.113.5",
  });
  const url = await serve(t, Router().use(endpoint));
  t.after(async () => await watched.close());
  const post = async (body: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`${url}/tokens/report-leak`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  return { watched, secret: secret.text, post, url };
}

describe("a report of a leaked token", () => {
  it("revokes it, tells its owner where it lay, and writes it down", async (t) => {
    const { watched, secret, post } = await start(t);
    const report = {
      token: secret,
      source: "a repository",
      url: `https://git.example/r?q=${secret}#${secret}`,
    };
    const answer = await post(report);
    assert.equal(answer.status, 202);
    assert.deepEqual(watched.acts, ["revoke found leaked"]);
    assert.deepEqual(watched.told[0]?.evidence, {
      source: "a repository",
      url: "https://git.example/r",
      reportedFrom: "203.0.113.5",
    });
    assert.equal(watched.audit[0]?.detail["rule"], "leaked");
  });

  it("is answered the same for tokens that are ours, dead, mistyped, of others, or nothing at all", async (t) => {
    const { watched, secret, post } = await start(t);
    const dead = makeToken("key", systemRandom);
    await watched.durable.apiTokens.insert(apiToken("dead", { hash: dead.hash, state: "revoked" }));
    const unknown = makeToken("svc", systemRandom).text;
    const answers = [];
    for (const token of [secret, dead.text, unknown, `${secret.slice(0, -1)}!`, "ghp_x", "x", `${JWT}x`]) {
      const { status, text, headers } = await post({ token });
      answers.push({ status, text, length: headers.get("content-length") });
    }
    assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
    assert.equal(answers[0]?.status, 202);
    assert.deepEqual(watched.acts, ["revoke found leaked"]);
  });

  it("takes the shape of GitHub's secret scanning", async (t) => {
    const { watched, secret, post } = await start(t);
    const match = {
      token: secret,
      type: "gatehouse_token",
      url: "https://github.com/o/r",
      source: "content",
    };
    assert.equal((await post([match, { ...match, token: "x", more: 1 }])).status, 202);
    assert.deepEqual(watched.acts, ["revoke found leaked"]);
    assert.equal(watched.told[0]?.evidence["source"], "content");
  });

  it("of an OAuth access token ends the family that it came from", async (t) => {
    const { watched, post } = await start(t);
    assert.equal((await post({ tokens: [JWT, "x"] })).status, 202);
    assert.deepEqual(watched.acts, ["end at family leaked"]);
  });

  it("revokes a suspended token too, and tells once however often it is reported", async (t) => {
    const { watched, post } = await start(t);
    const suspended = makeToken("pat", systemRandom);
    await watched.durable.apiTokens.insert(apiToken("s", { hash: suspended.hash, state: "suspended" }));
    for (let n = 0; n < 3; n++) await post({ token: suspended.text });
    assert.deepEqual(watched.acts, ["revoke s leaked"]);
    assert.equal(watched.told.length, 1);
  });

  it("keeps no token in what is written, wherever the reporter put it", async (t) => {
    const { watched, secret, post } = await start(t);
    await post({
      token: secret,
      source: `in ${secret} and ${JWT}`,
      url: `https://git.example/${secret}/${JWT}`,
    });
    const written = JSON.stringify([watched.audit, watched.told]);
    assert.ok(!written.includes(secret) && !written.includes(JWT));
    assert.match(written, /https:\/\/git\.example\//);
  });

  it("is refused when it is not one: 400, and 415 for what is not JSON, and 405 for other methods", async (t) => {
    const { watched, secret, post, url } = await start(t);
    const broken = [
      "",
      "{",
      "null",
      "[]",
      "{}",
      { token: "" },
      { token: 7 },
      { token: secret, tokens: [secret] },
      { token: secret, more: true },
      { tokens: Array.from({ length: 101 }, () => secret) },
      [{ type: "x" }],
      `{"token":"${secret}","token":"${secret}"}`,
    ];
    for (const body of broken)
      assert.equal((await post(body)).status, 400, JSON.stringify(body).slice(0, 60));
    assert.equal((await post({ token: secret }, { "Content-Type": "text/plain" })).status, 415);
    const got = await fetch(`${url}/tokens/report-leak`);
    assert.equal(got.status, 405);
    assert.equal(got.headers.get("allow"), "POST");
    assert.deepEqual(watched.acts, []);
  });

  it("is limited to twenty a minute for each address, and what is beyond is not acted on", async (t) => {
    const { watched, secret, post } = await start(t);
    for (let n = 0; n < 20; n++) assert.equal((await post({ token: "x" })).status, 202);
    const late = await post({ token: secret });
    assert.equal(late.status, 429);
    assert.ok(Number(late.headers.get("retry-after")) > 0);
    assert.deepEqual(watched.acts, []);
    watched.clock.advance(60_000);
    assert.equal((await post({ token: secret })).status, 202);
    assert.deepEqual(watched.acts, ["revoke found leaked"]);
  });

  it("of 256 KB is refused before it is read", async (t) => {
    const { post } = await start(t);
    assert.equal((await post({ token: "x".repeat(300_000) })).status, 413);
  });
});

describe("reading a report", () => {
  it("one token and several come out alike", () => {
    assert.deepEqual(readReport({ token: "a", source: "s" }), [{ token: "a", source: "s", url: undefined }]);
    assert.equal(readReport({ tokens: ["a", "b"] })?.length, 2);
  });

  it("what is neither shape is nothing", () => {
    for (const json of [undefined, null, 1, "gth", [], [[]], {}, { tokens: [] }, { tokens: [""] }]) {
      assert.equal(readReport(json), undefined, JSON.stringify(json));
    }
  });
});
