import { changeClient } from "../admin/acts/change-client.ts";
import { applicationSummary } from "../admin/application-summary.ts";
import { CLIENT_HELP, CLIENT_OPTIONS, clientFields } from "./client-options.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { readOptions } from "./options.ts";

export const appSetOidc: Command = {
  name: "app set-oidc",
  summary: "changes what is registered of an OpenID Connect client",
  help: `Usage: gatehouse app set-oidc CLIENT_ID [options]

What is not named stays as it is. What may be given more than once is said anew as a whole: what is not named again
goes. "" takes away an address, or a whole list.

  --name NAME                          what people see
${CLIENT_HELP}

What it is (--profile) and how it proves who it is (--auth-method) stay: register another client for that.
Prints the registration as JSON.
`,
  async run(args, { environment, user }) {
    const { values, positional: clientId } = readOptions(args, CLIENT_OPTIONS, { name: "CLIENT_ID" });
    const changes = clientFields(values);
    if (Object.values(changes).every((value) => value === undefined)) {
      throw new UsageError("say what is to be changed");
    }
    return await withInstallation({ environment, user }, async ({ parts, acts, actor }) => {
      const { issuer } = parts.config;
      const result = await changeClient({ ...acts, issuer }, actor, clientId, changes);
      if (!result.ok) throw new RefusedInput(result.message);
      return applicationSummary(result.application);
    });
  },
};
