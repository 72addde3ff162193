import { isSignedByUs } from "../oidc/own-signature.ts";
import type { Parts } from "../parts.ts";
import { takeApart } from "../tokens/take-apart.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { readOptions } from "./options.ts";
import { readStdin } from "./stdin.ts";
import { tokenShown } from "./token-shown.ts";

const LONGEST_BYTES = 65_536;

export const tokenInspect: Command = {
  name: "token inspect",
  summary: "a token taken apart, read from standard input and sent nowhere",
  help: `Usage: gatehouse token inspect < FILE

Reads one token from standard input: an argument could be read by others. Takes it apart here, without the network, and
says what each part means; of a JWT also whether one of this installation's keys signed it, of an API token of this
installation also its state. Prints JSON; an opaque token is not in it.
`,
  async run(args, { environment, user, stdin }) {
    if (args.some((arg) => !arg.startsWith("-"))) {
      throw new UsageError("give the token on standard input: an argument could be read by others");
    }
    readOptions(args, {}, undefined);
    const text = (await readStdin(stdin, LONGEST_BYTES, "token")).trim();
    if (text === "") throw new UsageError("give the token on standard input");
    return await withInstallation({ environment, user }, async ({ parts }) => await inspected(parts, text));
  },
};

async function inspected({ stores, keyRing, clock }: Parts, text: string): Promise<unknown> {
  const taken = takeApart(text, clock.nowMs());
  switch (taken.kind) {
    case "none":
      throw new RefusedInput(taken.why);
    case "jwt":
      return { ...taken, signed_by_this_installation: isSignedByUs(keyRing, text) };
    case "opaque": {
      const record = await stores.durable.apiTokens.findByHash(taken.hash);
      const { hash: _, ...token } = record ?? { hash: undefined };
      const known = "id" in token ? tokenShown(token) : undefined;
      return {
        kind: "opaque",
        token: taken.token,
        checksum: "fits",
        ends_with: taken.lastFour,
        of_this_installation: known !== undefined,
        record: known,
      };
    }
  }
}
