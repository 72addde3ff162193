import { median, medianOf, quantile, shown } from "./figures.ts";
import type { Section } from "./section.ts";
import type { TokenFigures, TokenRound } from "./tokens.ts";

/** Checks of tokens, for whoever reads and for a machine. */
export function tokenSection({ rounds, revocationMs }: TokenFigures): Section {
  const of = (value: (round: TokenRound) => number) => median(rounds.map(value));
  const rate = of(({ verify }) => verify.rate);
  const halfP99Ms = of(({ verifyAtHalfLoad }) => verifyAtHalfLoad.p99Ms);
  const overhead = of(({ countingMicros, verify }) => countingMicros / verify.cpuMicros);
  const offline = of(({ offlineRate }) => offlineRate);
  const cached = of(({ offlineCachedRate }) => offlineCachedRate);
  const versus = versusPeer(rounds);
  const p99Ms = quantile(revocationMs, 0.99);
  const text = `Tokens
Online (POST /tokens/verify of an opaque token, one process): ${shown(rate)} a second; p99 at half of it ${shown(halfP99Ms)} ms. oidc-provider's introspection: ${peerRate(rounds)} a second.
Counting a use costs ${shown(of(({ countingMicros }) => countingMicros))} µs of CPU, the writing included: ${shown(overhead * 100)} % of a verification.
Offline (examples/verify-token.ts, ES256, one core): ${shown(offline)} a second, ${shown(cached)} of tokens that were seen before.
From the answer of a revocation until APIs at two processes refuse the token: ${shown(quantile(revocationMs, 0.5))} ms (median), ${shown(p99Ms)} ms (99 %), ${revocationMs.length} times.`;
  return {
    text,
    figures: [
      {
        name: "tokens.verifyVsPeerIntrospection",
        what: "verification: rate, in the peer's introspections",
        value: versus,
      },
      {
        name: "tokens.countingOverhead",
        what: "counting a use: CPU, in verifications",
        value: overhead,
        atMost: 0.1,
      },
      {
        name: "tokens.revocationP99Ms",
        what: "a revocation counts everywhere: p99, ms",
        value: p99Ms,
        atMost: 1_000,
      },
      { name: "tokens.verifyPerSecond", what: "verification, a second", value: rate },
      { name: "tokens.verifyP99AtHalfLoadMs", what: "verification: p99 at half load, ms", value: halfP99Ms },
      { name: "tokens.offlinePerSecond", what: "offline, each signature anew, a second", value: offline },
      { name: "tokens.offlineCachedPerSecond", what: "offline, seen before, a second", value: cached },
    ],
  };
}

function versusPeer(rounds: readonly TokenRound[]): number | undefined {
  return medianOf(rounds, ({ verify, peerIntrospection }) =>
    peerIntrospection === undefined ? undefined : verify.rate / peerIntrospection.rate,
  );
}

function peerRate(rounds: readonly TokenRound[]): string {
  const rate = medianOf(rounds, ({ peerIntrospection }) => peerIntrospection?.rate);
  return rate === undefined ? "-" : shown(rate);
}
