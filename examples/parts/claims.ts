import type { Line, Visit } from "./pages.ts";

type Claims = Readonly<Record<string, unknown>>;

/** Claims about the message; everything else is about the person. */
const PROTOCOL_CLAIMS = [
  "iss",
  "aud",
  "exp",
  "iat",
  "nbf",
  "nonce",
  "at_hash",
  "c_hash",
  "azp",
  "jti",
  "auth_time",
];
const LABELS: Readonly<Record<string, string>> = {
  sub: "Subject",
  sid: "Session",
  acr: "How strong the login was",
  amr: "How you logged in",
  name: "Name",
  given_name: "Given name",
  family_name: "Family name",
  preferred_username: "User name",
  email: "E-mail",
  email_verified: "E-mail was checked",
  groups: "Groups",
  updated_at: "Account last changed",
};

/** The page's content, from the ID token's claims and the userinfo answer. */
export function visitOf(idToken: Claims, userinfo: Claims): Visit {
  const all = { ...idToken, ...userinfo };
  const text = (name: string) => valuesOf(all[name])[0] ?? "";
  const line = (name: string): Line => ({
    label: LABELS[name] ?? name,
    term: name,
    values: valuesOf(all[name]),
  });
  const identity = ["sub", "sid", "acr"].filter((name) => name in all);
  return {
    name: text("name") || text("preferred_username") || text("sub"),
    email: text("email"),
    loggedInAt: new Date(Number(idToken["auth_time"] ?? idToken["iat"]) * 1000),
    identity: identity.map(line),
    values: Object.keys(all)
      .filter((name) => !PROTOCOL_CLAIMS.includes(name) && !identity.includes(name))
      .map(line),
    raw: JSON.stringify({ "ID token": idToken, userinfo }, undefined, 2),
    rawTitle: "The ID token's claims and the userinfo answer",
  };
}

function valuesOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(valuesOf);
  return [typeof value === "string" ? value : JSON.stringify(value)];
}
