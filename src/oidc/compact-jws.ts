import { z } from "zod";

const MAX_CHARACTERS = 16_384;
const Header = z.looseObject({ alg: z.string(), kid: z.optional(z.string()), typ: z.optional(z.string()) });
const Claims = z.record(z.string(), z.unknown());

/** A compact JWS taken apart; nothing of it is believed yet. */
export interface CompactJws {
  readonly header: {
    readonly alg: string;
    readonly kid?: string | undefined;
    readonly typ?: string | undefined;
  };
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the signature is over. */
  readonly input: string;
  readonly signature: Buffer;
}

/**
 * Reads a JWT that somebody else signed (RFC 7515 3.1, RFC 7519 7.2). undefined: not three parts of canonical base64url,
 * not JSON in UTF-8, too long, or with `crit`, whose extensions we have none of (RFC 7515 4.1.11). jku, jwk, x5u and
 * x5c are not even read: a message does not choose the key that vouches for it (RFC 8725 3.10).
 */
export function readCompactJws(token: string): CompactJws | undefined {
  if (token.length > MAX_CHARACTERS) return undefined;
  const [first, second, third, ...more] = token.split(".");
  if (first === undefined || second === undefined || third === undefined || more.length > 0) return undefined;
  const header = Header.safeParse(readJson(first));
  const claims = Claims.safeParse(readJson(second));
  const signature = strictBase64url(third);
  if (!header.success || !claims.success || signature === undefined || "crit" in header.data)
    return undefined;
  const { alg, kid, typ } = header.data;
  return { header: { alg, kid, typ }, claims: claims.data, input: `${first}.${second}`, signature };
}

function readJson(encoded: string): unknown {
  const bytes = strictBase64url(encoded);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Padding, white space, the other alphabet and loose last bits would make several tokens of one. */
function strictBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}
