import { type ClientChanges, changeClient } from "../admin/acts/change-client.ts";
import { applicationSummary } from "../admin/application-summary.ts";
import { JWS_ALGORITHMS } from "../oidc/jwt-algorithms.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { oneOf, readOptions } from "./options.ts";

const OPTIONS = {
  resource: { type: "string", multiple: true },
  scope: { type: "string", multiple: true },
  "userinfo-signed-response-alg": { type: "string" },
} as const;

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

export const appSetOidc: Command = {
  name: "app set-oidc",
  summary: "what an OpenID Connect client gets tokens for",
  help: `Usage: gatehouse app set-oidc CLIENT_ID [options]

What is not named stays as it is.

  --resource URI                       all resources that it may get tokens for, anew; may be given more than once,
                                       and "" for none
  --scope SCOPE                        all scopes that it may ask for besides openid and those of its resources, anew;
                                       naming some scopes of a resource keeps the client to these; "" for none
  --userinfo-signed-response-alg NAME  UserInfo answers as JWT: ${JWS_ALGORITHMS.join(", ")};
                                       none for plain JSON

Prints the registration as JSON.
`,
  async run(args, { environment, user }) {
    const { values, positional: clientId } = readOptions(args, OPTIONS, { name: "CLIENT_ID" });
    const changes = changesOf(values);
    if (Object.values(changes).every((value) => value === undefined)) {
      throw new UsageError("say what is to be changed");
    }
    return await withInstallation({ environment, user }, async ({ acts, actor }) => {
      const result = await changeClient(acts, actor, clientId, changes);
      if (!result.ok) throw new RefusedInput(result.message);
      return applicationSummary(result.application);
    });
  },
};

function changesOf(values: Values): ClientChanges {
  const option = "userinfo-signed-response-alg";
  const algorithm = oneOf(option, values[option], [...JWS_ALGORITHMS, "none"] as const);
  return {
    resources: values.resource?.filter((each) => each !== ""),
    scopes: values.scope?.filter((each) => each !== ""),
    userinfoSignedResponseAlgorithm: algorithm === "none" ? null : algorithm,
  };
}
