import { readFileSync } from "node:fs";
import { type RegisterClientInput, registerClient } from "../admin/acts/register-client.ts";
import { applicationSummary } from "../admin/application-summary.ts";
import { JWS_ALGORITHMS } from "../oidc/jwt-algorithms.ts";
import { type Command, RefusedInput, UsageError } from "./command.ts";
import { withInstallation } from "./installation.ts";
import { accessOf, oneOf, readOptions } from "./options.ts";

const LARGEST_FILE_BYTES = 100_000;

const OPTIONS = {
  name: { type: "string" },
  profile: { type: "string" },
  "redirect-uri": { type: "string", multiple: true },
  "post-logout-redirect-uri": { type: "string", multiple: true },
  "backchannel-logout-uri": { type: "string" },
  "frontchannel-logout-uri": { type: "string" },
  "auth-method": { type: "string" },
  pkce: { type: "string" },
  "jwks-file": { type: "string" },
  "jwks-uri": { type: "string" },
  "start-url": { type: "string" },
  consent: { type: "string" },
  resource: { type: "string", multiple: true },
  "userinfo-signed-response-alg": { type: "string" },
  group: { type: "string", multiple: true },
} as const;

type Values = ReturnType<typeof readOptions<typeof OPTIONS>>["values"];

export const appAddOidc: Command = {
  name: "app add-oidc",
  summary: "a new OpenID Connect client",
  help: `Usage: gatehouse app add-oidc --name NAME --redirect-uri URL [options]

  --name NAME                          what people see
  --redirect-uri URL                   where it is answered; may be given more than once
  --post-logout-redirect-uri URL       where people go after a logout; may be given more than once
  --backchannel-logout-uri URL         where it is told of a logout, by us
  --frontchannel-logout-uri URL        where it is told of a logout, through the browser
  --profile web|browser|native|service web where nothing is said
  --auth-method client_secret_basic|client_secret_post|private_key_jwt|none
  --pkce required|optional             required where nothing is said; optional only for a client that
                                       can prove who it is, when its library knows no PKCE
  --jwks-file FILE, --jwks-uri URL     its public keys, for private_key_jwt
  --start-url URL                      where "My applications" leads
  --consent ask|implied                implied where nothing is said
  --resource URI                       a declared resource that it may get tokens for; may be given more than once
  --userinfo-signed-response-alg NAME  UserInfo answers as JWT: ${JWS_ALGORITHMS.join(", ")}
  --group GROUP                        only its members may use it; may be given more than once

Prints client_id and, this one time, client_secret, with the rest of the registration, as JSON.
`,
  async run(args, { environment, user }) {
    const { values } = readOptions(args, OPTIONS, undefined);
    const input = inputOf(values);
    return await withInstallation({ environment, user }, async ({ parts, acts, actor }) => {
      const result = await registerClient(acts, actor, input);
      if (!result.ok) throw new RefusedInput(result.message);
      const { application, clientSecret } = result;
      return {
        client_id: application.id,
        ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
        issuer: parts.config.issuer,
        ...applicationSummary(application),
      };
    });
  },
};

function inputOf(values: Values): RegisterClientInput {
  if (values.name === undefined) throw new UsageError("--name is missing");
  return {
    name: values.name,
    profile: oneOf("profile", values.profile, ["web", "browser", "native", "service"]),
    redirectUris: values["redirect-uri"],
    postLogoutRedirectUris: values["post-logout-redirect-uri"],
    backchannelLogoutUri: values["backchannel-logout-uri"],
    frontchannelLogoutUri: values["frontchannel-logout-uri"],
    authenticationMethod: oneOf("auth-method", values["auth-method"], [
      "client_secret_basic",
      "client_secret_post",
      "private_key_jwt",
      "none",
    ]),
    pkceRequired: pkceRequired(oneOf("pkce", values.pkce, ["required", "optional"])),
    jwks: values["jwks-file"] === undefined ? undefined : readJwks(values["jwks-file"]),
    jwksUri: values["jwks-uri"],
    startUrl: values["start-url"],
    consent: oneOf("consent", values.consent, ["ask", "implied"]),
    resources: values.resource,
    userinfoSignedResponseAlgorithm: oneOf(
      "userinfo-signed-response-alg",
      values["userinfo-signed-response-alg"],
      JWS_ALGORITHMS,
    ),
    access: accessOf(values.group),
  };
}

/** A word, not a `--no-` switch: what it gives up has to be named. */
function pkceRequired(said: "required" | "optional" | undefined): boolean | undefined {
  return said === undefined ? undefined : said === "required";
}

/** Its shape and its keys are checked with the rest of the input. */
function readJwks(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new RefusedInput(`cannot read ${path}`);
  }
  if (text.length > LARGEST_FILE_BYTES) throw new RefusedInput(`${path} is too large for a set of keys`);
  try {
    return JSON.parse(text);
  } catch {
    throw new RefusedInput(`${path} is not JSON`);
  }
}
