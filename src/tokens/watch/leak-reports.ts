import { z } from "zod";
import type { ApiTokenStore } from "../../storage/api-token-stores.ts";
import { readToken, TOKEN_PATTERN } from "../token-format.ts";
import type { TokenSource } from "../token-verifier.ts";
import type { Alarms } from "./alarms.ts";
import type { Evidence } from "./rules.ts";

const MOST_TOKENS = 100;
const LONGEST_TOKEN = 16_384;

const text = (longest: number) => z.string().max(longest);
const token = text(LONGEST_TOKEN).min(1);

/** Ours: one token or several, and where they were found. */
const Report = z
  .strictObject({
    token: token.optional(),
    tokens: z.array(token).min(1).max(MOST_TOKENS).optional(),
    source: text(2_000).optional(),
    url: text(2_000).optional(),
  })
  .refine((report) => (report.token === undefined) !== (report.tokens === undefined));

/** What GitHub's secret scanning sends to its partners; more members than these may come. */
const Scanned = z
  .array(
    z.object({
      token,
      type: text(200).optional(),
      source: text(2_000).optional(),
      url: text(2_000).optional(),
    }),
  )
  .min(1)
  .max(MOST_TOKENS);

/** A token that was found where everybody can read it. */
export interface FoundToken {
  readonly token: string;
  readonly source?: string | undefined;
  readonly url?: string | undefined;
}

/** Reads a report, in our shape or in GitHub's. undefined: it is neither. */
export function readReport(json: unknown): readonly FoundToken[] | undefined {
  const scanned = Scanned.safeParse(json);
  if (scanned.success) return scanned.data;
  const report = Report.safeParse(json);
  if (!report.success) return undefined;
  const { token: one, tokens, source, url } = report.data;
  return (tokens ?? (one === undefined ? [] : [one])).map((found) => ({ token: found, source, url }));
}

export interface LeakReportsParts {
  readonly tokens: Pick<ApiTokenStore, "findByHash">;
  /** For OAuth access tokens and sessions' own tokens. */
  readonly source: TokenSource;
  readonly alarms: Alarms;
}

/** Takes reports of leaked tokens, from anybody: whoever has a token could do worse with it. */
export class LeakReports {
  readonly #parts: LeakReportsParts;

  constructor(parts: LeakReportsParts) {
    this.#parts = parts;
  }

  /**
   * Acts on every token that is one of ours, as the policy says; nothing tells whether one was. `address` is the
   * reporter's. Throws `Unavailable`: the report must be made again.
   */
  async take(found: readonly FoundToken[], address: string): Promise<void> {
    for (const one of found) await this.#takeOne(one, address);
  }

  async #takeOne({ token: secret, source, url }: FoundToken, address: string): Promise<void> {
    const { alarms } = this.#parts;
    const watched = await this.#find(secret);
    if (watched === undefined) return;
    const evidence = { ...placeOf(source, url), reportedFrom: address };
    await alarms.raise(watched, { rule: "leaked", evidence });
  }

  async #find(secret: string) {
    const read = readToken(secret);
    if (read?.kind === "rt") return undefined;
    if (read === undefined || read.kind === "at" || read.kind === "sso") {
      // Of what is not one of our opaque tokens only a JWT could be ours.
      if (read === undefined && !secret.includes(".")) return undefined;
      const found = await this.#parts.source.find(secret);
      return found === undefined ? undefined : { tokenId: found.id, kind: found.kind, owner: found.owner };
    }
    const found = await this.#parts.tokens.findByHash(read.hash);
    return found === undefined ? undefined : { tokenId: found.id, kind: found.kind, owner: found.owner };
  }
}

const LONGEST_PLACE = 200;
const JWT = /[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g;

/**
 * Where it was found, for the audit trail and the notice. Without the query and the fragment, and without anything that
 * looks like a token: an address may carry the very thing that leaked.
 */
function placeOf(source: string | undefined, url: string | undefined): Evidence {
  const place = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
  const shown = place === undefined ? undefined : `${place.protocol}//${place.host}${place.pathname}`;
  return {
    ...(source === undefined ? {} : { source: clean(source) }),
    ...(shown === undefined ? {} : { url: clean(shown) }),
  };
}

function clean(words: string): string {
  const bare = words.replaceAll(new RegExp(TOKEN_PATTERN, "g"), "…").replaceAll(JWT, "…");
  return bare.replaceAll(/\p{Cc}/gu, " ").slice(0, LONGEST_PLACE);
}
