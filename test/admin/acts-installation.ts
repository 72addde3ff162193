import type { ActParts } from "../../src/admin/acts/act.ts";
import type { Actor } from "../../src/admin/actor.ts";
import { AuditTrail } from "../../src/audit/audit-trail.ts";
import type { AuditEvent } from "../../src/model/audit-event.ts";
import { silentLog } from "../../src/platform/log.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";
import type { AuditStore, DurableStore } from "../../src/storage/stores.ts";
import { TestClock } from "../fixtures/clock.ts";

export const OWNER: Actor = { kind: "account", id: "0wner", name: "olga", address: "192.0.2.24" };
export const COMMAND: Actor = { kind: "command", user: "root" };

/** What the acts work on: a database in memory, a clock that stands still, a note of what was announced. */
export interface ActsInstallation {
  readonly store: DurableStore;
  readonly clock: TestClock;
  readonly acts: ActParts;
  readonly announced: string[];
  /** In the order in which they were written. */
  readonly events: () => Promise<readonly AuditEvent[]>;
  /** The next lines of the trail cannot be written. */
  readonly breakAudit: () => void;
}

export async function openActs(): Promise<ActsInstallation> {
  const clock = new TestClock();
  const store = await openDurableStore({ url: "sqlite::memory:", clock });
  const announced: string[] = [];
  let broken = false;
  const audit: AuditStore = {
    append: async (events) => {
      if (broken) throw new Error("the trail cannot be written");
      await store.audit.append(events);
    },
    list: async (query) => await store.audit.list(query),
  };
  return {
    store,
    clock,
    announced,
    acts: {
      store,
      audit: new AuditTrail(audit, clock, silentLog),
      announce: async (changed) => {
        announced.push(changed);
        await Promise.resolve();
      },
      clock,
      random: systemRandom,
    },
    events: async () => (await store.audit.list({ limit: 100 })).items.toReversed(),
    breakAudit: () => {
      broken = true;
    },
  };
}

/** A hash that can be told apart from a password, and costs nothing. */
export const TEST_HASHER = {
  hash: async (password: string) => await Promise.resolve(`hash-of-${password.length}`),
};
