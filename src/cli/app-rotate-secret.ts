import {
  DEFAULT_OVERLAP_HOURS,
  LONGEST_OVERLAP_HOURS,
  rotateClientSecret,
} from "../admin/acts/rotate-client-secret.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { readOptions } from "./options.ts";

const OPTIONS = { "overlap-hours": { type: "string" } } as const;

export const appRotateSecret: Command = {
  name: "app rotate-secret",
  summary: "a new secret for an OpenID Connect client, beside the old one for a while",
  help: `Usage: gatehouse app rotate-secret CLIENT_ID [options]

  --overlap-hours N   how long the old secret still works: from 0, at once not, to ${LONGEST_OVERLAP_HOURS};
                      ${DEFAULT_OVERLAP_HOURS} where nothing is said

Prints client_id, this one time client_secret, and when the old secrets end, as JSON.
`,
  async run(args, { environment, user }) {
    const { values, positional: clientId } = readOptions(args, OPTIONS, { name: "CLIENT_ID" });
    const overlapHours = hours(values["overlap-hours"]);
    return await withInstallation({ environment, user }, async ({ acts, actor }) => {
      const result = await rotateClientSecret(acts, actor, clientId, { overlapHours });
      if (!result.ok) throw new RefusedInput(result.message);
      return {
        client_id: result.application.id,
        client_secret: result.clientSecret,
        old_secrets_end_at: new Date(result.othersExpireAtMs).toISOString(),
        secrets: result.application.secrets.map(({ lastFour, expiresAtMs }) => ({
          ends_with: lastFour,
          ...(expiresAtMs === undefined ? {} : { works_until: new Date(expiresAtMs).toISOString() }),
        })),
      };
    });
  },
};

function hours(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text)) throw new UsageError(`--overlap-hours must be a whole number, not "${text}"`);
  return Number(text);
}
