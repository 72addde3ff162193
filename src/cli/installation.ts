import { setTimeout } from "node:timers/promises";
import type { ActParts } from "../admin/acts/act.ts";
import type { Actor } from "../admin/actor.ts";
import { readConfig } from "../config.ts";
import { openParts, type Parts } from "../parts.ts";
import { systemClock } from "../platform/clock.ts";
import { silentLog } from "../platform/log.ts";
import { systemRandom } from "../platform/random.ts";
import { SEEN_AFTER_MS } from "../volatile/versions.ts";
import { endedBy } from "../token-feed.ts";
import type { Surroundings } from "./command.ts";

/** The installation that the environment names, opened for one command while the server may be running. */
export interface Installation {
  readonly parts: Parts;
  readonly acts: ActParts;
  readonly actor: Actor;
}

/** Opens the installation, lets `use` do its work and closes it again, whatever happens. */
export async function withInstallation<T>(
  { environment, user }: Pick<Surroundings, "environment" | "user">,
  use: (installation: Installation) => Promise<T>,
): Promise<T> {
  const config = readConfig(environment);
  const parts = await openParts(config, { clock: systemClock, random: systemRandom, log: silentLog });
  try {
    return await use({ parts, acts: actParts(parts), actor: { kind: "command", user } });
  } finally {
    await parts.close();
  }
}

function actParts(parts: Parts): ActParts {
  const { stores, audit, versions, clock, random } = parts;
  return {
    store: stores.durable,
    audit,
    announce: async (changed, touched) => {
      await versions.bump(changed);
      await parts.tokens.note(endedBy(parts, changed, touched));
      // When the command returns, the change is in force: whoever called it may go on with the next step.
      await setTimeout(SEEN_AFTER_MS);
    },
    clock,
    random,
  };
}
