import { z } from "zod";
import { JsonRefused, readJson } from "../http/json-body.ts";

/** One claim that an application asks for by name. `essential` is a wish too: a missing claim is no error (OIDC Core 5.5.1). */
export interface ClaimWish {
  readonly name: string;
  readonly essential: boolean;
  /** The values that it wants to see (`value`, `values`); absent: any. */
  readonly values?: readonly (string | number | boolean)[] | undefined;
}

/** The `claims` parameter (OpenID Connect Core 5.5) after it was read once; it survives JSON. */
export interface ClaimsRequest {
  readonly idToken: readonly ClaimWish[];
  readonly userinfo: readonly ClaimWish[];
}

const MAX_CHARACTERS = 8_192;
const MAX_DEPTH = 5;
const MAX_CLAIMS = 100;

const Value = z.union([z.string().max(500), z.number(), z.boolean()]);
const Wish = z.nullable(
  z.object({
    essential: z.optional(z.boolean()),
    value: z.optional(Value),
    values: z.optional(z.array(Value).max(50)),
  }),
);
const Wishes = z.optional(z.nullable(z.record(z.string().min(1).max(200), Wish)));
const Claims = z.object({ id_token: Wishes, userinfo: Wishes });

/**
 * Reads the `claims` parameter. undefined: not JSON, of another shape, with a member twice, too long, too deep or with
 * too many claims.
 */
export function readClaimsParameter(text: string): ClaimsRequest | undefined {
  if (text.length > MAX_CHARACTERS || depthOf(text) > MAX_DEPTH) return undefined;
  const parsed = Claims.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const request = { idToken: wishes(parsed.data.id_token), userinfo: wishes(parsed.data.userinfo) };
  return request.idToken.length + request.userinfo.length > MAX_CLAIMS ? undefined : request;
}

function wishes(members: z.infer<typeof Wishes>): readonly ClaimWish[] {
  return Object.entries(members ?? {}).map(([name, wish]) => {
    const values = wish?.values ?? (wish?.value === undefined ? undefined : [wish.value]);
    return { name, essential: wish?.essential === true, ...(values === undefined ? {} : { values }) };
  });
}

function parseJson(text: string): unknown {
  try {
    return readJson(text);
  } catch (error) {
    if (error instanceof JsonRefused) return undefined;
    throw error;
  }
}

/** The deepest nesting outside strings, counted in one pass before anything is parsed. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (inString) {
      if (character === "\\") at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") deepest = Math.max(deepest, ++depth);
    else if (character === "}" || character === "]") depth--;
  }
  return deepest;
}
