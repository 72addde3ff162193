import { crc32 } from "node:zlib";
import { sha256 } from "../platform/digest.ts";
import type { Random } from "../platform/random.ts";

/**
 * The kinds of opaque tokens and the letters that stand for them in the token itself: a person, a secret scanner and a
 * server that was handed the wrong one can all tell what it is.
 */
export const TOKEN_KINDS = ["pat", "key", "svc", "sso", "at", "rt"] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** A token as it is handed out, once, and what is kept of it. */
export interface NewToken {
  readonly kind: TokenKind;
  /** `gth_<kind>_` + 43 characters of 256 random bits + 6 of a checksum. */
  readonly text: string;
  /** SHA-256 of the whole text, base64url: all that is stored. */
  readonly hash: string;
  /** For people to recognise it by. */
  readonly lastFour: string;
}

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const SHAPE = /^gth_(pat|key|svc|sso|at|rt)_([0-9A-Za-z]{49})$/;
/** What a secret scanner looks for. */
export const TOKEN_PATTERN = "gth_(?:pat|key|svc|sso|at|rt)_[0-9A-Za-z]{49}";

export function makeToken(kind: TokenKind, random: Random): NewToken {
  const secret = base62(BigInt(`0x${random.bytes(32).toString("hex")}`), SECRET_LENGTH);
  const text = `gth_${kind}_${secret}${checksum(kind, secret)}`;
  return { kind, text, hash: sha256(text), lastFour: text.slice(-4) };
}

/**
 * Takes a token apart without asking any store. undefined: not one of ours, mistyped, cut or grown; the checksum tells,
 * so guessing and typing errors cost no look-up.
 */
export function readToken(text: string): { readonly kind: TokenKind; readonly hash: string } | undefined {
  const match = SHAPE.exec(text);
  const kind = TOKEN_KINDS.find((candidate) => candidate === match?.[1]);
  const body = match?.[2];
  if (kind === undefined || body === undefined) return undefined;
  const secret = body.slice(0, SECRET_LENGTH);
  return checksum(kind, secret) === body.slice(SECRET_LENGTH) ? { kind, hash: sha256(text) } : undefined;
}

/** CRC-32 over kind and secret: it finds mistakes, it protects nothing. */
function checksum(kind: TokenKind, secret: string): string {
  return base62(BigInt(crc32(`${kind}_${secret}`)), CHECKSUM_LENGTH);
}

function base62(value: bigint, length: number): string {
  let rest = value;
  let text = "";
  while (text.length < length) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
}
