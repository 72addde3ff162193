import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, sign, verify, X509Certificate } from "node:crypto";
import { afterEach, describe, test } from "node:test";
import { selfSignedCertificate } from "../../src/keys/certificate.ts";
import { KeyRing } from "../../src/keys/key-ring.ts";
import { SealBroken, Sealing } from "../../src/keys/sealing.ts";
import { SigningKeys } from "../../src/keys/signing-keys.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";
import type { DurableStore } from "../../src/storage/stores.ts";
import { TestClock } from "../fixtures/clock.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const DAY_MS = 86_400_000;
const opened: DurableStore[] = [];

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

async function open() {
  const clock = new TestClock();
  const durable = await openDurableStore({ url: "sqlite::memory:", clock });
  opened.push(durable);
  return { clock, durable, ...process(durable, clock) };
}

/** A process of its own over the same database. */
function process(
  durable: DurableStore,
  clock: TestClock,
  secret = SECRET,
  held?: () => Promise<ReadonlySet<string>>,
) {
  const ring = new KeyRing();
  const sealing = new Sealing([secret], systemRandom);
  const issuer = "https://id.example.org";
  const store = durable.signingKeys;
  return { ring, keys: new SigningKeys({ store, sealing, ring, issuer, held, clock, random: systemRandom }) };
}

function states(ring: KeyRing, type: "RSA-2048" | "P-256"): string[] {
  return ring
    .published()
    .filter((key) => key.type === type)
    .map((key) => key.state);
}

describe("signing keys", () => {
  test("at the first start there is an active and a next key of each type", async () => {
    const { keys, ring } = await open();
    await keys.ensure();
    assert.deepEqual(states(ring, "RSA-2048"), ["active", "next"]);
    assert.deepEqual(states(ring, "P-256"), ["active", "next"]);
  });

  test("a key signs, and its certificate and JWK verify it", async () => {
    const { keys, ring } = await open();
    await keys.ensure();
    for (const type of ["RSA-2048", "P-256"] as const) {
      const key = ring.active(type);
      const data = Buffer.from("to be signed");
      const signature = sign("sha256", data, key.privateKey);
      const certificate = new X509Certificate(Buffer.from(key.certificate, "base64"));
      assert.equal(verify("sha256", data, certificate.publicKey, signature), true);
      assert.equal(key.jwk.kid, key.id);
      assert.equal("d" in key.jwk, false);
      assert.equal(certificate.verify(certificate.publicKey), true);
    }
  });

  test("two processes that start together make one set", async () => {
    const { keys, ring, durable, clock } = await open();
    const other = process(durable, clock);
    await Promise.all([keys.ensure(), other.keys.ensure()]);
    await Promise.all([keys.load(), other.keys.load()]);
    assert.deepEqual(
      ring.published().map((key) => key.id),
      other.ring.published().map((key) => key.id),
    );
    assert.equal(ring.published().length, 4);
  });

  test("a rotation lets the next one sign, and goes on publishing the old one", async () => {
    const { keys, ring } = await open();
    await keys.ensure();
    const [active, next] = ring.published().filter((key) => key.type === "RSA-2048");
    const reports = await keys.rotate();
    assert.equal(ring.active("RSA-2048").id, next?.id);
    assert.equal(ring.byId(active?.id ?? "")?.state, "retiring");
    assert.deepEqual(states(ring, "RSA-2048"), ["active", "next", "retiring"]);
    assert.deepEqual(reports.map((report) => report.type).sort(), ["P-256", "RSA-2048"]);
  });

  test("two rotations at the same moment are one", async () => {
    const { keys, durable, clock } = await open();
    await keys.ensure();
    const other = process(durable, clock);
    const reports = (await Promise.all([keys.rotate(), other.keys.rotate()])).flat();
    const activated = reports
      .filter((report) => report.type === "RSA-2048")
      .map((report) => report.activated);
    assert.equal(new Set(activated).size, activated.length);
    await other.keys.load();
    assert.equal(states(other.ring, "RSA-2048").filter((state) => state === "active").length, 1);
  });

  test("a retiring key is published for a week and gone after the next rotation", async () => {
    const { keys, ring, clock } = await open();
    await keys.ensure();
    const first = ring.active("RSA-2048").id;
    await keys.rotate();
    clock.advance(6 * DAY_MS);
    await keys.rotate();
    assert.equal(ring.byId(first)?.state, "retiring");
    clock.advance(2 * DAY_MS);
    await keys.rotate();
    assert.equal(ring.byId(first), undefined);
  });

  test("a key that an application stays with is not gone after the week, nor when a given key takes its place", async () => {
    const { durable, clock } = await open();
    const held = new Set<string>();
    const { keys, ring } = process(durable, clock, SECRET, async () => await Promise.resolve(held));
    await keys.ensure();
    const [first, next] = ring.published().filter((key) => key.type === "RSA-2048");
    assert.ok(first !== undefined && next !== undefined);
    held.add(first.id).add(next.id);
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const certificate = selfSignedCertificate(
      "RSA-2048",
      privateKey,
      "x",
      Date.UTC(2026, 0, 1),
      Buffer.alloc(15, 1),
    );
    await keys.take([{ name: "given", type: "RSA-2048", privateKey, certificate }]);
    await keys.load();
    assert.equal(ring.byId(next.id)?.state, "retiring");
    await keys.rotate();
    clock.advance(30 * DAY_MS);
    await keys.rotate();
    assert.deepEqual([ring.byId(first.id)?.state, ring.byId(next.id)?.state], ["retiring", "retiring"]);
    assert.equal(await keys.retire(first.id), false);
    held.clear();
    assert.equal(await keys.retire(first.id), true);
    assert.equal(ring.byId(first.id), undefined);
  });

  test("a key that somebody begins to stay with while it is being retired is published again", async () => {
    const { durable, clock } = await open();
    const answers = [new Set<string>(), new Set<string>(), new Set<string>()];
    const { keys, ring } = process(durable, clock, SECRET, async () => {
      return await Promise.resolve(answers.shift() ?? new Set<string>());
    });
    await keys.ensure();
    const first = ring.active("RSA-2048").id;
    await keys.rotate();
    answers.splice(0, answers.length, new Set<string>(), new Set([first]));
    assert.equal(await keys.retire(first), false);
    assert.equal(ring.byId(first)?.state, "retiring");
  });

  test("one type is rotated alone", async () => {
    const { keys, ring } = await open();
    await keys.ensure();
    const rsa = ring.active("RSA-2048").id;
    assert.deepEqual(
      (await keys.rotate(["P-256"])).map(({ type }) => type),
      ["P-256"],
    );
    assert.equal(ring.active("RSA-2048").id, rsa);
  });

  test("a key that was given signs at once where there is none, and after the next rotation otherwise", async () => {
    const { keys, ring } = await open();
    const given = (name: string) => {
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      const certificate = selfSignedCertificate(
        "RSA-2048",
        privateKey,
        name,
        Date.UTC(2026, 0, 1),
        Buffer.alloc(15, 1),
      );
      return { name, type: "RSA-2048", privateKey, certificate } as const;
    };
    const [one, two] = [given("one"), given("two")];
    await keys.take([one]);
    await keys.ensure();
    assert.equal(ring.active("RSA-2048").certificate, one.certificate);
    await keys.take([one, two]);
    await keys.take([one, two]);
    await keys.load();
    assert.deepEqual(states(ring, "RSA-2048"), ["active", "next"]);
    assert.equal(ring.active("RSA-2048").certificate, one.certificate);
    await keys.rotate();
    assert.equal(ring.active("RSA-2048").certificate, two.certificate);
  });

  test("the private half is in the database as ciphertext alone, and another secret does not open it", async () => {
    const { keys, durable, clock, ring } = await open();
    await keys.ensure();
    const [record] = await durable.signingKeys.published();
    assert.ok(record !== undefined);
    assert.doesNotMatch(JSON.stringify(record), /PRIVATE KEY/);
    const pem = ring.byId(record.id)?.privateKey.export({ type: "pkcs8", format: "pem" }).toString() ?? "";
    assert.equal(createPrivateKey(pem).type, "private");
    await assert.rejects(process(durable, clock, SECRET.replace("0", "x")).keys.load(), SealBroken);
  });

  test("a type without an active key is unavailable, not another key", () => {
    assert.throws(() => new KeyRing().active("RSA-2048"), Unavailable);
  });
});
