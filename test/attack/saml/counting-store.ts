import type { VolatileStore } from "../../../src/volatile/volatile-store.ts";

const WRITES: readonly string[] = [
  "set",
  "setIfAbsent",
  "getAndDelete",
  "delete",
  "expire",
  "increment",
  "hashSet",
  "hashSetAll",
  "hashDelete",
  "hashIncrement",
  "takeOnce",
  "issueOnce",
];

/** Counts what changes the store. */
export function counting(store: VolatileStore, count: () => void): VolatileStore {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...values: unknown[]): unknown => {
        if (WRITES.includes(String(name))) count();
        return Reflect.apply(member, target, values);
      };
    },
  });
}
