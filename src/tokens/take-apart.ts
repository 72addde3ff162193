import { CLAIM_MEANINGS, HEADER_MEANINGS } from "./claim-meanings.ts";
import { readToken, type TokenKind } from "./token-format.ts";

/** One member of a token, with what it means. */
export interface TokenLine {
  readonly name: string;
  /** As text, cut where it is very long. */
  readonly value: string;
  readonly meaning: string;
}

export type TakenApart =
  /** One of ours that says nothing by itself: what it may do is looked up by its hash. */
  | { readonly kind: "opaque"; readonly token: TokenKind; readonly hash: string; readonly lastFour: string }
  | {
      readonly kind: "jwt";
      readonly header: readonly TokenLine[];
      readonly payload: readonly TokenLine[];
      readonly signatureBytes: number;
      /** What whoever takes this token should look at, as sentences. */
      readonly warnings: readonly string[];
    }
  /** `why`: a sentence. */
  | { readonly kind: "none"; readonly why: string };

const LONGEST = 65_536;
const LONGEST_VALUE = 400;
const MOST_MEMBERS = 100;
const TIMES = new Set(["exp", "iat", "nbf", "auth_time", "updated_at"]);

/** Takes a token apart without believing any of it, asking anybody or keeping anything. Pure. */
export function takeApart(text: string, nowMs: number): TakenApart {
  if (text.length > LONGEST) return none("It is longer than any token.");
  const read = readToken(text);
  if (read !== undefined) {
    return { kind: "opaque", token: read.kind, hash: read.hash, lastFour: text.slice(-4) };
  }
  if (text.startsWith("gth_")) {
    return none("It begins like a token of ours, but its checksum does not fit: it was mistyped or cut.");
  }
  const parts = text.split(".");
  if (parts.length === 5) return none("It is an encrypted JWT (five parts): only its receiver can read it.");
  const [first = "", second = "", third = ""] = parts;
  if (parts.length !== 3) return none("It is neither a token of ours nor a JWT, which has three parts.");
  const header = readPart(first);
  const payload = readPart(second);
  const signature = strictBytes(third);
  if (header === undefined) return none("Its first part is not a JSON object in base64url.");
  if (payload === undefined) return none("Its second part is not a JSON object in base64url.");
  if (signature === undefined) return none("Its third part is not base64url.");
  return {
    kind: "jwt",
    header: lines(header, HEADER_MEANINGS),
    payload: lines(payload, CLAIM_MEANINGS),
    signatureBytes: signature.length,
    warnings: warningsOf(header, payload, signature.length, nowMs),
  };
}

function none(why: string): TakenApart {
  return { kind: "none", why };
}

type Members = ReadonlyMap<string, unknown>;

function readPart(encoded: string): Members | undefined {
  const bytes = strictBytes(encoded);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    // As a map: a member called __proto__ is a member like any other.
    return new Map(Object.entries(value));
  } catch {
    return undefined;
  }
}

/** Padding, white space and loose last bits would make several tokens of one. */
function strictBytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

function lines(members: Members, meanings: ReadonlyMap<string, string>): readonly TokenLine[] {
  return [...members].slice(0, MOST_MEMBERS).map(([name, value]) => ({
    name: cut(name),
    value: shown(name, value),
    meaning: meanings.get(name) ?? "Not one of the registered names: its meaning is the issuer's own.",
  }));
}

function shown(name: string, value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const instant = TIMES.has(name) ? instantOf(value) : undefined;
  return instant === undefined ? cut(text) : `${cut(text)} (${instant})`;
}

/** RFC 7519 2, NumericDate: seconds. */
function instantOf(value: unknown): string | undefined {
  if (typeof value !== "number" || !Number.isFinite(value) || Math.abs(value) > 8.64e12) return undefined;
  return new Date(value * 1_000).toISOString();
}

function cut(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

function warningsOf(
  header: Members,
  payload: Members,
  signatureBytes: number,
  nowMs: number,
): readonly string[] {
  const alg = header.get("alg");
  const exp = payload.get("exp");
  const nbf = payload.get("nbf");
  const nowSeconds = nowMs / 1_000;
  const warnings: readonly (readonly [boolean, string])[] = [
    [
      typeof alg !== "string" || /^none$/i.test(alg),
      "It names no signature algorithm: nobody vouches for it.",
    ],
    [
      typeof alg === "string" && alg.startsWith("HS"),
      "It is signed with a shared secret (HMAC): whoever checks it can make it.",
    ],
    [signatureBytes === 0, "Its signature is empty."],
    [
      ["jku", "jwk", "x5u", "x5c"].some((name) => header.has(name)),
      "It brings its own key or names where one is: a receiver must not believe that.",
    ],
    [header.has("crit"), "It has critical extensions: who does not know them must refuse it."],
    [exp === undefined, "It has no expiry."],
    [exp !== undefined && (typeof exp !== "number" || !Number.isFinite(exp)), "Its expiry is not a number."],
    [typeof exp === "number" && exp <= nowSeconds, "It has expired."],
    [typeof nbf === "number" && nbf > nowSeconds, "It is not valid yet."],
    [!payload.has("aud"), "It names no audience: any API could be shown it."],
    [!header.has("typ"), "It does not say what kind of token it is (typ)."],
  ];
  return warnings.filter(([applies]) => applies).map(([, text]) => text);
}
