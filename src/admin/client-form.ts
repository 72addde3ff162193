import { z } from "zod";
import { BodyRefused } from "../http/form-body.ts";
import type { Parameters } from "../http/parameters.ts";
import type { GrantType, OidcApplication } from "../model/application.ts";
import { JWS_ALGORITHMS } from "../oidc/jwt-algorithms.ts";
import type { ClientChanges } from "./acts/change-client.ts";
import type { Issue } from "./acts/act.ts";
import { adminForm, checkBox, line } from "./owner-endpoint.ts";

const text = (most: number) => line(most).transform((value) => value ?? "");
const RESOURCE = "resource.";

const settingsForm = adminForm({
  /** What the page was made of: a form must not undo what another owner has changed since. */
  version: z.string().regex(/^\d{1,16}$/),
  name: text(1_000),
  redirectUris: text(60_000),
  postLogoutRedirectUris: text(60_000),
  backchannelLogoutUri: text(4_000),
  frontchannelLogoutUri: text(4_000),
  startUrl: text(4_000),
  origins: text(60_000),
  consent: z.enum(["ask", "implied"]),
  scopes: text(20_000),
  authorizationCode: checkBox,
  refreshToken: checkBox,
  clientCredentials: checkBox,
  pkce: z.enum(["required", "optional"]),
  par: z.enum(["required", "optional"]),
  jwks: text(60_000),
  jwksUri: text(4_000),
  idTokenAlgorithm: z.enum(JWS_ALGORITHMS),
  userinfoSignedResponseAlgorithm: z.enum([...JWS_ALGORITHMS, "none"]),
  accessTokenFormat: z.enum(["opaque", "jwt"]),
  subjectType: z.enum(["public", "pairwise"]),
  sectorIdentifier: text(1_000),
});

/** The settings of a client as the page shows them and as they are typed. */
export type ClientFields = Omit<z.output<typeof settingsForm>, "csrf"> & {
  /** The identifiers of the ticked ones. */
  readonly resources: readonly string[];
};

/**
 * Reads the form. Each resource is a box of its own, `resource.` and its identifier. Throws `BodyRefused` (400) for what
 * our page does not send: a field twice, one that it does not have, a value that it does not offer.
 */
export function readClientForm(parameters: Parameters): ClientFields {
  const names = parameters.names();
  if (parameters.repeated(names).length > 0) throw new BodyRefused(400, "a form's field came twice");
  const boxes = names.filter((name) => name.startsWith(RESOURCE));
  const rest = names.filter((name) => !name.startsWith(RESOURCE));
  const read = settingsForm.safeParse(Object.fromEntries(rest.map((name) => [name, parameters.get(name)])));
  if (!read.success || boxes.some((name) => parameters.get(name) !== "on")) {
    throw new BodyRefused(400, "a form's field has a value that our page does not send");
  }
  const { csrf: _, ...typed } = read.data;
  return { ...typed, resources: boxes.map((name) => name.slice(RESOURCE.length)) };
}

/** The form of a client that exists. */
export function clientFieldsOf(client: OidcApplication): ClientFields {
  return {
    version: String(client.updatedAtMs),
    name: client.name,
    redirectUris: client.redirectUris.join("\n"),
    postLogoutRedirectUris: client.postLogoutRedirectUris.join("\n"),
    backchannelLogoutUri: client.backchannelLogoutUri ?? "",
    frontchannelLogoutUri: client.frontchannelLogoutUri ?? "",
    startUrl: client.startUrl ?? "",
    origins: client.origins.join("\n"),
    consent: client.consent,
    scopes: client.scopes.join("\n"),
    authorizationCode: client.grantTypes.includes("authorization_code"),
    refreshToken: client.grantTypes.includes("refresh_token"),
    clientCredentials: client.grantTypes.includes("client_credentials"),
    pkce: client.pkceRequired ? "required" : "optional",
    par: client.parRequired ? "required" : "optional",
    jwks: client.jwks === undefined ? "" : JSON.stringify(client.jwks, undefined, 1),
    jwksUri: client.jwksUri ?? "",
    idTokenAlgorithm: client.idTokenAlgorithm,
    userinfoSignedResponseAlgorithm: client.userinfoSignedResponseAlgorithm ?? "none",
    accessTokenFormat: client.accessTokenFormat,
    subjectType: client.subjectType,
    sectorIdentifier: client.sectorIdentifier ?? "",
    resources: client.resources ?? [],
  };
}

/** What the act is told, or the keys that cannot be read. An empty field takes away what was there. */
export function clientChangesOf(
  fields: ClientFields,
): { readonly changes: ClientChanges } | { readonly issue: Issue } {
  const jwks = fields.jwks.trim() === "" ? null : readJwks(fields.jwks);
  if (jwks === undefined) {
    return { issue: { field: "jwks", text: "This is not a JWK set: it is not JSON with a member keys." } };
  }
  const algorithm = fields.userinfoSignedResponseAlgorithm;
  return {
    changes: {
      name: fields.name,
      redirectUris: wordsOf(fields.redirectUris),
      postLogoutRedirectUris: wordsOf(fields.postLogoutRedirectUris),
      backchannelLogoutUri: orNull(fields.backchannelLogoutUri),
      frontchannelLogoutUri: orNull(fields.frontchannelLogoutUri),
      startUrl: orNull(fields.startUrl),
      origins: wordsOf(fields.origins),
      consent: fields.consent,
      scopes: wordsOf(fields.scopes),
      grantTypes: grantsOf(fields),
      pkceRequired: fields.pkce === "required",
      parRequired: fields.par === "required",
      jwks,
      jwksUri: orNull(fields.jwksUri),
      idTokenAlgorithm: fields.idTokenAlgorithm,
      userinfoSignedResponseAlgorithm: algorithm === "none" ? null : algorithm,
      accessTokenFormat: fields.accessTokenFormat,
      subjectType: fields.subjectType,
      sectorIdentifier: orNull(fields.sectorIdentifier),
      resources: [...fields.resources],
    },
  };
}

function grantsOf(fields: ClientFields): GrantType[] {
  return [
    ...(fields.authorizationCode ? (["authorization_code"] as const) : []),
    ...(fields.refreshToken ? (["refresh_token"] as const) : []),
    ...(fields.clientCredentials ? (["client_credentials"] as const) : []),
  ];
}

const Jwks = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });

/** undefined: it is none. Whether its keys are good is the act's to say. */
function readJwks(jwks: string): z.output<typeof Jwks> | undefined {
  try {
    return Jwks.safeParse(JSON.parse(jwks)).data;
  } catch {
    return undefined;
  }
}

function orNull(value: string): string | null {
  return value.trim() === "" ? null : value.trim();
}

function wordsOf(value: string): string[] {
  return value.split(/\s+/).filter((part) => part !== "");
}
