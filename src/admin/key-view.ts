import { holdersOf } from "../keys/held-keys.ts";
import { dueAtMs, safeToRetireAtMs } from "../keys/rollover-steps.ts";
import type { AcceptanceProof } from "../model/key-use.ts";
import type { SigningKeyState, SigningKeyType } from "../model/signing-key.ts";
import { type KeyStep, safeAtMs } from "./acts/step-key.ts";
import { certificateFacts } from "./certificate-facts.ts";
import { cutOffBy, type KeyFacts, type KeyProspect, type KeysNow, type KeyStanding } from "./key-standing.ts";

const NAMED_AT_MOST = 10;

/** A step that a key's state allows, as the page offers it. */
export interface StepView {
  readonly step: KeyStep;
  readonly safeFromMs: number;
  /** A reason must be given. */
  readonly isEarly: boolean;
  /** Who would be cut off, or may be; `more` are not named. */
  readonly names: readonly string[];
  readonly more: number;
}

export interface KeyView {
  readonly id: string;
  readonly state: SigningKeyState;
  readonly sinceMs: number;
  readonly publishedMs: number;
  readonly subject: string | undefined;
  readonly endsAtMs: number | undefined;
  readonly fingerprint: string | undefined;
  readonly steps: readonly StepView[];
  /** Who stays with it, where that keeps it from being retired. */
  readonly heldBy: readonly { readonly id: string; readonly name: string }[];
  /** When the schedule makes the next step by itself, at the earliest; undefined: it does not. */
  readonly byItselfAtMs: number | undefined;
}

/** The keys of one type: the next one, the one that signs, those that are retiring, those that were retired. */
export interface KeyTypeView {
  readonly type: SigningKeyType;
  readonly keys: readonly KeyView[];
}

/** What the application's row says of one key. */
export interface KeyMention {
  /** How a person recognises it: its type and the beginning of its fingerprint. */
  readonly label: string;
  readonly atMs: number;
}

/** A row of "what each application was last seen to accept". */
export interface StandingView {
  readonly id: string;
  readonly name: string;
  readonly protocol: "saml" | "oidc";
  readonly enabled: boolean;
  /** The key that signs for it now; undefined: nothing that we sign goes to it. */
  readonly label: string | undefined;
  readonly state: SigningKeyState | undefined;
  readonly isHeld: boolean;
  readonly signed: KeyMention | undefined;
  readonly accepted: (KeyMention & { readonly how: AcceptanceProof }) | undefined;
  readonly sight: KeyStanding["sight"];
  readonly prospect: KeyProspect;
}

const TYPES: readonly SigningKeyType[] = ["RSA-2048", "P-256", "P-384", "Ed25519"];
const ORDER: readonly SigningKeyState[] = ["next", "active", "retiring", "retired"];

/** The keys by type. `retired`: those that were retired last, which nothing can be done with any more. */
export function keyTypesView(
  now: KeysNow,
  retired: readonly KeyFacts[],
  standings: readonly KeyStanding[],
): readonly KeyTypeView[] {
  const byType = Map.groupBy([...now.keys, ...retired], ({ type }) => type);
  return TYPES.filter((type) => byType.has(type)).map((type) => ({
    type,
    keys: (byType.get(type) ?? [])
      .toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || b.stateSinceMs - a.stateSinceMs)
      .map((key) => keyView(key, now, standings)),
  }));
}

function keyView(key: KeyFacts, now: KeysNow, standings: readonly KeyStanding[]): KeyView {
  const facts = certificateFacts(key.certificate);
  const applications = standings.map(({ application }) => application);
  const heldBy = key.state === "retiring" ? holdersOf(applications, key.id) : [];
  return {
    id: key.id,
    state: key.state,
    sinceMs: key.stateSinceMs,
    publishedMs: key.createdAtMs,
    subject: facts?.subject,
    endsAtMs: facts?.endsAtMs,
    fingerprint: facts?.fingerprint,
    steps: STEPS[key.state]
      .filter((step) => step !== "retire" || heldBy.length === 0)
      .map((step) => stepView(step, key, now, standings)),
    heldBy: heldBy.map(({ id, name }) => ({ id, name })),
    byItselfAtMs: byItselfAtMs(key, now),
  };
}

const STEPS: Readonly<Record<SigningKeyState, readonly KeyStep[]>> = {
  next: ["sign"],
  active: [],
  retiring: ["retire", "go-back"],
  retired: [],
};

function stepView(
  step: KeyStep,
  key: KeyFacts,
  { rollover, nowMs }: KeysNow,
  standings: readonly KeyStanding[],
): StepView {
  const safeFromMs = safeAtMs(key, step, rollover);
  const isEarly = nowMs < safeFromMs;
  // A week after it signed last, whatever a retiring key signed has expired.
  const affected = step === "retire" && !isEarly ? [] : cutOffBy(step, key, standings);
  const cutOff = affected.map(({ application }) => application.name);
  return {
    step,
    safeFromMs,
    isEarly,
    names: cutOff.slice(0, NAMED_AT_MOST),
    more: Math.max(0, cutOff.length - NAMED_AT_MOST),
  };
}

function byItselfAtMs(key: KeyFacts, { keys, rollover }: KeysNow): number | undefined {
  if (rollover.rotateEveryDays === undefined) return undefined;
  if (key.state === "retiring") return safeToRetireAtMs(key);
  const active = keys.find(({ type, state }) => type === key.type && state === "active");
  return key.state !== "next" || active === undefined ? undefined : dueAtMs(active, key, rollover);
}

/** `known`: every key whose name may be shown; one that is not among them is called "a key that is gone". */
export function standingView(standing: KeyStanding, known: readonly KeyFacts[]): StandingView {
  const { application, key, isHeld, use, sight, prospect } = standing;
  const { id, name, protocol, enabled } = application;
  const mention = ({ keyId, atMs }: { readonly keyId: string; readonly atMs: number }) => {
    const found = known.find((each) => each.id === keyId);
    return { label: found === undefined ? "a key that is gone" : keyLabel(found), atMs };
  };
  return {
    id,
    name,
    protocol,
    enabled,
    label: key === undefined ? undefined : keyLabel(key),
    state: key?.state,
    isHeld,
    signed: use?.signed === undefined ? undefined : mention(use.signed),
    accepted: use?.accepted === undefined ? undefined : { ...mention(use.accepted), how: use.accepted.how },
    sight,
    prospect,
  };
}

/** How a person recognises a key: its type and the beginning of its certificate's fingerprint. */
export function keyLabel({ type, certificate }: Pick<KeyFacts, "type" | "certificate">): string {
  return `${type}, ${certificateFacts(certificate)?.fingerprint.slice(0, 8) ?? ""}…`;
}

/** A published key as it stands in a choice. */
export function keyChoice(key: Pick<KeyFacts, "id" | "type" | "state" | "certificate">): {
  readonly id: string;
  readonly text: string;
} {
  return { id: key.id, text: `${STATE_WORDS[key.state]}: ${keyLabel(key)}` };
}

const STATE_WORDS: Readonly<Record<SigningKeyState, string>> = {
  next: "The next key",
  active: "The key that signs now",
  retiring: "The key that signed before",
  retired: "A retired key",
};
