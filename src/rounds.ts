import { actParts } from "./act-parts.ts";
import { refreshDueFederations } from "./admin/federation-schedule.ts";
import { runKeySchedule } from "./admin/key-schedule.ts";
import { refreshDueMetadata } from "./admin/metadata-schedule.ts";
import { openFederations } from "./federations.ts";
import { Outbound } from "./http/outbound.ts";
import type { Log } from "./platform/log.ts";
import type { Parts } from "./parts.ts";
import type { Protocols } from "./protocols.ts";

const ROUND_EVERY_MS = 60_000;

/** Once a minute, each by one process at a time: metadata that is due is fetched again, and the keys' schedule is kept. */
export function startRounds(parts: Parts, { endSession }: Protocols): NodeJS.Timeout {
  const outbound = new Outbound({ allowPrivateAddresses: parts.config.allowPrivateAddresses });
  const given = { ...parts, ...actParts(parts, endSession), outbound, volatile: parts.stores.volatile };
  const federations = openFederations(parts);
  const rounds = [
    async () => await refreshDueMetadata(given),
    async () => await refreshDueFederations(federations),
    async () => await runKeySchedule(given),
  ];
  const run = async () => await Promise.all(rounds.map(async (round) => await kept(round, parts.log)));
  return setInterval(() => void run(), ROUND_EVERY_MS).unref();
}

/** A store that is away for a moment ends a round, and not the process. */
async function kept(round: () => Promise<unknown>, log: Pick<Log, "warn">): Promise<void> {
  try {
    await round();
  } catch (error) {
    log.warn({ error: String(error) }, "a round of the schedules broke off; the next one is in a minute");
  }
}
