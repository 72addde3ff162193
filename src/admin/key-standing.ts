import { pinOf } from "../keys/held-keys.ts";
import { safeToSignAtMs } from "../keys/rollover-steps.ts";
import type { Application } from "../model/application.ts";
import type { KeyUse } from "../model/key-use.ts";
import type { KeyRollover } from "../model/settings.ts";
import type { SigningKeyRecord, SigningKeyType } from "../model/signing-key.ts";
import { keyTypeOf } from "../oidc/jwt-algorithms.ts";
import { SIGNATURE_ALGORITHMS } from "../saml/xml/sign.ts";

/** A key as it stands in the store, without its private half. */
export type KeyFacts = Omit<SigningKeyRecord, "sealedPrivateKey">;

/** Where the keys stand when a page is made. */
export interface KeysNow {
  /** Next, active and retiring. */
  readonly keys: readonly KeyFacts[];
  readonly rollover: KeyRollover;
  readonly nowMs: number;
}

/** Which of our keys signs for an application, and what is known of the keys that it accepts. */
export interface KeyStanding {
  readonly application: Application;
  /** undefined: nothing that we sign goes to it. */
  readonly keyType: SigningKeyType | undefined;
  readonly key: KeyFacts | undefined;
  /** Its settings name the key. */
  readonly isHeld: boolean;
  readonly use: KeyUse | undefined;
  /**
   * Whether it was seen to accept the key that signs for it. `missed`: it was seen with another one before, and has been
   * sent this one since.
   */
  readonly sight: "seen" | "missed" | "unseen";
  readonly prospect: KeyProspect;
}

/** What the next step of a rollover is to an application; the worst first, as the table has them. */
export const KEY_PROSPECTS = [
  /** Its settings name a retiring key: it cannot go on when that one is retired. */
  "cut-off-by-retiring",
  /** The next key was published too shortly to be known to everybody. */
  "cut-off-if-early",
  /** The next key is known to whoever reads our metadata, and unknown where a certificate was handed over. */
  "reads-metadata",
  /** The next key is found in our JWKS by its `kid`. */
  "reads-jwks",
  /** Its settings name the key: a change does not touch it. */
  "stays",
  "none",
] as const;
export type KeyProspect = (typeof KEY_PROSPECTS)[number];

/** What is known of one application. `use`: what is noted of it, if anything is. */
export function standingOf(application: Application, use: KeyUse | undefined, now: KeysNow): KeyStanding {
  const keyType = keyTypeFor(application);
  const pin = pinOf(application);
  const held = now.keys.find(({ id, type }) => id === pin && type === keyType);
  const key = held ?? now.keys.find(({ type, state }) => type === keyType && state === "active");
  const isHeld = held !== undefined;
  return {
    application,
    keyType,
    key,
    isHeld,
    use,
    sight: sightOf(use, key),
    prospect: prospectOf(application, key, isHeld, now),
  };
}

/** Every application's, those first that a next step would cut off, then by name. */
export function standingsOf(
  applications: readonly Application[],
  uses: readonly KeyUse[],
  now: KeysNow,
): readonly KeyStanding[] {
  const byId = new Map(uses.map((use) => [use.applicationId, use]));
  return applications
    .map((application) => standingOf(application, byId.get(application.id), now))
    .toSorted(
      (a, b) =>
        rankOf(a) - rankOf(b) ||
        a.application.name.localeCompare(b.application.name, "en") ||
        (a.application.id < b.application.id ? -1 : 1),
    );
}

/**
 * Who would be cut off, or may be, if this step were made now. Of retiring: who has been sent nothing under a newer key and
 * may still have to check what the old one signed. Who stays with it by its settings keeps it from being retired at all.
 */
export function cutOffBy(
  step: "sign" | "retire" | "go-back",
  key: KeyFacts,
  standings: readonly KeyStanding[],
): readonly KeyStanding[] {
  switch (step) {
    case "sign":
      return standings.filter(
        ({ keyType, prospect }) =>
          keyType === key.type && (prospect === "cut-off-if-early" || prospect === "reads-metadata"),
      );
    case "retire":
      return standings.filter(({ use }) => use?.signed?.keyId === key.id);
    case "go-back":
      // Whoever took the newer key may have thrown the certificate of the older one away.
      return standings.filter(
        ({ application, keyType, isHeld, sight }) =>
          application.protocol === "saml" && keyType === key.type && !isHeld && sight === "seen",
      );
  }
}

/** The type of the key that signs for it. Its own signature algorithm decides, whatever key it is to stay with. */
export function keyTypeFor(application: Application): SigningKeyType | undefined {
  if (application.protocol === "saml") {
    return SIGNATURE_ALGORITHMS[application.signatureAlgorithm ?? "rsa-sha256"].keyType;
  }
  // Without people it gets no ID token; who checks its access tokens is the API, not the client.
  return application.grantTypes.includes("authorization_code")
    ? keyTypeOf(application.idTokenAlgorithm)
    : undefined;
}

function sightOf(use: KeyUse | undefined, key: KeyFacts | undefined): KeyStanding["sight"] {
  const { accepted, signed } = use ?? {};
  if (key === undefined || accepted === undefined) return "unseen";
  if (accepted.keyId === key.id) return "seen";
  return signed?.keyId === key.id && signed.atMs > accepted.atMs ? "missed" : "unseen";
}

function prospectOf(
  application: Application,
  key: KeyFacts | undefined,
  isHeld: boolean,
  { keys, rollover, nowMs }: KeysNow,
): KeyProspect {
  // One that is switched off holds its key too: it may come back.
  if (isHeld) return key?.state === "retiring" ? "cut-off-by-retiring" : "stays";
  if (key === undefined || !application.enabled) return "none";
  const next = keys.find(({ type, state }) => type === key.type && state === "next");
  if (next === undefined) return "none";
  if (nowMs < safeToSignAtMs(next, rollover)) return "cut-off-if-early";
  return application.protocol === "saml" ? "reads-metadata" : "reads-jwks";
}

/** One that was sent a new key and has not been seen since stands right behind those that will be cut off. */
function rankOf({ prospect, sight }: KeyStanding): number {
  if (prospect === "cut-off-by-retiring") return 0;
  return sight === "missed" ? 1 : 2 + KEY_PROSPECTS.indexOf(prospect);
}
