import type { TokenFacts } from "../tokens/token-act.ts";
import type { TokenNotice } from "../storage/api-token-stores.ts";

/** A notice of the watch as a page shows it. */
export interface NoticeLine {
  readonly tokenId: string;
  readonly atMs: number;
  readonly isNew: boolean;
  readonly text: string;
}

const WHAT: Readonly<Record<string, string>> = {
  "new-network": "was used from a network that it had never been used from",
  "many-networks": "was used from many networks within a short time",
  "rate-jump": "was suddenly used far more often than before",
  "dead-token": "was used again and again after its end",
  "scope-probing": "was used to try out rights that it does not have",
  leaked: "was reported as found where others can read it",
  exposed: "came over a connection or in a web address that others can read",
  expiry: "ends soon",
};

const DONE: Readonly<Record<string, string>> = {
  throttled: " For a while it may be used a few times a minute.",
  suspended: " It is suspended until you release it.",
  revoked: " It is revoked.",
};

/** `name`: of the token; undefined where it is gone. */
export function noticeLine(
  { tokenId, atMs, rule, action, readAtMs }: TokenNotice,
  token: Pick<TokenFacts, "name"> | undefined,
): NoticeLine {
  const what = Object.hasOwn(WHAT, rule) ? WHAT[rule] : rule;
  const done = Object.hasOwn(DONE, action) ? DONE[action] : "";
  const name = token === undefined ? "A token that is gone by now" : `“${token.name}”`;
  return { tokenId, atMs, isNew: readAtMs === undefined, text: `${name} ${what}.${done}` };
}
