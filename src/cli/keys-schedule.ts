import {
  FEWEST_DAYS,
  type KeyRolloverChanges,
  MOST_DAYS,
  MOST_HOURS,
  setKeyRollover,
} from "../admin/acts/set-key-rollover.ts";
import { METADATA_CACHE_HOURS } from "../keys/rollover-steps.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { readOptions } from "./options.ts";

const OPTIONS = {
  "every-days": { type: "string" },
  off: { type: "boolean" },
  "slowest-reader-hours": { type: "string" },
} as const;

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

export const keysSchedule: Command = {
  name: "keys schedule",
  summary: "whether the signing keys change by themselves, and how often",
  help: `Usage: gatehouse keys schedule [options]

  --every-days N             a running server lets the next key sign when the active one has signed for N days, from
                             ${FEWEST_DAYS} to ${MOST_DAYS}, and takes retiring keys out after a week
  --off                      only an administrator lets a key sign
  --slowest-reader-hours N   how long the slowest application may go on with the keys that it read last, from
                             ${METADATA_CACHE_HOURS} to ${MOST_HOURS}; 24 where nothing is said. No key signs before it was published for so long

Prints what is set now as JSON.
`,
  async run(args, { environment, user }) {
    const changes = changesOf(readOptions(args, OPTIONS, undefined).values);
    return await withInstallation({ environment, user }, async ({ acts, actor }) => {
      const result = await setKeyRollover(acts, actor, changes);
      if (!result.ok) throw new RefusedInput(result.message);
      return result.rollover;
    });
  },
};

function changesOf(values: Values): KeyRolloverChanges {
  const days = whole("every-days", values["every-days"]);
  if (values.off === true && days !== undefined)
    throw new UsageError("--off and --every-days exclude each other");
  if (values.off === false) throw new UsageError("say how often, with --every-days");
  const hours = whole("slowest-reader-hours", values["slowest-reader-hours"]);
  return {
    ...(values.off === true
      ? { rotateEveryDays: null }
      : days === undefined
        ? {}
        : { rotateEveryDays: days }),
    ...(hours === undefined ? {} : { slowestReaderHours: hours }),
  };
}

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`--${name} must be a whole number, not "${text}"`);
  return Number(text);
}
