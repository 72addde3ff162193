import type { Readable } from "node:stream";
import { addAccount } from "../admin/acts/add-account.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { oneOf, readOptions } from "./options.ts";
import { readStdin } from "./stdin.ts";

const LONGEST_INPUT_BYTES = 4_096;

const OPTIONS = {
  email: { type: "string" },
  "email-verified": { type: "boolean" },
  name: { type: "string" },
  "given-name": { type: "string" },
  "family-name": { type: "string" },
  group: { type: "string", multiple: true },
  role: { type: "string" },
  "password-stdin": { type: "boolean" },
} as const;

export const accountAdd: Command = {
  name: "account add",
  summary: "a new account, its password read from standard input",
  help: `Usage: gatehouse account add NAME --password-stdin [options]

  --password-stdin        read the password from standard input: its first line
  --email ADDRESS         --email-verified where it is known to be theirs
  --name "WHOLE NAME"     --given-name NAME, --family-name NAME
  --group GROUP           may be given more than once
  --role person|owner     an owner may use /admin

Prints the account as JSON. The password is nowhere in it.
`,
  async run(args, { environment, user, stdin }) {
    const { values, positional: username } = readOptions(args, OPTIONS, { name: "NAME" });
    const role = oneOf("role", values.role, ["person", "owner"]);
    if (values["password-stdin"] !== true) {
      throw new UsageError("give the password on standard input, with --password-stdin");
    }
    const input = {
      username,
      email: values.email,
      emailVerified: values["email-verified"],
      name: values.name,
      givenName: values["given-name"],
      familyName: values["family-name"],
      groups: values.group,
      role,
      password: await firstLine(stdin),
    };
    return await withInstallation({ environment, user }, async ({ parts, acts, actor }) => {
      const result = await addAccount({ ...acts, hasher: parts.hasher }, actor, input);
      if (!result.ok) throw new RefusedInput(result.message);
      return result.account;
    });
  },
};

async function firstLine(stdin: Readable): Promise<string> {
  const text = await readStdin(stdin, LONGEST_INPUT_BYTES, "password");
  return text.split(/\r?\n/)[0] ?? "";
}
