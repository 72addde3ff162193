import type { Application, SamlApplication } from "../model/application.ts";
import { certificateFacts } from "./certificate-facts.ts";

/** A state chip: icon and colour by `kind`, one or two words. */
export interface StateChip {
  readonly kind: "ok" | "warn" | "bad" | "";
  readonly text: string;
}

const DAY_MS = 86_400_000;
/** A month before a key's certificate ends, somebody should hear of it. */
const WARN_MS = 30 * DAY_MS;

/**
 * What the list says of an application. A certificate that has ended still checks signatures (SAML Metadata
 * Interoperability Profile 2.6.1: only the key counts), so it is a warning and not a failure.
 */
export function stateOf(application: Application, nowMs: number): StateChip {
  if (!application.enabled) return { kind: "", text: "Switched off" };
  if (application.protocol === "oidc") return { kind: "ok", text: "Switched on" };
  if (waits(application)) return { kind: "warn", text: "Metadata waits" };
  const soonest = firstEnd(application);
  if (soonest === undefined || soonest - nowMs > WARN_MS) return { kind: "ok", text: "Switched on" };
  const days = Math.ceil((soonest - nowMs) / DAY_MS);
  if (days <= 0) return { kind: "warn", text: "Key has ended" };
  return { kind: "warn", text: days === 1 ? "Key ends today" : `Key ends in ${days} days` };
}

/** New metadata that an owner must agree to first: until then the application may stand there with a key that we refuse. */
function waits({ metadataSource, membership }: SamlApplication): boolean {
  return metadataSource?.waiting !== undefined || membership?.waitingDigest !== undefined;
}

function firstEnd(application: SamlApplication): number | undefined {
  const certificates = [
    ...application.signingCertificates,
    ...application.encryptionKeys.map(({ certificate }) => certificate),
  ];
  const ends = certificates.flatMap((certificate) => certificateFacts(certificate)?.endsAtMs ?? []);
  return ends.length === 0 ? undefined : Math.min(...ends);
}
