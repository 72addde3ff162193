import { z } from "zod";

const Uri = z.string().min(1).max(2_048);
const Uris = z.array(Uri).max(50);
/** RFC 6749 3.3. */
const Scope = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, "It is a list of scopes: visible ASCII, no quotation marks");

const Algorithm = z.enum(["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]);

/**
 * What may be said when a client is registered. Strict: an unknown field is refused, so that a misspelt safeguard is
 * not silently left out, and nothing that the server decides (id, secrets, instants) can be slipped in.
 */
export const ClientInput = z.strictObject({
  name: z.string().trim().min(1, "It is missing").max(100, "It has 100 characters at most"),
  profile: z.optional(z.enum(["web", "browser", "native", "service"])),
  redirectUris: z.optional(Uris),
  postLogoutRedirectUris: z.optional(Uris),
  backchannelLogoutUri: z.optional(Uri),
  frontchannelLogoutUri: z.optional(Uri),
  authenticationMethod: z.optional(
    z.enum(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]),
  ),
  /** A JWK set with public keys only. */
  jwks: z.optional(z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) })),
  jwksUri: z.optional(Uri),
  grantTypes: z.optional(
    z.array(z.enum(["authorization_code", "refresh_token", "client_credentials"])).min(1),
  ),
  pkceRequired: z.optional(z.boolean()),
  parRequired: z.optional(z.boolean()),
  idTokenAlgorithm: z.optional(Algorithm),
  /** Signed UserInfo answers; plain JSON if nothing is said (OpenID Connect Core 5.3.2). */
  userinfoSignedResponseAlgorithm: z.optional(Algorithm),
  accessTokenFormat: z.optional(z.enum(["opaque", "jwt"])),
  subjectType: z.optional(z.enum(["public", "pairwise"])),
  sectorIdentifier: z.optional(z.string().min(1).max(255)),
  scopes: z.optional(z.array(Scope).max(100)),
  /** Identifiers of declared resources (RFC 8707). */
  resources: z.optional(Uris),
  origins: z.optional(Uris),
  startUrl: z.optional(Uri),
  access: z.optional(
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("everyone") }),
      z.strictObject({
        kind: z.literal("groups"),
        groups: z.array(z.string().min(1).max(200)).min(1).max(100),
      }),
    ]),
  ),
  /** `implied` if nothing is said: whoever registers a client here speaks for the organisation. */
  consent: z.optional(z.enum(["ask", "implied"])),
});

export type ClientInput = z.infer<typeof ClientInput>;

/**
 * What may be changed of a client that exists. Who may use it, what it is and how it proves who it is are none of it.
 * null: what was said is taken back.
 */
const ClientChangesInput = ClientInput.omit({ profile: true, authenticationMethod: true, access: true })
  .partial()
  .extend({
    backchannelLogoutUri: Uri.nullish(),
    frontchannelLogoutUri: Uri.nullish(),
    jwks: ClientInput.shape.jwks.nullish(),
    jwksUri: Uri.nullish(),
    sectorIdentifier: ClientInput.shape.sectorIdentifier.nullish(),
    startUrl: Uri.nullish(),
    userinfoSignedResponseAlgorithm: Algorithm.nullish(),
  });

export type ClientChangesInput = z.infer<typeof ClientChangesInput>;

/** One thing that stands in the way of a registration; `text` is a plain sentence. */
export interface ClientIssue {
  /** The field, with the place in it: `redirectUris[1]`. Empty: the whole. */
  readonly field: string;
  readonly text: string;
}

/** A client that is not registered as it stands, with everything that is wrong with it. */
export class ClientRefused extends Error {
  readonly issues: readonly ClientIssue[];

  constructor(issues: readonly ClientIssue[]) {
    super(issues.map(({ field, text }) => (field === "" ? text : `${field}: ${text}`)).join(" "));
    this.name = "ClientRefused";
    this.issues = issues;
  }
}

/** Throws `ClientRefused` naming every field that is missing, unknown or of another kind. */
export function readClientInput(input: unknown): ClientInput {
  return readAs(ClientInput, input);
}

/** The same for changes. */
export function readClientChanges(input: unknown): ClientChangesInput {
  return readAs(ClientChangesInput, input);
}

function readAs<T>(shape: z.ZodType<T>, input: unknown): T {
  const parsed = shape.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ClientRefused(
    parsed.error.issues.map(({ path, message }) => ({ field: fieldOf(path), text: `${message}.` })),
  );
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`,
    )
    .join("");
}
