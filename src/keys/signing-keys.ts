import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type { JWK } from "jose";
import { calculateJwkThumbprint } from "jose";
import type { SigningKeyRecord, SigningKeyState, SigningKeyType } from "../model/signing-key.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { SigningKeyStore } from "../storage/stores.ts";
import { selfSignedCertificate } from "./certificate.ts";
import type { GivenKey } from "./given-keys.ts";
import { newPrivateKey, publicJwk } from "./key-pair.ts";
import type { KeyRing, SigningKey } from "./key-ring.ts";
import { safeToRetireAtMs } from "./rollover-steps.ts";
import type { Sealing } from "./sealing.ts";

const PURPOSE = "signing-key";
/** RSA for SAML and RS256, P-256 for ES256: these are always there. */
export const DEFAULT_KEY_TYPES: readonly SigningKeyType[] = ["RSA-2048", "P-256"];

export interface SigningKeysParts {
  readonly store: SigningKeyStore;
  readonly sealing: Sealing;
  readonly ring: KeyRing;
  readonly issuer: string;
  /** The keys that an application was told to stay with: they are not retired, whoever asks. Absent: none. */
  readonly held?: (() => Promise<ReadonlySet<string>>) | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a rotation did, for the command's JSON and the audit trail. */
export interface RotationReport {
  readonly type: SigningKeyType;
  readonly activated: string;
  readonly retiring: string | undefined;
  readonly next: string;
  /** How long the activated key had been published before: applications that cache longer do not know it yet. */
  readonly publishedForMs: number;
}

/** The life of the signing keys: made or given, next, active, retiring, retired. */
export class SigningKeys {
  readonly #parts: SigningKeysParts;

  constructor(parts: SigningKeysParts) {
    this.#parts = parts;
  }

  /** Reads the keys from the store into the ring; rows that did not change keep their KeyObjects. */
  async load(): Promise<void> {
    const { store, ring } = this.#parts;
    const records = await store.published();
    const keys = await Promise.all(
      records.map(async (record) => {
        const known = ring.byId(record.id);
        return known === undefined
          ? await this.#open(record)
          : { ...known, state: record.state, stateSinceMs: record.stateSinceMs };
      }),
    );
    ring.load(keys.toSorted((a, b) => ORDER[a.state] - ORDER[b.state] || a.createdAtMs - b.createdAtMs));
  }

  /** Makes an active and a next key of each type that has none. Two processes that start together make one set. */
  async ensure(types: readonly SigningKeyType[] = DEFAULT_KEY_TYPES): Promise<void> {
    const present = new Set((await this.#parts.store.published()).map((record) => record.type));
    for (const type of types) {
      if (present.has(type)) continue;
      await this.#parts.store.insertFirst([await this.make(type, "active"), await this.make(type, "next")]);
    }
    await this.load();
  }

  /** All but the retired ones, as they are stored now. */
  async records(): Promise<readonly SigningKeyRecord[]> {
    return await this.#parts.store.published();
  }

  /** Those that were retired last, the newest first; `limit` at most. */
  async retired(limit: number): Promise<readonly SigningKeyRecord[]> {
    return await this.#parts.store.retired(limit);
  }

  /**
   * next becomes active, active becomes retiring, a new next is published; what has been retiring for a week and holds no
   * application is retired. One transaction for each type: a crash between leaves every state whole. A type that another
   * process rotated at the same moment is left out of the report. `types`: these alone. `nextId`: only where that key is the
   * next one still, so that whoever looked at one key never lets another one sign.
   */
  async rotate(types?: readonly SigningKeyType[], nextId?: string): Promise<readonly RotationReport[]> {
    const nowMs = this.#parts.clock.nowMs();
    const records = await this.records();
    const held = await this.#held();
    const reports: RotationReport[] = [];
    for (const type of new Set(records.map((record) => record.type))) {
      if (types?.includes(type) === false) continue;
      const ofType = records.filter((record) => record.type === type);
      if (nextId !== undefined && !ofType.some(({ id, state }) => id === nextId && state === "next"))
        continue;
      const report = await this.#rotateType(ofType, held, type, nowMs);
      if (report !== undefined) reports.push(report);
    }
    await this.load();
    return reports;
  }

  async #rotateType(
    records: readonly SigningKeyRecord[],
    held: ReadonlySet<string>,
    type: SigningKeyType,
    nowMs: number,
  ): Promise<RotationReport | undefined> {
    const active = records.find((record) => record.state === "active");
    const next = records.find((record) => record.state === "next") ?? (await this.make(type, "next"));
    const isNew = !records.includes(next);
    const following = await this.make(type, "next");
    const old = records.filter(
      (record) => record.state === "retiring" && nowMs > safeToRetireAtMs(record) && !held.has(record.id),
    );
    const changes = [
      ...old.map((record) => ({ id: record.id, from: "retiring", to: "retired" }) as const),
      ...(active === undefined ? [] : [{ id: active.id, from: "active", to: "retiring" } as const]),
      ...(isNew ? [] : [{ id: next.id, from: "next", to: "active" } as const]),
    ];
    const inserts = [...(isNew ? [{ ...next, state: "active" as const }] : []), following];
    if (!(await this.#parts.store.transition(changes, inserts, nowMs))) return undefined;
    return {
      type,
      activated: next.id,
      retiring: active?.id,
      next: following.id,
      publishedForMs: isNew ? 0 : nowMs - next.createdAtMs,
    };
  }

  /** Takes a retiring key out of metadata and JWKS. False when it is not retiring, or an application stays with it. */
  async retire(id: string): Promise<boolean> {
    if ((await this.#held()).has(id)) return false;
    const change = { id, from: "retiring", to: "retired" } as const;
    const { store, clock } = this.#parts;
    let isDone = await store.transition([change], [], clock.nowMs());
    if (isDone && (await this.#held()).has(id)) {
      // Somebody told an application to stay with it at this very moment.
      await store.transition([{ id, from: "retired", to: "retiring" }], [], clock.nowMs());
      isDone = false;
    }
    await this.load();
    return isDone;
  }

  /** The retiring key signs again, and the one that signs now is retiring. False when it is not retiring any more. */
  async goBack(id: string): Promise<boolean> {
    const records = await this.records();
    const retiring = records.find((record) => record.id === id && record.state === "retiring");
    const active = records.find((record) => record.type === retiring?.type && record.state === "active");
    if (retiring === undefined || active === undefined) return false;
    const changes = [
      { id: active.id, from: "active", to: "retiring" },
      { id: retiring.id, from: "retiring", to: "active" },
    ] as const;
    const isDone = await this.#parts.store.transition(changes, [], this.#parts.clock.nowMs());
    await this.load();
    return isDone;
  }

  async #held(): Promise<ReadonlySet<string>> {
    return (await this.#parts.held?.()) ?? new Set();
  }

  /**
   * Takes keys that an administrator gave. The first of its type becomes active at once; where keys sign already, it
   * takes the place of `next` and signs after the next rotation, when the applications have seen it. Given again, it
   * changes nothing.
   */
  async take(given: readonly GivenKey[]): Promise<void> {
    for (const key of given) {
      const records = (await this.#parts.store.published()).filter((record) => record.type === key.type);
      const record = await this.record(
        key.type,
        records.length === 0 ? "active" : "next",
        key.privateKey,
        key.certificate,
      );
      if (records.some((known) => known.id === record.id)) continue;
      if (records.length === 0) {
        await this.#parts.store.insertFirst([record, await this.make(key.type, "next")]);
      } else {
        const held = await this.#held();
        const replaced = records.filter((known) => known.state === "next");
        // An application that was moved ahead to the next key goes on with it.
        const changes = replaced.map(
          ({ id }) => ({ id, from: "next", to: held.has(id) ? "retiring" : "retired" }) as const,
        );
        await this.#parts.store.transition(changes, [record], this.#parts.clock.nowMs());
      }
    }
  }

  /** A fresh key pair with its certificate, sealed. */
  async make(type: SigningKeyType, state: SigningKeyState): Promise<SigningKeyRecord> {
    const privateKey = await newPrivateKey(type);
    const certificate = selfSignedCertificate(
      type,
      privateKey,
      new URL(this.#parts.issuer).hostname,
      this.#parts.clock.nowMs(),
      this.#parts.random.bytes(15),
    );
    return await this.record(type, state, privateKey, certificate);
  }

  /** The record of a key that exists already. Its id is the RFC 7638 thumbprint, so the same key never comes twice. */
  async record(
    type: SigningKeyType,
    state: SigningKeyState,
    privateKey: KeyObject,
    certificate: string,
  ): Promise<SigningKeyRecord> {
    const nowMs = this.#parts.clock.nowMs();
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const id = await calculateJwkThumbprint(publicJwk(createPublicKey(privateKey)), "sha256");
    const sealedPrivateKey = this.#parts.sealing.seal(pem, PURPOSE);
    return { id, type, state, sealedPrivateKey, certificate, createdAtMs: nowMs, stateSinceMs: nowMs };
  }

  async #open(record: SigningKeyRecord): Promise<SigningKey> {
    const privateKey = createPrivateKey(this.#parts.sealing.open(record.sealedPrivateKey, PURPOSE));
    const publicKey = createPublicKey(privateKey);
    const jwk: JWK = { ...publicJwk(publicKey), kid: record.id, use: "sig" };
    return await Promise.resolve({
      id: record.id,
      type: record.type,
      state: record.state,
      privateKey,
      publicKey,
      certificate: record.certificate,
      jwk,
      createdAtMs: record.createdAtMs,
      stateSinceMs: record.stateSinceMs,
    });
  }
}

const ORDER: Record<SigningKeyState, number> = { active: 0, next: 1, retiring: 2, retired: 3 };
