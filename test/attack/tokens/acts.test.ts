import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ApiTokenStore } from "../../../src/storage/api-token-stores.ts";
import { ApiTokens } from "../../../src/tokens/api-tokens.ts";
import type { TokenActor } from "../../../src/tokens/token-act.ts";
import { make, person, startTokenApp, type TokenApp, tokenInput } from "../../tokens/token-app.ts";
import { OWN_API } from "./api.ts";

let app: TokenApp;
before(async () => {
  app = await startTokenApp();
});
after(async () => await app.close());

const store = () => app.parts.stores.durable.apiTokens;
const stateOf = async (id: string) => {
  const { state, stateReason } = (await store().get(id)) ?? {};
  return [state, stateReason];
};

/** The same acts over the same stores, where `meanwhile` happens right before the store is told to do `method`. */
function actsWith(options: {
  readonly before?: keyof ApiTokenStore;
  readonly meanwhile?: () => Promise<unknown>;
  readonly mostPerOwner?: number;
}): ApiTokens {
  const { tokens, resources, audit, clock, random } = app.parts;
  const slow = new Proxy(store(), {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...values: unknown[]): Promise<unknown> => {
        if (name === options.before) await options.meanwhile?.();
        return await Reflect.apply(member, target, values);
      };
    },
  });
  const policy = { ...tokens.policy, mostPerOwner: options.mostPerOwner ?? tokens.policy.mostPerOwner };
  const { owners, announce } = tokens;
  return new ApiTokens({ store: slow, owners, resources, audit, policy, announce, clock, random });
}

describe("a rotation", () => {
  test("of limits that were narrowed meanwhile is refused: the successor would be as wide as before", async () => {
    const alice = person(app, "alice");
    const { token, secret } = await make(app, alice, { limits: { scopes: ["orders:read", "orders:write"] } });
    const { limits } = tokenInput(app);
    const acts = actsWith({
      before: "rotate",
      meanwhile: async () => await app.apiTokens.change(alice, token.id, { limits }),
    });
    const rotated = await acts.rotate(alice, token.id, { overlapSeconds: 60 });
    assert.equal(!rotated.ok && rotated.code, "version");
    const found = await app.verifier.verify(secret, {});
    assert.deepEqual(found.active && found.scopes, ["orders:read"]);
    const { items } = await store().list({ owner: token.owner }, { limit: 100 });
    assert.deepEqual(
      items.filter(({ replaces }) => replaces === token.id),
      [],
    );
  });

  test("at the same moment as nine others: one successor", async () => {
    const alice = person(app, "alice");
    const { token } = await make(app, alice);
    const results = await Promise.all(
      Array.from(
        { length: 10 },
        async () => await app.apiTokens.rotate(alice, token.id, { overlapSeconds: 60 }),
      ),
    );
    assert.equal(results.filter(({ ok }) => ok).length, 1);
    const { items } = await store().list({ owner: token.owner }, { limit: 100 });
    assert.equal(items.filter(({ replaces }) => replaces === token.id).length, 1);
  });

  test("of a token that was revoked or suspended meanwhile makes no successor", async () => {
    const alice = person(app, "alice");
    for (const stop of ["revoke", "suspend"] as const) {
      const { token } = await make(app, alice);
      const acts = actsWith({
        before: "rotate",
        meanwhile: async () => await app.apiTokens[stop](alice, token.id),
      });
      assert.equal((await acts.rotate(alice, token.id, { overlapSeconds: 60 })).ok, false);
      const again = await app.apiTokens.rotate(alice, token.id, { overlapSeconds: 60 });
      assert.equal(!again.ok && again.code, "state");
    }
  });

  test("with an overlap is one live token more, and counts as that; without one it does not", async () => {
    const bob = person(app, "bob");
    const acts = actsWith({ mostPerOwner: 2 });
    const first = await acts.create(bob, tokenInput(app));
    assert.ok(first.ok);
    const second = await acts.rotate(bob, first.token.id, { overlapSeconds: 60 });
    assert.ok(second.ok);
    for (const id of [first.token.id, second.token.id]) {
      const third = await acts.rotate(bob, id, { overlapSeconds: 60 });
      assert.equal(!third.ok && third.code, "state");
    }
    assert.equal((await acts.rotate(bob, second.token.id, { overlapSeconds: 0 })).ok, true);
  });

  test("shortens the old one's life and never lengthens it, however often it is asked for", async () => {
    const alice = person(app, "alice");
    const { token } = await make(app, alice, { expiresAtMs: app.clock.nowMs() + 30_000 });
    const rotated = await app.apiTokens.rotate(alice, token.id, { overlapSeconds: 86_400 });
    assert.ok(rotated.ok);
    assert.equal((await store().get(token.id))?.expiresAtMs, token.expiresAtMs);
    const beyond = await app.apiTokens.rotate(alice, rotated.token.id, { overlapSeconds: 366 * 86_400 });
    assert.equal(!beyond.ok && beyond.code, "invalid");
  });

  test("of a token whose scope its person has lost gives nothing back", async () => {
    const alice = person(app, "alice");
    const { token } = await make(app, alice, { limits: { scopes: ["orders:read", "orders:buy"] } });
    const { accounts } = app.parts.stores.durable;
    const record = await accounts.get("alice");
    assert.ok(record !== undefined);
    await accounts.update({ ...record, groups: [] }, { username: "alice" });
    app.parts.accounts.invalidate();
    const rotated = await app.apiTokens.rotate(alice, token.id, { overlapSeconds: 0 });
    assert.ok(rotated.ok);
    const found = await app.verifier.verify(rotated.secret, {});
    assert.deepEqual(found.active && found.scopes, ["orders:read"]);
    await accounts.update(record, { username: "alice" });
    app.parts.accounts.invalidate();
  });
});

describe("a change", () => {
  test("is not made of a token that was changed since it was judged, also where no version was named", async () => {
    const olga = person(app, "olga");
    const { token } = await make(app, person(app, "alice"), {
      limits: { resources: [OWN_API], scopes: ["tokens:read"] },
    });
    const program: TokenActor = {
      kind: "token",
      tokenId: "another",
      name: "x",
      address: "192.0.2.1",
      owner: token.owner,
      madeBy: "alice",
      scopes: ["tokens:write"],
      ceiling: { limits: token.limits, expiresAtMs: token.expiresAtMs },
    };
    const wider = { ...token.limits, scopes: ["tokens:read", "tokens:write"] };
    const acts = actsWith({
      before: "change",
      meanwhile: async () => await app.apiTokens.change(olga, token.id, { limits: wider }),
    });
    // Of what it has become it could not be made to live longer by a program that has less.
    const changed = await acts.change(program, token.id, { expiresAtMs: token.expiresAtMs - 1 });
    assert.equal(!changed.ok && changed.code, "version");
    const kept = await store().get(token.id);
    assert.deepEqual([kept?.version, kept?.expiresAtMs], [2, token.expiresAtMs]);
  });
});

describe("what an administrator suspends", () => {
  const olga = () => person(app, "olga");

  test("its person does not release, also where they had suspended it before, or a rule had", async () => {
    const alice = person(app, "alice");
    for (const [who, reason] of [
      [alice, undefined],
      [{ kind: "system" } as const, "rule:new-network"],
    ] as const) {
      const { token } = await make(app, alice);
      await app.apiTokens.suspend(who, token.id, { reason });
      assert.equal((await app.apiTokens.suspend(olga(), token.id)).ok, true);
      assert.deepEqual(await stateOf(token.id), ["suspended", "administrator"]);
      const released = await app.apiTokens.release(alice, token.id);
      assert.equal(!released.ok && released.code, "forbidden");
      assert.equal((await app.apiTokens.release(olga(), token.id)).ok, true);
    }
  });

  test("stays an administrator's word, whatever reason they give and whatever comes after", async () => {
    const alice = person(app, "alice");
    const { token } = await make(app, alice);
    for (const reason of ["leaked", "owner"]) await app.apiTokens.suspend(olga(), token.id, { reason });
    await app.apiTokens.suspend(alice, token.id, { reason: "owner" });
    await app.apiTokens.suspend({ kind: "system" }, token.id, { reason: "rule:new-network" });
    assert.deepEqual(await stateOf(token.id), ["suspended", "administrator"]);
    assert.equal((await app.apiTokens.release(alice, token.id)).ok, false);
  });

  test("is not released by a person who looked at it the moment before", async () => {
    const alice = person(app, "alice");
    const { token } = await make(app, alice);
    await app.apiTokens.suspend(alice, token.id);
    const acts = actsWith({
      before: "change",
      meanwhile: async () => await app.apiTokens.suspend(olga(), token.id),
    });
    const released = await acts.release(alice, token.id);
    assert.equal(!released.ok && released.code, "version");
    assert.deepEqual(await stateOf(token.id), ["suspended", "administrator"]);
  });

  test("a program of its person does not release either, nor the token itself", async () => {
    const alice = person(app, "alice");
    const { token } = await make(app, alice, { limits: { resources: [OWN_API], scopes: ["tokens:write"] } });
    await app.apiTokens.suspend({ kind: "system" }, token.id, { reason: "rule:new-network" });
    const { limits, expiresAtMs } = token;
    const program: TokenActor = {
      kind: "token",
      tokenId: token.id,
      name: "x",
      address: "192.0.2.1",
      owner: token.owner,
      madeBy: "alice",
      scopes: ["tokens:write"],
      ceiling: { limits, expiresAtMs },
    };
    const own = await app.apiTokens.release(program, token.id);
    assert.equal(!own.ok && own.code, "login-needed");
    const all = await app.apiTokens.release({ ...program, scopes: ["tokens:write:all"] }, token.id);
    assert.equal(!all.ok && all.code, "forbidden");
  });
});

describe("what is previewed is what is revoked", () => {
  const olga = () => person(app, "olga");
  const project = (id: string) => ({ kind: "project", id }) as const;
  const key = async (id: string) =>
    await make(app, olga(), { kind: "key", owner: project(id), limits: { scopes: [] } });

  async function previewed(id: string, tokens = 2) {
    const made = [];
    for (let n = 0; n < tokens; n++) made.push(await key(id));
    const filter = { owner: project(id) };
    const preview = await app.apiTokens.preview(olga(), filter);
    assert.ok(preview.ok);
    assert.equal(preview.count, tokens);
    return { made, filter, preview, expected: { fingerprint: preview.fingerprint } };
  }

  test("those, all of them and no other; a second time there is nothing left", async () => {
    const { made, filter, preview, expected } = await previewed("all-of-them");
    const other = await key("another");
    const shown = preview.first.map(({ id }) => id).toSorted();
    assert.deepEqual(shown, made.map(({ token }) => token.id).toSorted());
    const done = await app.apiTokens.revokeWhere(olga(), filter, { expected });
    assert.deepEqual(done, { ok: true, count: 2 });
    for (const { token } of made) assert.deepEqual(await stateOf(token.id), ["revoked", "bulk"]);
    assert.equal((await stateOf(other.token.id))[0], "active");
    const again = await app.apiTokens.revokeWhere(olga(), filter, { expected });
    assert.equal(!again.ok && again.code, "version");
  });

  const changes: readonly (readonly [string, (id: string, first: string) => Promise<unknown>])[] = [
    ["one came", async (id) => await key(id)],
    ["one went", async (_, first) => await app.apiTokens.revoke(olga(), first)],
    [
      "one came and one went, so that they are as many",
      async (id, first) => {
        await app.apiTokens.revoke(olga(), first);
        await key(id);
      },
    ],
  ];
  for (const [what, meanwhile] of changes) {
    for (const when of ["after the preview", "while it is done"]) {
      test(`where ${what} ${when}, none is revoked`, async () => {
        const id = `${what} ${when}`;
        const { made, filter, expected } = await previewed(id);
        const [first, second] = made;
        assert.ok(first !== undefined && second !== undefined);
        const change = async () => await meanwhile(id, first.token.id);
        if (when === "after the preview") await change();
        const acts =
          when === "after the preview"
            ? app.apiTokens
            : actsWith({ before: "revokeWhere", meanwhile: change });
        const done = await acts.revokeWhere(olga(), filter, { expected });
        assert.equal(!done.ok && done.code, "version");
        assert.equal((await stateOf(second.token.id))[0], "active");
        assert.equal((await app.verifier.verify(second.secret, {})).active, true);
        await app.parts.audit.flush();
        const { items } = await app.parts.stores.durable.audit.list({
          limit: 1,
          action: "token.revoked-many",
        });
        assert.equal(items[0]?.outcome, "failure");
      });
    }
  }

  test("of two at once with one preview one revokes, and the other is told that there is nothing left", async () => {
    const { filter, expected } = await previewed("two at once");
    const results = await Promise.all(
      [1, 2].map(async () => await app.apiTokens.revokeWhere(olga(), filter, { expected })),
    );
    assert.equal(results.filter(({ ok }) => ok).length, 1);
  });

  test("a condition without any condition in it is refused, for it would mean every token", async () => {
    for (const filter of [{}, { owner: undefined, scope: undefined }]) {
      const done = await app.apiTokens.revokeWhere(olga(), filter);
      assert.equal(!done.ok && done.code, "invalid");
    }
  });

  test("a person's reach only their own, whatever the condition says", async () => {
    const bobs = await make(app, person(app, "bob"));
    const preview = await app.apiTokens.preview(person(app, "alice"), {
      kind: "pat",
      owner: bobs.token.owner,
    });
    assert.ok(preview.ok);
    assert.ok(preview.first.every(({ owner }) => owner.id === "alice"));
    await app.apiTokens.revokeWhere(person(app, "alice"), { owner: bobs.token.owner });
    assert.equal((await stateOf(bobs.token.id))[0], "active");
  });
});
