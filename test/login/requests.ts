import type { OidcApplication } from "../../src/model/application.ts";
import type { ReplyAddress } from "../../src/model/reply-address.ts";
import type { SignOnRequest } from "../../src/model/sign-on-request.ts";
import { randomId, systemRandom } from "../../src/platform/random.ts";

/** An application that asks for consent. */
export function testApplication(changes: Partial<OidcApplication> = {}): OidcApplication {
  return {
    protocol: "oidc",
    id: "planner",
    name: "Planner",
    enabled: true,
    access: { kind: "everyone" },
    consent: "implied",
    release: [
      { name: "name", source: { kind: "account", field: "name" }, scope: "profile" },
      { name: "email", source: { kind: "account", field: "email" }, scope: "email" },
      { name: "email_verified", source: { kind: "account", field: "emailVerified" }, scope: "email" },
      { name: "groups", source: { kind: "groups" }, scope: "groups" },
    ],
    createdAtMs: 0,
    updatedAtMs: 0,
    profile: "web",
    authenticationMethod: "client_secret_basic",
    secrets: [],
    redirectUris: ["https://planner.example.org/cb"],
    postLogoutRedirectUris: [],
    grantTypes: ["authorization_code"],
    pkceRequired: true,
    parRequired: false,
    idTokenAlgorithm: "RS256",
    accessTokenFormat: "opaque",
    subjectType: "public",
    scopes: ["profile", "email", "groups", "offline_access"],
    origins: [],
    ...changes,
  };
}

export function testRequest(changes: Partial<SignOnRequest> = {}): SignOnRequest {
  return {
    id: randomId(systemRandom),
    protocol: "oidc",
    applicationId: "planner",
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a test may say that an address was checked
    replyTo: "https://planner.example.org/cb" as ReplyAddress,
    receivedAtMs: 0,
    silent: false,
    reauthenticate: false,
    selectAccount: false,
    askConsent: false,
    scopes: ["openid", "profile"],
    wire: {},
    ...changes,
  };
}
