import { z } from "zod";
import type { Application } from "../model/application.ts";
import type { ReleaseSource } from "../model/release.ts";
import { BrokenRecord, readJson, toFlag } from "./kysely/columns.ts";
import type { ApplicationsTable } from "./kysely/database.ts";

// Each field has a default, and where it is about security the severe one: a record that was written before the
// field existed reads as if it had been made with it.

const Source: z.ZodType<ReleaseSource> = z.lazy(() =>
  z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("account"),
      field: z.enum([
        "id",
        "username",
        "email",
        "emailVerified",
        "name",
        "givenName",
        "familyName",
        "phone",
        "role",
        "groups",
      ]),
    }),
    z.object({ kind: z.literal("attribute"), name: z.string() }),
    z.object({ kind: z.literal("constant"), values: z.array(z.string()) }),
    z.object({ kind: z.literal("join"), sources: z.array(Source), separator: z.string() }),
    z.object({ kind: z.literal("first"), sources: z.array(Source) }),
    z.object({
      kind: z.literal("groups"),
      prefix: z.string().optional(),
      stripPrefix: z.boolean().optional(),
    }),
  ]),
);

const Rule = z.object({
  name: z.string(),
  source: Source,
  nameFormat: z.string().optional(),
  friendlyName: z.string().optional(),
  scope: z.string().optional(),
  multiValued: z.boolean().optional(),
});

const Access = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("everyone") }),
  z.object({ kind: z.literal("groups"), groups: z.array(z.string()) }),
]);

const common = {
  startUrl: z.string().optional(),
  access: Access.default({ kind: "everyone" }),
  consent: z.enum(["ask", "implied"]).default("ask"),
  release: z.array(Rule).default([]),
};

const SamlEndpoint = z.object({
  binding: z.string(),
  location: z.string(),
  responseLocation: z.string().optional(),
  index: z.number().optional(),
  isDefault: z.boolean().optional(),
});

const SamlSettings = z.object({
  ...common,
  assertionConsumerServices: z.array(SamlEndpoint).default([]),
  singleLogoutServices: z.array(SamlEndpoint).default([]),
  artifactResolutionServices: z.array(SamlEndpoint).optional(),
  signingCertificates: z.array(z.string()).default([]),
  encryptionKeys: z.array(z.object({ certificate: z.string(), methods: z.array(z.string()) })).default([]),
  nameIdFormats: z.array(z.string()).default([]),
  requestsMustBeSigned: z.boolean().default(true),
  signAssertion: z.boolean().default(true),
  signResponse: z.boolean().default(true),
  encryptAssertion: z.boolean().default(false),
  signatureAlgorithm: z
    .enum(["rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256", "rsa-sha1"])
    .optional(),
  signingKeyId: z.string().optional(),
  encryptNameId: z.boolean().optional(),
  allowCbc: z.boolean().optional(),
  allowSha1: z.boolean().optional(),
  nameIdFormat: z.string().optional(),
  nameIdSource: Source.optional(),
  audiences: z.array(z.string()).optional(),
  ecp: z.boolean().optional(),
  idpInitiated: z.object({ relayStates: z.array(z.string()).default([]) }).optional(),
  metadataXml: z.string().default(""),
  metadataSource: z
    .object({
      url: z.string(),
      pinnedCertificate: z.string().optional(),
      waiting: z.object({ xml: z.string(), changes: z.array(z.string()) }).optional(),
    })
    .optional(),
  membership: z
    .object({
      federationId: z.string(),
      digest: z.string(),
      waitingDigest: z.string().optional(),
      dismissedDigest: z.string().optional(),
      leftAtMs: z.number().optional(),
    })
    .optional(),
});

const Algorithm = z.enum(["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]);

const OidcSettings = z.object({
  ...common,
  profile: z.enum(["web", "browser", "native", "service"]),
  authenticationMethod: z.enum(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]),
  secrets: z
    .array(
      z.object({
        hash: z.string(),
        lastFour: z.string(),
        createdAtMs: z.number(),
        expiresAtMs: z.number().optional(),
      }),
    )
    .default([]),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).optional(),
  jwksUri: z.string().optional(),
  redirectUris: z.array(z.string()).default([]),
  postLogoutRedirectUris: z.array(z.string()).default([]),
  backchannelLogoutUri: z.string().optional(),
  frontchannelLogoutUri: z.string().optional(),
  grantTypes: z
    .array(z.enum(["authorization_code", "refresh_token", "client_credentials"]))
    .default(["authorization_code"]),
  pkceRequired: z.boolean().default(true),
  parRequired: z.boolean().default(false),
  idTokenAlgorithm: Algorithm.default("RS256"),
  userinfoSignedResponseAlgorithm: Algorithm.optional(),
  accessTokenFormat: z.enum(["opaque", "jwt"]).default("opaque"),
  subjectType: z.enum(["public", "pairwise"]).default("public"),
  sectorIdentifier: z.string().optional(),
  scopes: z.array(z.string()).default([]),
  resources: z.array(z.string()).optional(),
  origins: z.array(z.string()).default([]),
});

/** The row that keeps an application: what is searched and unique as columns, all else as JSON. */
export function applicationToRow(application: Application): ApplicationsTable {
  const { id, protocol, name, enabled, createdAtMs, updatedAtMs, ...settings } = application;
  return {
    id,
    protocol,
    name,
    enabled: toFlag(enabled),
    identifier: application.protocol === "saml" ? application.entityId : id,
    settings: JSON.stringify(settings),
    created_at_ms: createdAtMs,
    updated_at_ms: updatedAtMs,
  };
}

/** Reads a row back. Throws BrokenRecord naming the application's id and the field. */
export function applicationFromRow(row: ApplicationsTable): Application {
  const what = `application ${row.id}`;
  const base = {
    id: row.id,
    name: row.name,
    enabled: row.enabled === 1,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
  switch (row.protocol) {
    case "saml": {
      const settings = readJson(SamlSettings, row.settings, what);
      return { ...settings, ...base, protocol: "saml", entityId: row.identifier };
    }
    case "oidc":
      return { ...readJson(OidcSettings, row.settings, what), ...base, protocol: "oidc" };
    default:
      throw new BrokenRecord(`${what}: protocol: not known to this version`);
  }
}
