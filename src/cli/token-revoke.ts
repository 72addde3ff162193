import { setTimeout } from "node:timers/promises";
import { SEEN_AFTER_MS } from "../volatile/versions.ts";
import { type Command, RefusedInput } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { readOptions } from "./options.ts";
import { tokenShown } from "./token-shown.ts";

const OPTIONS = { reason: { type: "string" } } as const;

export const tokenRevoke: Command = {
  name: "token revoke",
  summary: "an API token that opens nothing any more, for good",
  help: `Usage: gatehouse token revoke ID [--reason WORD]

  --reason WORD   one lower-case word for the audit trail, such as leaked; administrator where nothing is said

ID is the token's id (gatehouse token list), never the token itself: a command line can be read by others. When the
command returns, every running server refuses the token. Prints its record as JSON.
`,
  async run(args, { environment, user }) {
    const { values, positional: id } = readOptions(args, OPTIONS, { name: "ID" });
    return await withInstallation({ environment, user }, async ({ parts }) => {
      const end = { reason: values.reason };
      const done = await parts.tokens.apiTokens.revoke({ kind: "command", user }, id, end);
      if (!done.ok) throw new RefusedInput(done.message);
      await setTimeout(SEEN_AFTER_MS);
      return tokenShown(done.token);
    });
  },
};
