import { holdersOf } from "../keys/held-keys.ts";
import { safeToRetireAtMs, safeToSignAtMs } from "../keys/rollover-steps.ts";
import type { SigningKey } from "../keys/key-ring.ts";
import type { Parts } from "../parts.ts";
import type { Command } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { readOptions } from "./options.ts";

export const keysShow: Command = {
  name: "keys show",
  summary: "the signing keys, and the earliest safe next step of each",
  help: `Usage: gatehouse keys show

Prints, as JSON, each published key with its state, since when, the next step and from when on it cuts nobody off, who
holds it back; the schedule; and for each application the key that it was last sent a signature of and the one that it
was last seen to accept.
`,
  async run(args, { environment, user }) {
    readOptions(args, {}, undefined);
    return await withInstallation({ environment, user }, async ({ parts }) => {
      const { applications, keyRing, settings, stores } = parts;
      const uses = await stores.durable.keyUses.all();
      return {
        keys: keyRing.published().map((key) => shown(parts, key)),
        schedule: settings.keyRollover(),
        applications: uses.flatMap(({ applicationId, signed, accepted }) => {
          const name = applications.byId(applicationId)?.name;
          return name === undefined ? [] : [{ id: applicationId, name, signed, accepted }];
        }),
      };
    });
  },
};

function shown({ applications, settings }: Parts, key: SigningKey): object {
  const { id, type, state, createdAtMs, stateSinceMs } = key;
  const common = { id, type, state, since: instant(stateSinceMs), publishedSince: instant(createdAtMs) };
  const holders = holdersOf(applications.all(), id).map(({ name }) => name);
  switch (state) {
    case "next":
      return { ...common, nextStep: "sign", safeFrom: instant(safeToSignAtMs(key, settings.keyRollover())) };
    case "retiring":
      return { ...common, nextStep: "retire", safeFrom: instant(safeToRetireAtMs(key)), heldBackBy: holders };
    case "active":
    case "retired":
      return common;
  }
}

function instant(atMs: number): string {
  return new Date(atMs).toISOString();
}
