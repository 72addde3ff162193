import { rotateKeys } from "../admin/acts/rotate-keys.ts";
import { type Command, RefusedInput } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { readOptions } from "./options.ts";

/** Applications read JWKS and metadata again within a day; a key that was published for less may be new to some. */
const KNOWN_AFTER_MS = 86_400_000;

export const keysRotate: Command = {
  name: "keys rotate",
  summary: "the next signing keys sign from now on",
  help: `Usage: gatehouse keys rotate

For each type of key: the key that was published as the next one signs from now on, the one that signed until now stays
published so that what it signed can still be checked, and a new next key is published. Nobody is logged out.

Prints for each type the ids of the three keys, as JSON.
`,
  async run(args, { environment, user, say }) {
    readOptions(args, {}, undefined);
    return await withInstallation({ environment, user }, async ({ parts, acts, actor }) => {
      const result = await rotateKeys({ ...acts, signingKeys: parts.signingKeys }, actor);
      if (!result.ok) throw new RefusedInput(result.message);
      for (const { type, publishedForMs } of result.rotated) {
        if (publishedForMs < KNOWN_AFTER_MS) {
          say(
            `the ${type} key that signs now was published for less than a day: who reads our keys rarely may not know it yet`,
          );
        }
      }
      return { rotated: result.rotated };
    });
  },
};
