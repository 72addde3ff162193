import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { suite, test } from "node:test";
import { setKeyRollover } from "../../../src/admin/acts/set-key-rollover.ts";
import { stepKey } from "../../../src/admin/acts/step-key.ts";
import { selfSignedCertificate } from "../../../src/keys/certificate.ts";
import { OWNER } from "../acts-installation.ts";
import { DAY_MS, HOUR_MS, withKeys } from "./keys-installation.ts";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const OWN_KEY = {
  name: "own",
  type: "P-256",
  privateKey,
  certificate: selfSignedCertificate("P-256", privateKey, "id.example.org", 0, Buffer.alloc(15, 7)),
} as const;

suite("a step of a rollover", () => {
  test("the next key signs when the slowest reader has come by, and the old one stays published", async () => {
    const { parts, clock, idOf, states, announced, events } = await withKeys();
    const [active, next] = [idOf("active"), idOf("next")];
    clock.advance(24 * HOUR_MS);
    assert.ok((await stepKey(parts, OWNER, { keyId: next, step: "sign" })).ok);
    assert.deepEqual([idOf("active"), idOf("retiring")], [next, active]);
    assert.deepEqual(states(), ["active", "next", "retiring"]);
    assert.deepEqual(announced, ["keys"]);
    const [event] = await events();
    assert.deepEqual([event?.action, event?.targetId, event?.detail], ["key.activated", next, {}]);
  });

  test("a moment too early is refused at the reason's field; with a reason it is made and written down", async () => {
    const { parts, clock, idOf, events } = await withKeys();
    const next = idOf("next");
    clock.advance(24 * HOUR_MS - 1);
    for (const reason of [undefined, "", "  "]) {
      const refusal = await stepKey(parts, OWNER, { keyId: next, step: "sign", reason });
      assert.ok(!refusal.ok);
      assert.equal(refusal.field, "reason");
    }
    assert.deepEqual(await events(), []);
    assert.ok((await stepKey(parts, OWNER, { keyId: next, step: "sign", reason: "the key leaked" })).ok);
    assert.deepEqual((await events())[0]?.detail, { early: true, reason: "the key leaked" });
    assert.equal(idOf("active"), next);
  });

  test("a slower reader moves the earliest moment", async () => {
    const { parts, clock, idOf } = await withKeys();
    assert.ok((await setKeyRollover(parts, OWNER, { slowestReaderHours: 100 })).ok);
    clock.advance(99 * HOUR_MS);
    const step = { keyId: idOf("next"), step: "sign" } as const;
    assert.equal((await stepKey(parts, OWNER, step)).ok, false);
    clock.advance(HOUR_MS);
    assert.equal((await stepKey(parts, OWNER, step)).ok, true);
  });

  test("a retiring key is retired after a week, not before", async () => {
    const { parts, clock, idOf, states } = await withKeys();
    clock.advance(DAY_MS);
    await stepKey(parts, OWNER, { keyId: idOf("next"), step: "sign" });
    const step = { keyId: idOf("retiring"), step: "retire" } as const;
    clock.advance(7 * DAY_MS - 1);
    const early = await stepKey(parts, OWNER, step);
    assert.equal(!early.ok && early.field, "reason");
    clock.advance(1);
    assert.ok((await stepKey(parts, OWNER, step)).ok);
    assert.deepEqual(states(), ["active", "next"]);
  });

  test("a key that applications stay with is not retired, whatever the reason, and they are named", async () => {
    const { parts, clock, idOf, states, hold, store } = await withKeys();
    clock.advance(DAY_MS);
    await stepKey(parts, OWNER, { keyId: idOf("next"), step: "sign" });
    await hold(idOf("retiring"));
    clock.advance(30 * DAY_MS);
    const step = { keyId: idOf("retiring"), step: "retire", reason: "I want to" } as const;
    const held = await stepKey(parts, OWNER, step);
    assert.ok(!held.ok);
    assert.match(held.message, /held back by Payroll/);
    assert.deepEqual(states(), ["active", "next", "retiring"]);
    await store.applications.delete("app-Payroll");
    assert.ok((await stepKey(parts, OWNER, step)).ok);
  });

  test("whoever holds it is named, but not a hundred of them", async () => {
    const { parts, idOf, hold } = await withKeys();
    await parts.signingKeys.rotate();
    for (let n = 0; n < 8; n++) await hold(idOf("retiring"), `App${n}`);
    const held = await stepKey(parts, OWNER, { keyId: idOf("retiring"), step: "retire", reason: "x" });
    assert.match(held.ok ? "" : held.message, /App4 and 3 more/);
  });

  test("back to the key before: it signs again at once, and the new one stays published", async () => {
    const { parts, idOf, states, events } = await withKeys();
    const [active, next] = [idOf("active"), idOf("next")];
    await parts.signingKeys.rotate();
    assert.ok((await stepKey(parts, OWNER, { keyId: active, step: "go-back" })).ok);
    assert.deepEqual([idOf("active"), idOf("retiring")], [active, next]);
    assert.deepEqual(states(), ["active", "next", "retiring"]);
    assert.equal((await events()).at(-1)?.action, "key.taken-back");
  });

  test("a step that does not fit the key's state is refused, and so is a key that is not there", async () => {
    const { parts, idOf, events } = await withKeys();
    for (const [keyId, step] of [
      [idOf("active"), "sign"],
      [idOf("active"), "retire"],
      [idOf("next"), "retire"],
      [idOf("next"), "go-back"],
      ["nothing", "sign"],
    ] as const) {
      assert.equal((await stepKey(parts, OWNER, { keyId, step, reason: "x" })).ok, false, step);
    }
    assert.deepEqual(await events(), []);
  });

  test("of two who step at the same moment one is refused", async () => {
    const { parts, idOf, states } = await withKeys();
    const step = { keyId: idOf("next"), step: "sign", reason: "now" } as const;
    const results = await Promise.all([stepKey(parts, OWNER, step), stepKey(parts, OWNER, step)]);
    assert.equal(results.filter(({ ok }) => ok).length, 1);
    assert.deepEqual(states(), ["active", "next", "retiring"]);
  });

  test("when another key became the next one meanwhile, that one does not sign in its place", async () => {
    const { parts, idOf, states, signingKeys } = await withKeys();
    const looked = idOf("next");
    const records = async () => {
      const read = await signingKeys.records();
      // An administrator's own key takes the place of the next one, between the look and the step.
      await signingKeys.take([OWN_KEY]);
      return read;
    };
    const rotate = signingKeys.rotate.bind(signingKeys);
    const [retire, goBack] = [signingKeys.retire.bind(signingKeys), signingKeys.goBack.bind(signingKeys)];
    const racing = { ...parts, signingKeys: { records, rotate, retire, goBack } };
    const active = idOf("active");
    const result = await stepKey(racing, OWNER, { keyId: looked, step: "sign", reason: "now" });
    assert.equal(!result.ok && result.code, "conflict");
    assert.deepEqual([idOf("active"), states()], [active, ["active", "next"]]);
    assert.notEqual(idOf("next"), looked);
  });

  test("without a line in the trail no step is made", async () => {
    const { parts, idOf, breakAudit } = await withKeys();
    const next = idOf("next");
    breakAudit();
    await assert.rejects(stepKey(parts, OWNER, { keyId: next, step: "sign", reason: "x" }), /trail/);
    assert.equal(idOf("next"), next);
  });

  test("a reason that is a whole letter is refused", async () => {
    const { parts, idOf } = await withKeys();
    const step = { keyId: idOf("next"), step: "sign", reason: "x".repeat(301) } as const;
    assert.equal((await stepKey(parts, OWNER, step)).ok, false);
  });
});

suite("when keys change", () => {
  test("is stored, announced and written down; taken away again, nothing is left of it", async () => {
    const { parts, store, announced, events } = await withKeys();
    assert.ok((await setKeyRollover(parts, OWNER, { rotateEveryDays: 90 })).ok);
    assert.deepEqual((await store.settings.all())["key-rollover"]?.value, {
      rotateEveryDays: 90,
      slowestReaderHours: 24,
    });
    assert.ok((await setKeyRollover(parts, OWNER, { rotateEveryDays: null })).ok);
    assert.deepEqual((await store.settings.all())["key-rollover"]?.value, { slowestReaderHours: 24 });
    assert.deepEqual(announced, ["settings", "settings"]);
    assert.deepEqual(
      (await events()).map(({ detail }) => detail["every"]),
      ["90 days", "never"],
    );
  });

  test("what would cut somebody off, or makes no sense, is refused at its field", async () => {
    const { parts, store } = await withKeys();
    for (const [changes, field] of [
      [{ rotateEveryDays: 6 }, "rotateEveryDays"],
      [{ rotateEveryDays: 3_651 }, "rotateEveryDays"],
      [{ rotateEveryDays: 7.5 }, "rotateEveryDays"],
      [{ rotateEveryDays: Number.NaN }, "rotateEveryDays"],
      [{ rotateEveryDays: 10, slowestReaderHours: 240 }, "rotateEveryDays"],
      [{ slowestReaderHours: 5 }, "slowestReaderHours"],
      [{ slowestReaderHours: 721 }, "slowestReaderHours"],
      [{ slowestReaderHours: 6.5 }, "slowestReaderHours"],
    ] as const) {
      const result = await setKeyRollover(parts, OWNER, changes);
      assert.equal(!result.ok && result.field, field, JSON.stringify(changes));
    }
    assert.equal((await store.settings.all())["key-rollover"], undefined);
  });
});
