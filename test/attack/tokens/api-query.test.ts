import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startTokenApp, type TokenApp } from "../../tokens/token-app.ts";
import { call, caller, isProblem, placesOf } from "./api.ts";
import { overTheWire } from "./wire.ts";

let app: TokenApp;
let token: string;
let id: string;
before(async () => {
  app = await startTokenApp();
  ({ token, id } = await caller(app, "olga", ["tokens:read:all", "tokens:write:all", "tokens:read"]));
});
after(async () => await app.close());

const store = () => app.parts.stores.durable.apiTokens;

describe("a query", () => {
  for (const query of [
    "limit=0",
    "limit=101",
    "limit=-1",
    "limit=1.5",
    "limit=x",
    "limit=",
    "limit=5&limit=6",
    "limit[]=5",
    "limit=%35&limit=5",
    "after=",
    "after=0",
    "after=1%20or%201=1",
    "after=-5",
    "after=99999999999999999999",
    "kind=root",
    "state=none",
    "owner_kind=account",
    "owner_id=olga",
    "never_used=yes",
    "never_used=1",
    "scopes_at_least=0",
    "unused_since=yesterday",
    "page=2",
    "Limit=5",
    "%zz=1",
    "q=%ff",
  ]) {
    test(`?${query} is refused, and not taken for something else`, async () => {
      isProblem(await call(app, `/tokens?${query}`, { token }), 400, "invalid-request");
    });
  }

  for (const query of [
    "q=%00",
    "q=%25",
    "q='%20or%201=1--",
    "scope=%00",
    "owner_kind=account&owner_id=%00",
    "address=%00",
    `q=${"x".repeat(200)}`,
  ]) {
    test(`?${query.slice(0, 40)} finds nothing, and breaks nothing`, async () => {
      const answer = await call(app, `/tokens?${query}`, { token });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.json["total"], 0);
    });
  }

  for (const hostile of ["..", "%2e%2e", "%00", "%2f", "__proto__", "x".repeat(8_000), "'%20or%201=1"]) {
    test(`the id ${hostile.slice(0, 20)} is no token's`, async () => {
      for (const path of ["", "/use"]) {
        const { status } = await overTheWire(app.origin, {
          target: `/api/v1/tokens/${hostile}${path}`,
          headers: [["Authorization", `Bearer ${token}`]],
        });
        assert.equal(status, 404);
      }
    });
  }
});

describe("If-Match", () => {
  const change = async (match: string | undefined, name: string) =>
    await call(app, `/tokens/${id}`, {
      method: "PATCH",
      token,
      body: { name },
      headers: match === undefined ? {} : { "if-match": match },
    });

  for (const match of ["1", "'1'", '"1', '"1", "2"', '"1" "1"', "*, *", "", "W/1", '"a b"', "null"]) {
    test(`${match || "empty"} is no entity tag: 400`, async () => {
      const answer = await change(match, "Never");
      isProblem(answer, 400, "invalid-request");
      assert.deepEqual(placesOf(answer), ["If-Match"]);
    });
  }
  for (const match of ['"0"', '"999"', '"-1"', '"01"', '"1e0"', '"1.0"', '"*"', '""']) {
    test(`${match} is no version that there is: 412`, async () => {
      isProblem(await change(match, "Never"), 412, "stale");
    });
  }
  test("a weak tag matches nothing (RFC 9110 13.1.1), also of the version that there is", async () => {
    const { version } = (await store().get(id)) ?? {};
    isProblem(await change(`W/"${version}"`, "Never"), 412, "stale");
  });
  test("none at all: 428", async () => {
    isProblem(await change(undefined, "Never"), 428, "precondition-required");
  });
  test("of the version that there is: changed, once; of twenty at once by one tag one", async () => {
    const { version } = (await store().get(id)) ?? {};
    const tag = `"${version}"`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => await change(tag, `Name ${n}`)),
    );
    const of = (status: number) => answers.filter((one) => one.status === status).length;
    assert.deepEqual([of(200), of(412)], [1, 19]);
    assert.equal((await store().get(id))?.version, (version ?? 0) + 1);
  });
  test("with another version: nothing is revoked, suspended, rotated or released", async () => {
    const made = await caller(app, "olga", ["tokens:read"]);
    const headers = { "if-match": '"9"' };
    for (const [method, path, body] of [
      ["DELETE", "", undefined],
      ["POST", "/suspend", {}],
      ["POST", "/rotate", { overlap_seconds: 0 }],
    ] as const) {
      isProblem(await call(app, `/tokens/${made.id}${path}`, { method, token, body, headers }), 412, "stale");
    }
    assert.deepEqual((await store().get(made.id))?.version, 1);
    await app.apiTokens.suspend({ kind: "system" }, made.id);
    isProblem(
      await call(app, `/tokens/${made.id}/release`, { method: "POST", token, headers }),
      412,
      "stale",
    );
    assert.equal((await store().get(made.id))?.state, "suspended");
  });
});
