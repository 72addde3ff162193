import type { TakenApart, TokenLine } from "../tokens/take-apart.ts";
import type { TokenKind } from "../tokens/token-format.ts";
import type { Inspected } from "./token-inspect-endpoint.ts";

const KINDS: Readonly<Record<TokenKind, string>> = {
  pat: "a person’s own API token",
  key: "an API key: it names an application or a project",
  svc: "a service token",
  sso: "a session’s own token for applications of one domain",
  at: "an OAuth access token",
  rt: "an OAuth refresh token",
};

/** A token that was taken apart, as the page shows it. `isOurs`: one of our published keys signed it. */
export function inspected(taken: TakenApart, isOurs: boolean): Inspected {
  switch (taken.kind) {
    case "none":
      return {
        verdict: { kind: "warn", fact: "This is no token that can be taken apart", text: taken.why },
        parts: [],
      };
    case "opaque":
      return inspectedOpaque(taken);
    case "jwt":
      return inspectedJwt(taken, isOurs);
  }
}

function inspectedOpaque({ token, hash, lastFour }: Extract<TakenApart, { kind: "opaque" }>): Inspected {
  const rows = [
    { name: "gth", value: "gth", meaning: "Gatehouse: what secret scanners look for." },
    { name: "kind", value: token, meaning: `It is ${KINDS[token]}.` },
    { name: "secret", value: "not shown", meaning: "256 random bits." },
    {
      name: "end",
      value: lastFour,
      meaning: "Its checksum fits: no character was mistyped, cut off or added.",
    },
    { name: "fingerprint", value: hash, meaning: "SHA-256, base64url: all that is kept of it." },
  ];
  return {
    verdict: {
      kind: "ok",
      fact: "This is a token of Gatehouse, whole and well written",
      text: "Nothing about what it may do stands in it: we look that up by its fingerprint.",
    },
    parts: [{ title: "Its parts", rows }],
  };
}

type Jwt = Extract<TakenApart, { kind: "jwt" }>;

function inspectedJwt(jwt: Jwt, isOurs: boolean): Inspected {
  const text = jwt.warnings.join(" ");
  const parts = [
    { title: "Header", rows: jwt.header.map(row) },
    { title: "Payload", rows: jwt.payload.map(row) },
    { title: "Signature", rows: [signatureRow(jwt, isOurs)] },
  ];
  if (!isOurs) {
    const fact = "A JSON Web Token that no key of ours signed";
    return { verdict: { kind: "warn", fact, text: `Anybody may have written it. ${text}`.trim() }, parts };
  }
  const fact = "A JSON Web Token, signed by one of our keys";
  const kind = jwt.warnings.length === 0 ? "ok" : "warn";
  return { verdict: { kind, fact, text: text === "" ? "Nobody has changed it since." : text }, parts };
}

function row({ name, value, meaning }: TokenLine) {
  return { name, value, meaning };
}

function signatureRow({ signatureBytes }: Jwt, isOurs: boolean) {
  const meaning = isOurs
    ? "It fits header and payload and one of the keys that we publish."
    : "It fits none of the keys that we publish. Whose it is, its issuer’s keys would tell; they were not asked.";
  return { name: "signature", value: `${signatureBytes} bytes`, meaning };
}
