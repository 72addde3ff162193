import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { exposedTokens } from "../../../src/http/exposed-tokens.ts";
import type { Transport } from "../../../src/http/transport.ts";
import { systemRandom } from "../../../src/platform/random.ts";
import { Exposures } from "../../../src/tokens/exposure.ts";
import { makeToken, TOKEN_KINDS } from "../../../src/tokens/token-format.ts";
import { tokensApp } from "../../account/tokens-app.ts";
import { TestClock } from "../../fixtures/clock.ts";
import { serve } from "../../http/serve.ts";

const JWT = `eyJhbGciOiJSUzI1NiJ9.${"a".repeat(80)}.${"b".repeat(80)}`;

async function guarded(t: TestContext, transport: Transport = "secure") {
  const reported: string[] = [];
  const guard = exposedTokens({
    transportOf: () => transport,
    addressOf: () => "192.0.2.1",
    report: async (text, by) => await Promise.resolve(void reported.push(`${by} ${text}`)),
  });
  const url = await serve(t, guard, (_request, response) => void response.send("let in"));
  return { url, reported };
}

describe("WB-90 a token that others can read", () => {
  for (const kind of TOKEN_KINDS) {
    test(`of the kind ${kind} in an address is refused and reported, wherever it stands`, async (t) => {
      const { url, reported } = await guarded(t);
      const { text } = makeToken(kind, systemRandom);
      for (const path of [`/?a=${text}`, `/${text}/x`, `/?access_token=${text}&b=1`]) {
        const answer = await fetch(url + path);
        assert.equal(answer.status, 400);
        assert.ok(!(await answer.text()).includes(text));
      }
      assert.deepEqual(
        reported,
        Array.from({ length: 3 }, () => `query ${text}`),
      );
    });
  }

  test("over plain http is refused and reported; what is no token of ours in an address is let in", async (t) => {
    const plain = await guarded(t, "plain");
    const { text } = makeToken("pat", systemRandom);
    const answer = await fetch(plain.url, { headers: { authorization: `Bearer ${text}` } });
    assert.equal(answer.status, 400);
    assert.deepEqual(plain.reported, [`plain-http ${text}`]);
    const secure = await guarded(t);
    for (const path of ["/?a=gth_pat_short", "/?token=x", `/?a=ghp_${"a".repeat(36)}`]) {
      assert.equal((await fetch(secure.url + path)).status, 200);
    }
    assert.equal((await fetch(secure.url, { headers: { authorization: `Bearer ${text}` } })).status, 200);
    assert.deepEqual(secure.reported, []);
  });

  test("is revoked by whoever keeps it: API tokens here, the others with their family", async () => {
    const others: string[] = [];
    const looked: string[] = [];
    const exposures = new Exposures({
      store: { findByHash: async (hash) => await Promise.resolve(void looked.push(hash)) },
      apiTokens: { revoke: async () => await Promise.reject(new Error("none is known")) },
      notices: { insert: async () => await Promise.reject(new Error("nobody is told")) },
      revokeOther: async (text) => await Promise.resolve(void others.push(text)),
      clock: new TestClock(),
    });
    const made = TOKEN_KINDS.map((kind) => makeToken(kind, systemRandom));
    for (const text of [...made.map((one) => one.text), JWT, "nothing", `${made[0]?.text}x`]) {
      await exposures.report(text, "query", "192.0.2.1");
    }
    const kept = new Set(["pat", "key", "svc"]);
    assert.deepEqual(
      looked,
      made.filter(({ kind }) => kept.has(kind)).map(({ hash }) => hash),
    );
    assert.deepEqual(others, [...made.filter(({ kind }) => !kept.has(kind)).map(({ text }) => text), JWT]);
  });

  test("on a page of a person too: it is revoked, once, and its owner is told", async (t) => {
    const app = await tokensApp(t);
    const { id, secret } = await app.make("alice");
    for (let time = 0; time < 2; time++) {
      assert.equal((await fetch(`${app.url}/login?next=${secret}`)).status, 400);
    }
    const { apiTokens, tokenNotices } = app.parts.stores.durable;
    const token = await apiTokens.get(id);
    assert.deepEqual([token?.state, token?.stateReason], ["revoked", "exposed"]);
    assert.equal((await tokenNotices.listByAccount(app.alice.id, { limit: 5 })).total, 1);
  });
});
