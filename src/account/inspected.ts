import { readToken, type TokenKind } from "../tokens/token-format.ts";
import type { Inspected } from "./token-inspect-endpoint.ts";

const KINDS: Readonly<Record<TokenKind, string>> = {
  pat: "a person’s own API token",
  key: "an API key: it names an application or a project",
  svc: "a service token",
  sso: "a session’s own token for applications of one domain",
  at: "an OAuth access token",
  rt: "an OAuth refresh token",
};

/** What an opaque token of ours says about itself, without asking any store. undefined: it is none. */
export function inspectedOpaque(text: string): Inspected | undefined {
  const read = readToken(text);
  if (read === undefined) return undefined;
  return {
    verdict: {
      kind: "ok",
      fact: "This is a token of Gatehouse, whole and well written",
      text: "Nothing about what it may do stands in it: we look that up by its fingerprint.",
    },
    parts: [
      {
        title: "Its parts",
        rows: [
          { name: "gth", value: "gth", meaning: "Gatehouse: what secret scanners look for." },
          { name: "kind", value: read.kind, meaning: `It is ${KINDS[read.kind]}.` },
          { name: "secret", value: "not shown", meaning: "256 random bits." },
          {
            name: "checksum",
            value: text.slice(-6),
            meaning: "It fits: no character was mistyped, cut off or added.",
          },
          { name: "fingerprint", value: read.hash, meaning: "SHA-256, base64url: all that is kept of it." },
        ],
      },
    ],
  };
}

/** What is neither a token of ours nor a JSON Web Token. */
export const NOT_A_TOKEN: Inspected = {
  verdict: {
    kind: "warn",
    fact: "This is no token that can be taken apart",
    text: "It is neither one of ours, whose checksum would fit, nor a JSON Web Token. Perhaps a character is missing.",
  },
  parts: [],
};
