import { sessionIndexFor } from "../session/session-index.ts";
import type { TokenBasis } from "./token-standing.ts";

/**
 * What the feed of revocations may name an access token by: its family, its session as this client calls it (`sid`), what
 * the person allowed this client. None of them is the same at two clients, so no API can link what they do by it.
 */
export function revocationIdsOf({
  clientId,
  familyId,
  basis,
}: {
  readonly clientId: string;
  readonly familyId: string;
  readonly basis: TokenBasis | undefined;
}): readonly string[] {
  const { sessionId, grantId } = basis ?? {};
  return [
    familyId,
    ...(sessionId === undefined ? [] : [sessionIndexFor(sessionId, clientId)]),
    ...(grantId === undefined ? [] : [grantId]),
  ];
}
