import { type MetadataReport, day, missing, placeOf, quoted } from "./metadata-report.ts";
import { MD, SAMLP } from "./namespaces.ts";
import { xsDateTime } from "./xml-values.ts";
import { attribute, childrenNamed, isNamed, type XmlElement } from "./xml/element.ts";

/** The part of a metadata file that one registration is made of. */
export interface ServiceProviderMetadata {
  readonly entityId: string;
  readonly entity: XmlElement;
  readonly descriptor: XmlElement;
}

export interface EntityChoice {
  readonly nowMs: number;
  /** Which one, where the file has several. */
  readonly entityId?: string | undefined;
  /** Take a file whose validUntil has passed. */
  readonly acceptExpired?: boolean | undefined;
}

interface Candidate {
  readonly entity: XmlElement;
  /** The earliest of its own validUntil and those around it (SAML Metadata 2.3.1). */
  readonly validUntil: { readonly ms: number; readonly holder: XmlElement } | undefined;
}

const ENTITY_ID_CHARACTERS = 1024;
const SHOWN = 20;

/**
 * Finds the service provider in a metadata file: an EntityDescriptor, or one out of an EntitiesDescriptor at any depth
 * (SAML Metadata 2.3). undefined: there is none to register, and the report says why.
 */
export function findServiceProvider(
  root: XmlElement,
  choice: EntityChoice,
  report: MetadataReport,
): ServiceProviderMetadata | undefined {
  const candidates = [...entities(root, undefined)].filter(
    ({ entity }) => descriptorOf(entity) !== undefined,
  );
  const chosen = choose(candidates, choice.entityId, root, report);
  if (chosen === undefined) return undefined;
  const { entity } = chosen;
  const place = placeOf(entity);
  const entityId = attribute(entity, "entityID") ?? "";
  const descriptor = descriptorOf(entity);
  if (descriptor === undefined) return undefined;
  if (entityId === "" || entityId.length > ENTITY_ID_CHARACTERS || /\s/.test(entityId)) {
    report.fail(
      place,
      "It has no entityID that could be compared.",
      "Give it one: usually the file's address.",
    );
    return undefined;
  }
  const validity = checkValidity(chosen, choice, report);
  report.add(place, "accepted", `Named ${quoted(entityId)}.${validity}`);
  return { entityId, entity, descriptor };
}

/** The entityIDs of the service providers in a file, for the question which one it is about. */
export function serviceProviderIds(root: XmlElement): readonly string[] {
  return [...entities(root, undefined)]
    .filter(({ entity }) => descriptorOf(entity) !== undefined)
    .map(({ entity }) => attribute(entity, "entityID") ?? "");
}

function* entities(element: XmlElement, outer: Candidate["validUntil"]): Generator<Candidate> {
  const isEntity = isNamed(element, MD, "EntityDescriptor");
  if (!isEntity && !isNamed(element, MD, "EntitiesDescriptor")) return;
  const own = xsDateTime(attribute(element, "validUntil") ?? "");
  const validUntil =
    own !== undefined && (outer === undefined || own < outer.ms) ? { ms: own, holder: element } : outer;
  if (isEntity) yield { entity: element, validUntil };
  else for (const child of element.children) yield* entities(child, validUntil);
}

/** The SPSSODescriptor that speaks SAML 2.0; others may stand beside it for older versions (SAML Metadata 2.4.1). */
function descriptorOf(entity: XmlElement): XmlElement | undefined {
  return childrenNamed(entity, MD, "SPSSODescriptor").find((descriptor) =>
    (attribute(descriptor, "protocolSupportEnumeration") ?? "").split(/\s+/).includes(SAMLP),
  );
}

function choose(
  candidates: readonly Candidate[],
  entityId: string | undefined,
  root: XmlElement,
  report: MetadataReport,
): Candidate | undefined {
  const matching =
    entityId === undefined
      ? candidates
      : candidates.filter(({ entity }) => attribute(entity, "entityID") === entityId);
  const [found, ...others] = matching;
  if (found !== undefined && others.length === 0) return found;
  const ids = candidates.map(({ entity }) => attribute(entity, "entityID") ?? "");
  if (found === undefined) failWithoutMatch(root, entityId, ids, report);
  else if (entityId === undefined) {
    report.fail(
      placeOf(root),
      `It describes ${ids.length} service providers: ${listed(ids)}.`,
      "Say which one it is.",
    );
  } else report.fail(placeOf(root), `It describes ${quoted(entityId)} more than once.`);
  return undefined;
}

function failWithoutMatch(
  root: XmlElement,
  entityId: string | undefined,
  ids: readonly string[],
  report: MetadataReport,
): void {
  if (!isNamed(root, MD, "EntityDescriptor") && !isNamed(root, MD, "EntitiesDescriptor")) {
    report.fail(placeOf(root), "This is no SAML 2.0 metadata: it does not begin with an EntityDescriptor.");
  } else if (ids.length === 0) {
    report.fail(
      missing("SPSSODescriptor"),
      "There is no service provider for SAML 2.0 in it. Perhaps it is an identity provider's metadata.",
    );
  } else {
    report.fail(placeOf(root), `${quoted(entityId ?? "")} is not in it. It describes ${listed(ids)}.`);
  }
}

function listed(ids: readonly string[]): string {
  const shown = ids.slice(0, SHOWN).map(quoted).join(", ");
  return ids.length > SHOWN ? `${shown} and ${ids.length - SHOWN} more` : shown;
}

/** A sentence for the accepted line; expired fails the file, unless the administrator takes it all the same. */
function checkValidity(
  { validUntil, entity }: Candidate,
  choice: EntityChoice,
  report: MetadataReport,
): string {
  const written = attribute(entity, "validUntil");
  if (written !== undefined && xsDateTime(written) === undefined) {
    report.add(placeOf(entity, "validUntil"), "ignored", "Its validUntil is not a time.");
  }
  if (validUntil === undefined) return "";
  if (validUntil.ms > choice.nowMs) return ` Valid until ${day(validUntil.ms)}.`;
  const place = placeOf(validUntil.holder, "validUntil");
  const text = `It was valid until ${day(validUntil.ms)}.`;
  if (choice.acceptExpired === true) report.add(place, "warning", `${text} It was taken all the same.`);
  else report.fail(place, text, "Fetch the file again where it comes from.");
  return "";
}
