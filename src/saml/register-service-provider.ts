import type { SamlApplication } from "../model/application.ts";
import { MetadataReport, missing, placeOf, quoted, type ReportLine } from "./metadata-report.ts";
import { NAME_ID_FORMATS } from "./name-id.ts";
import { MD } from "./namespaces.ts";
import { findServiceProvider, type ServiceProviderMetadata, serviceProviderIds } from "./sp-metadata.ts";
import {
  readArtifactResolutionServices,
  readAssertionConsumerServices,
  readSingleLogoutServices,
} from "./sp-metadata-endpoints.ts";
import { type MetadataKeys, readKeys } from "./sp-metadata-keys.ts";
import { displayName, reportRest } from "./sp-metadata-names.ts";
import { collapsed, xsBoolean } from "./xml-values.ts";
import { attribute, childrenNamed, isNamed, type XmlElement } from "./xml/element.ts";
import { readMetadataFile, type XmlDocument } from "./xml/reader.ts";
import { serializeElement } from "./xml/serialize-element.ts";
import { type XmlRefusal, XmlRefused } from "./xml/xml-refused.ts";

/** A service provider before it is registered: the act that registers it gives it an id and its times. */
export type NewSamlApplication = Omit<SamlApplication, "id" | "createdAtMs" | "updatedAtMs">;

export interface ReadServiceProviderOptions {
  readonly nowMs: number;
  /** Which one, where the file describes several. */
  readonly entityId?: string | undefined;
  /** Take a file whose validUntil has passed. */
  readonly acceptExpired?: boolean | undefined;
  /** What the administrator says instead of the metadata. */
  readonly name?: string | undefined;
  readonly requestsMustBeSigned?: boolean | undefined;
  readonly encryptAssertion?: boolean | undefined;
  readonly signResponse?: boolean | undefined;
}

export type ServiceProviderReading =
  | { readonly ok: true; readonly application: NewSamlApplication; readonly report: readonly ReportLine[] }
  | {
      readonly ok: false;
      readonly report: readonly ReportLine[];
      /** The service providers of the file, where it must be said which one is meant. */
      readonly entityIds: readonly string[];
    };

/**
 * Reads a service provider's metadata file (text, or its bytes) into a registration, with a report of what was
 * accepted, ignored and refused, line by line. It never throws for what is in the file.
 */
export function readServiceProvider(
  file: string | Uint8Array,
  options: ReadServiceProviderOptions,
): ServiceProviderReading {
  const report = new MetadataReport();
  const document = readDocument(file, report);
  if (document === undefined) return { ok: false, report: report.lines, entityIds: [] };
  const found = findServiceProvider(document.root, options, report);
  const application = found === undefined ? undefined : registration(document, found, options, report);
  if (application === undefined || !report.isUsable) {
    return { ok: false, report: report.lines, entityIds: serviceProviderIds(document.root) };
  }
  return { ok: true, application, report: report.lines };
}

function registration(
  document: XmlDocument,
  found: ServiceProviderMetadata,
  options: ReadServiceProviderOptions,
  report: MetadataReport,
): NewSamlApplication {
  const { descriptor, entity, entityId } = found;
  const keys = readKeys(descriptor, options.nowMs, report);
  const application: NewSamlApplication = {
    protocol: "saml",
    name: options.name ?? displayName(entity, descriptor, entityId),
    enabled: true,
    access: { kind: "everyone" },
    consent: "implied",
    release: [],
    entityId,
    assertionConsumerServices: readAssertionConsumerServices(descriptor, report),
    singleLogoutServices: readSingleLogoutServices(descriptor, report),
    artifactResolutionServices: readArtifactResolutionServices(descriptor, report),
    ...keys,
    nameIdFormats: readNameIdFormats(descriptor, report),
    requestsMustBeSigned: mustRequestsBeSigned(descriptor, keys, options, report),
    signAssertion: true,
    signResponse: options.signResponse ?? false,
    encryptAssertion: mustAssertionsBeEncrypted(keys, options, report),
    metadataXml: isNamed(document.root, MD, "EntityDescriptor") ? document.text : serializeElement(entity),
  };
  reportRest(entity, descriptor, report);
  return application;
}

/** The gate's reasons in an administrator's words. */
const UNREADABLE: Partial<Readonly<Record<XmlRefusal, string>>> = {
  doctype:
    "It has a DOCTYPE or an entity declaration. Metadata has none, and they are a way to attack a reader.",
  "not-utf8": "It is not in UTF-8.",
  "processing-instruction": "It has a processing instruction, which metadata has none of.",
  "too-large": "It is larger than 10 MB.",
};

function readDocument(file: string | Uint8Array, report: MetadataReport): XmlDocument | undefined {
  try {
    return readMetadataFile(typeof file === "string" ? Buffer.from(file, "utf8") : file);
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    const text = UNREADABLE[error.reason] ?? `It is no well-formed XML: ${error.detail}.`;
    report.fail(missing("the file"), text);
    return undefined;
  }
}

function readNameIdFormats(descriptor: XmlElement, report: MetadataReport): readonly string[] {
  return childrenNamed(descriptor, MD, "NameIDFormat").flatMap((element) => {
    const format = collapsed(element.text ?? "");
    const isGiven = NAME_ID_FORMATS.some((known) => known === format);
    const place = placeOf(element);
    if (isGiven) report.add(place, "accepted", `It understands ${quoted(format)}.`);
    else report.add(place, "ignored", `Names of this kind are not given here: ${quoted(format)}.`);
    return isGiven ? [format] : [];
  });
}

/** Where the metadata says so, or says it in a way that cannot be read: the safer of the two. */
function mustRequestsBeSigned(
  descriptor: XmlElement,
  keys: MetadataKeys,
  options: ReadServiceProviderOptions,
  report: MetadataReport,
): boolean {
  const place = placeOf(descriptor, "AuthnRequestsSigned");
  const written = attribute(descriptor, "AuthnRequestsSigned");
  const said = written === undefined ? false : (xsBoolean(written) ?? true);
  const isDemanded = options.requestsMustBeSigned ?? said;
  if (written !== undefined && xsBoolean(written) === undefined) {
    report.add(place, "warning", "It is neither true nor false. We take it for true.");
  }
  if (isDemanded && keys.signingCertificates.length === 0) {
    report.fail(
      place,
      "Its requests are to be signed, and there is no key that the signatures could be checked with.",
      "Add a KeyDescriptor for signing, or set AuthnRequestsSigned to false.",
    );
  } else if (isDemanded) {
    report.add(place, "accepted", "From now on, requests without a signature of its keys are refused.");
  } else {
    report.add(place, "accepted", "Requests need no signature. One that comes must fit all the same.");
  }
  return isDemanded;
}

function mustAssertionsBeEncrypted(
  keys: MetadataKeys,
  options: ReadServiceProviderOptions,
  report: MetadataReport,
): boolean {
  const hasKey = keys.encryptionKeys.length > 0;
  const isDemanded = options.encryptAssertion ?? hasKey;
  if (isDemanded && !hasKey) {
    report.fail(
      missing("KeyDescriptor"),
      "Assertions are to be encrypted, and there is no key to encrypt them for.",
      "Add a KeyDescriptor for encryption.",
    );
  }
  return isDemanded;
}
