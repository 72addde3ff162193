import { availableParallelism } from "node:os";
import { Accounts } from "./account/accounts.ts";
import { AuditTrail } from "./audit/audit-trail.ts";
import type { Config } from "./config.ts";
import { Applications } from "./flow/applications.ts";
import { Settings } from "./flow/settings.ts";
import { Resources } from "./flow/resources.ts";
import { readGivenKeys } from "./keys/given-keys.ts";
import { heldKeys } from "./keys/held-keys.ts";
import { KeyUseNotes } from "./keys/key-use-notes.ts";
import { KeyRing } from "./keys/key-ring.ts";
import { Sealing } from "./keys/sealing.ts";
import { SigningKeys } from "./keys/signing-keys.ts";
import { checksInFlight, PasswordHasher } from "./login/password-hasher.ts";
import type { Clock } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import { type Random, randomToken } from "./platform/random.ts";
import { endAgain } from "./session/end-again.ts";
import { Participants } from "./session/participants.ts";
import { SessionStore } from "./session/session-store.ts";
import { Subjects } from "./session/subject.ts";
import { openStores, type Stores } from "./storage/open-stores.ts";
import type { DurableStore } from "./storage/stores.ts";
import { SingleUse } from "./volatile/single-use.ts";
import { openTokens, type TokenParts } from "./token-parts.ts";
import { RevocationLog } from "./tokens/revocation-log.ts";
import { ownApi } from "./tokens/own-api.ts";
import { SsoTokens } from "./tokens/sso/sso-tokens.ts";
import { Versions } from "./volatile/versions.ts";

/** What comes from outside the process; the tests put in a clock that stands still. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The parts that belong to no protocol: what the server, the demo and the command all stand on. */
export interface Parts extends Platform {
  readonly config: Config;
  readonly stores: Stores;
  readonly sealing: Sealing;
  readonly keyRing: KeyRing;
  readonly signingKeys: SigningKeys;
  readonly keyUse: KeyUseNotes;
  readonly subjects: Subjects;
  readonly applications: Applications;
  readonly settings: Settings;
  readonly resources: Resources;
  readonly accounts: Accounts;
  readonly hasher: PasswordHasher;
  readonly audit: AuditTrail;
  readonly tokens: TokenParts;
  /** undefined: no domain is set whose applications are given them. */
  readonly sso: SsoTokens | undefined;
  readonly versions: Versions;
  readonly singleUse: SingleUse;
  readonly sessions: SessionStore;
  readonly participants: Participants;
  close(): Promise<void>;
}

/**
 * Opens the stores, migrates, makes or takes the signing keys, and reads the applications into memory. Throws
 * `ConfigError`, `GivenKeyError`, `SealBroken` or `Unavailable`, each with one clear line.
 */
export async function openParts(config: Config, platform: Platform): Promise<Parts> {
  const stores = await openStores(config, platform.clock, async (volatile, { endedSessions }, history) => {
    await endAgain(endedSessions, new SessionStore(volatile, config.policy), platform.clock);
    const versions = new Versions(volatile, platform.clock);
    const log = new RevocationLog(volatile, platform.clock);
    await log.beginHistory(history, async () => await versions.bumpAll());
  });
  try {
    return await assemble(config, platform, stores);
  } catch (error) {
    await stores.close();
    throw error;
  }
}

async function assemble(config: Config, platform: Platform, stores: Stores): Promise<Parts> {
  const { clock, random, log } = platform;
  const { durable, volatile } = stores;
  const sealing = new Sealing(config.secrets, random);
  const keyRing = new KeyRing();
  const { issuer } = config;
  const signingKeys = new SigningKeys({
    store: durable.signingKeys,
    sealing,
    ring: keyRing,
    issuer,
    held: async () => heldKeys(await durable.applications.all()),
    clock,
    random,
  });
  await signingKeys.take(readGivenKeys(config.certsFolder));
  await signingKeys.ensure();
  const applications = new Applications(durable.applications);
  await applications.reload();
  const settings = new Settings(durable.settings);
  await settings.reload();
  const resources = new Resources(durable.resources, [ownApi(issuer)]);
  await resources.reload();
  const accounts = new Accounts(durable.accounts);
  const audit = new AuditTrail(durable.audit, clock, log);
  const keyUse = new KeyUseNotes({ store: durable.keyUses, clock, log });
  const sessions = new SessionStore(volatile, config.policy);
  const versions = new Versions(volatile, clock);
  versions.watch("applications", async () => await applications.reload());
  versions.watch("resources", async () => await resources.reload());
  versions.watch("settings", async () => await settings.reload());
  versions.watch("keys", async () => await signingKeys.load());
  versions.watch("accounts", async () => await Promise.resolve(accounts.invalidate()));
  return {
    ...platform,
    config,
    stores,
    sealing,
    keyRing,
    signingKeys,
    keyUse,
    subjects: new Subjects(await installationSecret(durable, sealing, random)),
    applications,
    settings,
    resources,
    accounts,
    hasher: await PasswordHasher.create(random, checksInFlight(availableParallelism(), config.workers)),
    audit,
    tokens: openTokens({
      stores,
      accounts,
      applications,
      resources,
      settings,
      audit,
      versions,
      clock,
      random,
    }),
    sso:
      config.ssoDomain === undefined
        ? undefined
        : new SsoTokens({ volatile, sessions, accounts, policy: config.policy, clock, random }),
    versions,
    singleUse: new SingleUse(volatile, random),
    sessions,
    participants: new Participants(volatile, sessions.longestMs),
    close: async () => await closeParts(versions, audit, keyUse, stores),
  };
}

/** Made once for the installation: pairwise subjects hang on it and must outlive every change of GATEHOUSE_SECRET. */
async function installationSecret(durable: DurableStore, sealing: Sealing, random: Random): Promise<string> {
  const sealed = await durable.secrets.putIfAbsent("subjects", sealing.seal(randomToken(random), "subjects"));
  return sealing.open(sealed, "subjects");
}

async function closeParts(
  versions: Versions,
  audit: AuditTrail,
  keyUse: KeyUseNotes,
  stores: Stores,
): Promise<void> {
  versions.stop();
  await audit.flush();
  await keyUse.flush();
  await stores.close();
}
