import type { SamlApplication } from "../model/application.ts";
import type { ReportLine, Verdict } from "../saml/metadata-report.ts";
import type { ServiceProviderReading } from "../saml/register-service-provider.ts";

/** The page that shows what was made of a metadata file, as data for its view. */
export interface CheckPage {
  readonly counts: Readonly<Record<Verdict, number>>;
  /** The worst first; of the accepted ones only the first few. */
  readonly lines: readonly ReportLine[];
  readonly moreAccepted: readonly ReportLine[];
  readonly verdict: { readonly kind: "ok" | "warn" | "bad"; readonly fact: string; readonly text: string };
  /** What the button says after "Register". */
  readonly without: string;
  readonly proposal: Proposal | undefined;
}

/** How it will be registered, for the form; undefined where it cannot be. */
export interface Proposal {
  readonly entityId: string;
  readonly name: string;
  readonly canCheckSignatures: boolean;
  readonly canEncrypt: boolean;
  readonly requestsMustBeSigned: boolean;
  readonly encryptAssertion: boolean;
  readonly signResponse: boolean;
}

const ACCEPTED_SHOWN = 6;
const WORST_FIRST: readonly Verdict[] = ["refused", "warning", "ignored", "accepted"];

export function checkPage(reading: ServiceProviderReading): CheckPage {
  const { report } = reading;
  const of = (verdict: Verdict) => report.filter((line) => line.verdict === verdict);
  const accepted = of("accepted");
  const refused = of("refused");
  return {
    counts: {
      refused: refused.length,
      warning: of("warning").length,
      ignored: of("ignored").length,
      accepted: accepted.length,
    },
    lines: WORST_FIRST.flatMap((verdict) =>
      verdict === "accepted" ? accepted.slice(0, ACCEPTED_SHOWN) : of(verdict),
    ),
    moreAccepted: accepted.slice(ACCEPTED_SHOWN),
    verdict: verdictOf(reading.ok, refused, of("warning").length),
    without: refused.length === 0 ? "" : ` without ${placesOf(refused)}`,
    proposal: reading.ok ? proposalOf(reading.application) : undefined,
  };
}

function verdictOf(ok: boolean, refused: readonly ReportLine[], warnings: number): CheckPage["verdict"] {
  if (!ok) {
    return {
      kind: "bad",
      fact: "It cannot be registered as it is",
      text: "What stands in the way is at the top of the list, with what to do about it there.",
    };
  }
  if (refused.length > 0) {
    return {
      kind: "warn",
      fact: `It can be registered, without ${placesOf(refused)}`,
      text: "What was refused is left out. Everything else works without it.",
    };
  }
  if (warnings > 0) {
    return {
      kind: "warn",
      fact: "It can be registered",
      text: "Look at the lines at the top first: they say what follows from them.",
    };
  }
  return { kind: "ok", fact: "It can be registered as it is", text: "Nothing in it was refused." };
}

/** "line 31", "lines 31 and 40", or a number of lines where they are many. */
function placesOf(lines: readonly ReportLine[]): string {
  const numbers = [...new Set(lines.flatMap(({ line }) => line ?? []))];
  const [first, second, third] = numbers;
  if (first === undefined) return "what was refused";
  if (second === undefined) return `line ${first}`;
  return third === undefined ? `lines ${first} and ${second}` : `${numbers.length} of its lines`;
}

function proposalOf(application: Omit<SamlApplication, "id" | "createdAtMs" | "updatedAtMs">): Proposal {
  const { entityId, name, requestsMustBeSigned, encryptAssertion, signResponse } = application;
  return {
    entityId,
    name,
    canCheckSignatures: application.signingCertificates.length > 0,
    canEncrypt: application.encryptionKeys.length > 0,
    requestsMustBeSigned,
    encryptAssertion,
    signResponse,
  };
}
