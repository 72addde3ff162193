import type { Command } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { oneOf, readOptions } from "./options.ts";
import { ownerOf, tokenShown } from "./token-shown.ts";

const PAGE = 500;

const OPTIONS = {
  account: { type: "string" },
  application: { type: "string" },
  project: { type: "string" },
  kind: { type: "string" },
  state: { type: "string" },
  scope: { type: "string" },
  search: { type: "string" },
  after: { type: "string" },
} as const;

export const tokenList: Command = {
  name: "token list",
  summary: "the API tokens, the newest first",
  help: `Usage: gatehouse token list [options]

  --account NAME, --application ID, --project NAME    whose
  --kind pat|key|svc
  --state active|suspended|revoked|expired
  --scope NAME          with this scope
  --search TEXT         in name, id and last four characters
  --after CURSOR        the next page, from "next" of the one before

Prints a page of at most ${PAGE} as JSON. No secret is in it: none is kept.
`,
  async run(args, { environment, user }) {
    const { values } = readOptions(args, OPTIONS, undefined);
    const kind = oneOf("kind", values.kind, ["pat", "key", "svc"]);
    const state = oneOf("state", values.state, ["active", "suspended", "revoked", "expired"]);
    return await withInstallation({ environment, user }, async ({ parts }) => {
      const owner = await ownerOf(parts.accounts, values);
      const page = await parts.tokens.apiTokens.list(
        { kind: "command", user },
        { owner, kind, state, scope: values.scope },
        { limit: PAGE, search: values.search, after: values.after },
      );
      return { total: page.total, next: page.next, tokens: page.items.map(tokenShown) };
    });
  },
};
