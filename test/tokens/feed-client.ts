import { createLocalJWKSet, jwtVerify } from "jose";
import { z } from "zod";
import type { TokenApp } from "./token-app.ts";

const Claims = z.object({
  iss: z.string(),
  iat: z.number(),
  after: z.number().optional(),
  next: z.number(),
  reset: z.literal(true).optional(),
  events: z.array(z.strictObject({ what: z.string(), id: z.string().optional(), at: z.number() })),
});
export type FeedClaims = z.infer<typeof Claims>;

/** Checks a document of the feed against the published keys, as a reader does. */
export async function readDocument({ parts, clock }: TokenApp, jwt: string): Promise<FeedClaims> {
  const keys = createLocalJWKSet({ keys: parts.keyRing.published().map(({ jwk }) => jwk) });
  const { payload } = await jwtVerify(jwt, keys, {
    issuer: "http://localhost:4000",
    typ: "token-revocations+jwt",
    currentDate: new Date(clock.nowMs()),
    maxTokenAge: 5,
  });
  return Claims.parse(payload);
}

/** GET /tokens/revocations. */
export async function getFeed(
  app: TokenApp,
  headers: Readonly<Record<string, string>>,
  query = "",
): Promise<Response> {
  return await fetch(`${app.origin}/tokens/revocations${query}`, { headers });
}

/** A reader that stands at the end of the feed; `news` is what has happened since it was asked last. */
export async function feedReader(app: TokenApp, headers: Readonly<Record<string, string>>) {
  let cursor = (await readDocument(app, await (await getFeed(app, headers)).text())).next;
  const read = async (query = "") => {
    const answer = await getFeed(app, headers, `?after=${cursor}${query}`);
    const claims = await readDocument(app, await answer.text());
    cursor = claims.next;
    return claims;
  };
  return {
    read,
    cursor: () => cursor,
    news: async () => (await read()).events.map(({ what, id }) => [what, id]),
  };
}

/** The events of a stream, one after the other; undefined: it has ended. */
export function streamReader(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  return {
    async next(): Promise<
      { readonly id: string; readonly event: string; readonly data: string } | undefined
    > {
      for (;;) {
        const end = rest.indexOf("\n\n");
        if (end !== -1) {
          const fields = new Map(
            rest
              .slice(0, end)
              .split("\n")
              .map((line): [string, string] => {
                const cut = line.indexOf(": ");
                return [line.slice(0, cut), line.slice(cut + 2)];
              }),
          );
          rest = rest.slice(end + 2);
          return {
            id: fields.get("id") ?? "",
            event: fields.get("event") ?? "",
            data: fields.get("data") ?? "",
          };
        }
        const { value, done } = await reader.read();
        if (done) return undefined;
        rest += decoder.decode(value, { stream: true });
      }
    },
    async cancel() {
      await reader.cancel();
    },
  };
}
