import type { AccessRule, MetadataSource, SamlApplication } from "../../model/application.ts";
import type { FederationMembership } from "../../model/federation.ts";
import { randomId } from "../../platform/random.ts";
import type { ReportLine } from "../../saml/metadata-report.ts";
import {
  type NewSamlApplication,
  readServiceProvider,
  type ReadServiceProviderOptions,
} from "../../saml/register-service-provider.ts";
import { Conflict } from "../../storage/stores.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type Done, recorded, type Refused, refused } from "./act.ts";
import { replaceApplication } from "./replace-application.ts";

export interface RegisterServiceProviderInput extends Omit<ReadServiceProviderOptions, "nowMs"> {
  /** The metadata file, as text or as its bytes. */
  readonly xml: string | Uint8Array;
  readonly access?: AccessRule | undefined;
  /** Where "my applications" leads. */
  readonly startUrl?: string | undefined;
  /** A sign-on may begin here; what was said before where it is undefined. */
  readonly idpInitiated?: boolean | undefined;
  /** The entityID may be registered already: its registration is then replaced. */
  readonly replace?: boolean | undefined;
  /** Where the metadata came from and is fetched again. */
  readonly source?: MetadataSource | undefined;
  /** The federation that the metadata is of. */
  readonly federation?: { readonly name: string; readonly membership: FederationMembership } | undefined;
}

interface WithReport {
  readonly report: readonly ReportLine[];
}

/** What became of a metadata file. A refusal has the report too, and the entityIDs where one must be chosen. */
export type RegisterServiceProviderResult =
  | (Done<{ readonly application: SamlApplication; readonly replaced: boolean }> & WithReport)
  | (Refused & WithReport & { readonly entityIds: readonly string[] });

/**
 * Registers a service provider from its metadata. Replacing keeps what was set here (id, switch, access, consent,
 * mapping, start address), and never softens: where signed requests, encryption or signed responses were demanded,
 * they still are, unless the input says otherwise.
 */
export async function registerServiceProvider(
  parts: ActParts,
  actor: Actor,
  input: RegisterServiceProviderInput,
): Promise<RegisterServiceProviderResult> {
  const startUrlFault = input.startUrl === undefined ? undefined : addressFault(input.startUrl);
  if (startUrlFault !== undefined) {
    return { ...refused("invalid", startUrlFault, "startUrl"), report: [], entityIds: [] };
  }
  const nowMs = parts.clock.nowMs();
  const first = readServiceProvider(input.xml, { ...input, nowMs });
  const known = first.ok ? await findByEntityId(parts, first.application.entityId) : undefined;
  const reading = known === undefined ? first : readServiceProvider(input.xml, keeping(known, input, nowMs));
  const { report } = reading;
  if (!reading.ok) {
    return { ...refused("invalid", faults(report)), report, entityIds: reading.entityIds };
  }
  if (known !== undefined && input.replace !== true) {
    return { ...taken(reading.application.entityId), report, entityIds: [] };
  }
  const application =
    known === undefined
      ? newApplication(parts, reading.application, input)
      : replacement(known, reading.application, input);
  const result = await store(parts, actor, application, known, input.federation?.name);
  return result.ok ? { ...result, report } : { ...result, report, entityIds: [] };
}

async function store(
  parts: ActParts,
  actor: Actor,
  application: SamlApplication,
  known: SamlApplication | undefined,
  federation: string | undefined,
): Promise<Done<{ readonly application: SamlApplication; readonly replaced: boolean }> | Refused> {
  const entry = {
    action: known === undefined ? "application.registered" : "application.replaced",
    targetKind: "application",
    targetId: application.id,
    targetName: application.name,
    detail: {
      protocol: "saml",
      entityId: application.entityId,
      signedRequests: application.requestsMustBeSigned,
      encryptedAssertions: application.encryptAssertion,
      ...(federation === undefined ? {} : { federation }),
    },
  } as const;
  return await recorded(parts, actor, entry, async () => {
    if (known !== undefined) {
      const result = await replaceApplication(parts, known, application);
      return result.ok ? { ...result, replaced: true } : result;
    }
    try {
      await parts.store.applications.insert(application);
    } catch (error) {
      if (error instanceof Conflict) return taken(application.entityId);
      throw error;
    }
    await parts.announce("applications");
    return { ok: true, application, replaced: false };
  });
}

async function findByEntityId(parts: ActParts, entityId: string): Promise<SamlApplication | undefined> {
  for (const application of await parts.store.applications.all()) {
    if (application.protocol === "saml" && application.entityId === entityId) return application;
  }
  return undefined;
}

function keeping(
  known: SamlApplication,
  input: RegisterServiceProviderInput,
  nowMs: number,
): ReadServiceProviderOptions {
  return {
    ...input,
    nowMs,
    name: input.name ?? known.name,
    requestsMustBeSigned: input.requestsMustBeSigned ?? (known.requestsMustBeSigned || undefined),
    encryptAssertion:
      input.encryptAssertion ?? (known.encryptNameId === true ? false : known.encryptAssertion || undefined),
    signResponse: input.signResponse ?? known.signResponse,
  };
}

function newApplication(
  { clock, random }: ActParts,
  read: NewSamlApplication,
  { access, startUrl, idpInitiated, source, federation }: RegisterServiceProviderInput,
): SamlApplication {
  const nowMs = clock.nowMs();
  return {
    ...read,
    access: access ?? read.access,
    startUrl: startUrl ?? read.startUrl,
    metadataSource: source,
    membership: federation?.membership,
    idpInitiated: idpInitiated === true ? { relayStates: [] } : undefined,
    id: randomId(random),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

/** The registration with new metadata, and what was set here as it was. */
export function replacement(
  known: SamlApplication,
  read: NewSamlApplication,
  input: RegisterServiceProviderInput,
): SamlApplication {
  const access = input.access ?? known.access;
  const startUrl = input.startUrl ?? known.startUrl;
  const { enabled, consent, release, signAssertion } = known;
  const startsHere = input.idpInitiated ?? known.idpInitiated !== undefined;
  const idpInitiated = startsHere ? (known.idpInitiated ?? { relayStates: [] }) : undefined;
  // `known` first: what only an administrator sets is not in metadata, and stays.
  const metadataSource = input.source ?? known.metadataSource;
  const membership = input.federation?.membership ?? known.membership;
  const kept = {
    membership,
    enabled,
    consent,
    release,
    signAssertion,
    access,
    startUrl,
    idpInitiated,
    metadataSource,
  };
  return { ...known, ...read, ...kept };
}

function taken(entityId: string): Refused {
  return refused(
    "taken",
    `${entityId} is registered already; replace it to take the new metadata`,
    "entityId",
  );
}

const FAULTS_SHOWN = 3;

/** Why the file cannot be used, each reason with its line. */
export function faults(report: readonly ReportLine[]): string {
  const refusedLines = report.filter(({ verdict }) => verdict === "refused");
  const shown = refusedLines.slice(-FAULTS_SHOWN).map(({ line, element, text, consequence }) => {
    const where = line === undefined ? element : `line ${line}, ${element}`;
    return `${where}: ${[text, consequence].filter((part) => part !== undefined).join(" ")}`;
  });
  return shown.length === 0 ? "the metadata cannot be used" : shown.join(" ");
}

/** A link that people will click: an address of the web, and nothing that a browser would run. */
function addressFault(address: string): string | undefined {
  const scheme = URL.canParse(address) ? new URL(address).protocol : undefined;
  if (scheme === "https:" || scheme === "http:") return undefined;
  return "the start address must be a whole https address";
}
