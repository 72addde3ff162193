import { rotateKeys } from "../admin/acts/rotate-keys.ts";
import { safeToSignAtMs } from "../keys/rollover-steps.ts";
import type { Parts } from "../parts.ts";
import { type Command, RefusedInput } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { readOptions } from "./options.ts";

const OPTIONS = { "if-safe": { type: "boolean" }, reason: { type: "string" } } as const;

export const keysRotate: Command = {
  name: "keys rotate",
  summary: "the next signing keys sign from now on",
  help: `Usage: gatehouse keys rotate [options]

For each type of key: the key that was published as the next one signs from now on, the one that signed until now stays
published so that what it signed can still be checked, and a new next key is published. Nobody is logged out.

  --if-safe       do nothing, and fail, where a next key was published too shortly for the slowest application
  --reason TEXT   goes into the audit trail

Prints for each type the ids of the three keys, as JSON; and on standard error which key may be new to somebody.
`,
  async run(args, { environment, user, say }) {
    const { values } = readOptions(args, OPTIONS, undefined);
    return await withInstallation({ environment, user }, async ({ parts, acts, actor }) => {
      const early = earlyTypes(parts);
      if (values["if-safe"] === true && early.length > 0) {
        throw new RefusedInput(
          `too early: ${early.map(({ type, from }) => `${type} from ${from}`).join(", ")}`,
        );
      }
      const given = { ...acts, signingKeys: parts.signingKeys };
      const result = await rotateKeys(given, actor, values.reason);
      if (!result.ok) throw new RefusedInput(result.message);
      const { slowestReaderHours } = parts.settings.keyRollover();
      for (const { type } of early) {
        say(
          `the ${type} key that signs now was published for less than ${slowestReaderHours} hours: who reads our keys rarely may not know it yet`,
        );
      }
      return { rotated: result.rotated };
    });
  },
};

/** The types whose next key may be new to somebody, with the moment from which on it is not. */
function earlyTypes({ keyRing, settings, clock }: Parts): readonly { type: string; from: string }[] {
  return keyRing
    .published()
    .filter(({ state }) => state === "next")
    .map((key) => ({ type: key.type, fromMs: safeToSignAtMs(key, settings.keyRollover()) }))
    .filter(({ fromMs }) => clock.nowMs() < fromMs)
    .map(({ type, fromMs }) => ({ type, from: new Date(fromMs).toISOString() }));
}
