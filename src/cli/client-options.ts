import { readFileSync } from "node:fs";
import { JWS_ALGORITHMS } from "../oidc/jwt-algorithms.ts";
import { RefusedInput, UsageError } from "./command.ts";
import { oneOf, type readOptions } from "./options.ts";

const LARGEST_FILE_BYTES = 100_000;

/** What can be said about an OpenID Connect client, when it is registered and later. */
export const CLIENT_OPTIONS = {
  name: { type: "string" },
  "redirect-uri": { type: "string", multiple: true },
  "post-logout-redirect-uri": { type: "string", multiple: true },
  "backchannel-logout-uri": { type: "string" },
  "frontchannel-logout-uri": { type: "string" },
  "grant-type": { type: "string", multiple: true },
  pkce: { type: "string" },
  par: { type: "string" },
  "jwks-file": { type: "string" },
  "jwks-uri": { type: "string" },
  "start-url": { type: "string" },
  consent: { type: "string" },
  resource: { type: "string", multiple: true },
  scope: { type: "string", multiple: true },
  origin: { type: "string", multiple: true },
  "id-token-alg": { type: "string" },
  "userinfo-signed-response-alg": { type: "string" },
  "access-token-format": { type: "string" },
  "subject-type": { type: "string" },
  "sector-identifier": { type: "string" },
} as const;

type Values = ReturnType<typeof readOptions<typeof CLIENT_OPTIONS>>["values"];

export const CLIENT_HELP = `  --redirect-uri URL                   where it is answered; may be given more than once
  --post-logout-redirect-uri URL       where people go after a logout; may be given more than once
  --backchannel-logout-uri URL         where it is told of a logout, by us
  --frontchannel-logout-uri URL        where it is told of a logout, through the browser
  --grant-type NAME                    authorization_code, refresh_token, client_credentials; may be given more than once
  --pkce required|optional             required where nothing is said; optional only for a client that
                                       can prove who it is, when its library knows no PKCE
  --par required|optional              required: it has to push its requests (RFC 9126)
  --jwks-file FILE, --jwks-uri URL     its public keys, for private_key_jwt
  --start-url URL                      where "My applications" leads
  --consent ask|implied                implied where nothing is said
  --resource URI                       a declared resource that it may get tokens for, or ISSUER/api for our own API;
                                       may be given more than once
  --scope SCOPE                        a scope that it may ask for besides openid and those of its resources; naming some
                                       scopes of a resource keeps it to these, and of our own API it has these alone;
                                       may be given more than once
  --origin ORIGIN                      a browser origin that may call us; may be given more than once
  --id-token-alg NAME                  ${JWS_ALGORITHMS.join(", ")}
  --userinfo-signed-response-alg NAME  the same names: UserInfo answers as JWT; none for plain JSON
  --access-token-format opaque|jwt
  --subject-type public|pairwise       pairwise: it knows people by names that no other client knows
  --sector-identifier HOST             whose clients share these names`;

/** What was said, as an act takes it. "" takes back an address, and `none` the signature of UserInfo's answers. */
export function clientFields(values: Values) {
  const userinfo = "userinfo-signed-response-alg";
  const algorithm = oneOf(userinfo, values[userinfo], [...JWS_ALGORITHMS, "none"] as const);
  const grants = ["authorization_code", "refresh_token", "client_credentials"] as const;
  return {
    name: values.name,
    redirectUris: listed(values["redirect-uri"]),
    postLogoutRedirectUris: listed(values["post-logout-redirect-uri"]),
    backchannelLogoutUri: orNull(values["backchannel-logout-uri"]),
    frontchannelLogoutUri: orNull(values["frontchannel-logout-uri"]),
    grantTypes: values["grant-type"]?.map((grant) => word("grant-type", grant, grants)),
    pkceRequired: isRequired("pkce", values.pkce),
    parRequired: isRequired("par", values.par),
    jwks: values["jwks-file"] === undefined ? undefined : readJwks(values["jwks-file"]),
    jwksUri: orNull(values["jwks-uri"]),
    startUrl: orNull(values["start-url"]),
    consent: oneOf("consent", values.consent, ["ask", "implied"]),
    resources: listed(values.resource),
    scopes: listed(values.scope),
    origins: listed(values.origin),
    idTokenAlgorithm: oneOf("id-token-alg", values["id-token-alg"], JWS_ALGORITHMS),
    userinfoSignedResponseAlgorithm: algorithm === "none" ? null : algorithm,
    accessTokenFormat: oneOf("access-token-format", values["access-token-format"], ["opaque", "jwt"]),
    subjectType: oneOf("subject-type", values["subject-type"], ["public", "pairwise"]),
    sectorIdentifier: orNull(values["sector-identifier"]),
  };
}

function listed(values: readonly string[] | undefined): string[] | undefined {
  return values?.filter((each) => each !== "");
}

function orNull(value: string | undefined): string | null | undefined {
  return value === "" ? null : value;
}

function word<const T extends string>(name: string, value: string, words: readonly T[]): T {
  const found = oneOf(name, value, words);
  if (found === undefined) throw new UsageError(`--${name} is empty`);
  return found;
}

/** A word, not a `--no-` switch: what it gives up has to be named. */
function isRequired(name: string, said: string | undefined): boolean | undefined {
  const chosen = oneOf(name, said, ["required", "optional"]);
  return chosen === undefined ? undefined : chosen === "required";
}

/** Its shape and its keys are checked with the rest of the input. */
function readJwks(path: string): { keys: Record<string, unknown>[] } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new RefusedInput(`cannot read ${path}`);
  }
  if (text.length > LARGEST_FILE_BYTES) throw new RefusedInput(`${path} is too large for a set of keys`);
  try {
    // The act reads it strictly: this says only what it hopes for.
    return JSON.parse(text) as { keys: Record<string, unknown>[] };
  } catch {
    throw new RefusedInput(`${path} is not JSON`);
  }
}
