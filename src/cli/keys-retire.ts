import { stepKey } from "../admin/acts/step-key.ts";
import { type Command, RefusedInput } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { readOptions } from "./options.ts";

const OPTIONS = { reason: { type: "string" } } as const;

export const keysRetire: Command = {
  name: "keys retire",
  summary: "a retiring key is taken out of our metadata and JWKS",
  help: `Usage: gatehouse keys retire KEY [options]

KEY is the id of a retiring key, as "gatehouse keys show" prints it. Refused before it has been retiring for a week, unless
a reason is given, and always while an application is set to stay with it.

  --reason TEXT   why it cannot wait; it goes into the audit trail

Prints the id as JSON.
`,
  async run(args, { environment, user }) {
    const { values, positional: keyId } = readOptions(args, OPTIONS, { name: "KEY" });
    return await withInstallation({ environment, user }, async ({ parts, acts, actor }) => {
      const input = { keyId, step: "retire", reason: values.reason } as const;
      const result = await stepKey({ ...acts, signingKeys: parts.signingKeys }, actor, input);
      if (!result.ok) throw new RefusedInput(result.message);
      return { retired: result.keyId };
    });
  },
};
