import type { Changed } from "./admin/acts/act.ts";
import { subjectFor } from "./oidc/oidc-subject.ts";
import type { JwtSigner } from "./oidc/jwt-signer.ts";
import type { Parts } from "./parts.ts";
import { sha256 } from "./platform/digest.ts";
import { FeedDocuments } from "./tokens/feed-documents.ts";
import type { RevocationEvent } from "./tokens/revocation-log.ts";
import { type RevocationsEndpointParts, revocationsEndpoint } from "./tokens/revocations-endpoint.ts";

/** The feed of revocations for the APIs that check tokens. */
export function tokenFeedEndpoint(
  { config, tokens, clock }: Parts,
  signer: JwtSigner,
  asked: Omit<RevocationsEndpointParts, "feed" | "documents">,
) {
  const { feed } = tokens;
  const documents = new FeedDocuments({
    issuer: config.issuer,
    feed,
    sign: (claims) => {
      // The cheapest there is: a document is signed once a second and more.
      const algorithm = signer.algorithms().includes("ES256") ? "ES256" : "RS256";
      return signer.sign(algorithm, "token-revocations+jwt", claims);
    },
    clock,
  });
  return revocationsEndpoint({ ...asked, feed, documents });
}

/** What an administrator's act may have done to tokens. Names that may be guessed go out as their SHA-256. */
export function endedBy(
  parts: Pick<Parts, "applications" | "subjects">,
  changed: Changed,
  touched: string | undefined,
): readonly RevocationEvent[] {
  if (changed === "keys") return [{ what: "keys-changed", id: "keys" }];
  if (touched === undefined) return [];
  switch (changed) {
    case "accounts":
      return subjectsOf(parts, touched).map((sub) => ({ what: "subject-changed", id: sha256(sub) }));
    case "applications":
      return [{ what: "client-changed", id: sha256(touched) }];
    case "resources":
      return [{ what: "resource-changed", id: sha256(touched) }];
    case "settings":
      return [];
  }
}

/** Every `sub` that the account is known by. */
function subjectsOf(
  { applications, subjects }: Pick<Parts, "applications" | "subjects">,
  accountId: string,
): readonly string[] {
  const known = applications
    .all()
    .flatMap((one) => (one.protocol === "oidc" ? [subjectFor(one, accountId, subjects)] : []));
  return [...new Set([accountId, ...known])];
}
