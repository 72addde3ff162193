import { type RegisterClientInput, registerClient } from "../admin/acts/register-client.ts";
import { applicationSummary } from "../admin/application-summary.ts";
import { CLIENT_HELP, CLIENT_OPTIONS, clientFields } from "./client-options.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { accessOf, oneOf, readOptions } from "./options.ts";

const OPTIONS = {
  ...CLIENT_OPTIONS,
  profile: { type: "string" },
  "auth-method": { type: "string" },
  group: { type: "string", multiple: true },
} as const;

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

export const appAddOidc: Command = {
  name: "app add-oidc",
  summary: "a new OpenID Connect client",
  help: `Usage: gatehouse app add-oidc --name NAME --redirect-uri URL [options]

  --name NAME                          what people see
  --profile web|browser|native|service web where nothing is said
  --auth-method client_secret_basic|client_secret_post|private_key_jwt|none
  --group GROUP                        only its members may use it; may be given more than once
${CLIENT_HELP}

Prints client_id and, this one time, client_secret, with the rest of the registration, as JSON.
`,
  async run(args, { environment, user }) {
    const { values } = readOptions(args, OPTIONS, undefined);
    const input = inputOf(values);
    return await withInstallation({ environment, user }, async ({ parts, acts, actor }) => {
      const { issuer } = parts.config;
      const result = await registerClient({ ...acts, issuer }, actor, input);
      if (!result.ok) throw new RefusedInput(result.message);
      const { application, clientSecret } = result;
      return {
        client_id: application.id,
        ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
        issuer,
        ...applicationSummary(application),
      };
    });
  },
};

function inputOf(values: Values): RegisterClientInput {
  if (values.name === undefined) throw new UsageError("--name is missing");
  const fields = clientFields(values);
  return {
    ...fields,
    name: values.name,
    // Of a client that is new there is nothing to take back.
    backchannelLogoutUri: fields.backchannelLogoutUri ?? undefined,
    frontchannelLogoutUri: fields.frontchannelLogoutUri ?? undefined,
    jwksUri: fields.jwksUri ?? undefined,
    startUrl: fields.startUrl ?? undefined,
    sectorIdentifier: fields.sectorIdentifier ?? undefined,
    userinfoSignedResponseAlgorithm: fields.userinfoSignedResponseAlgorithm ?? undefined,
    profile: oneOf("profile", values.profile, ["web", "browser", "native", "service"]),
    authenticationMethod: oneOf("auth-method", values["auth-method"], [
      "client_secret_basic",
      "client_secret_post",
      "private_key_jwt",
      "none",
    ]),
    access: accessOf(values.group),
  };
}
