import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { selfSignedCertificate } from "../../src/keys/certificate.ts";
import { BINDING, MD, SAMLP } from "../../src/saml/namespaces.ts";
import {
  type ReadServiceProviderOptions,
  readServiceProvider,
  type ServiceProviderReading,
} from "../../src/saml/register-service-provider.ts";
import { NOW_MS } from "../fixtures/saml/installation.ts";

const DAY_MS = 86_400_000;
const TEN_YEARS_MS = 10 * 365 * DAY_MS;

export const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
/** One of the same key whose ten years ended yesterday. */
export const EXPIRED = certificateOf(RSA, NOW_MS - TEN_YEARS_MS - DAY_MS);
export const CERTIFICATE = certificateOf(RSA, NOW_MS);

export function certificateOf(key: KeyObject, fromMs: number): string {
  return selfSignedCertificate("RSA-2048", key, "pay.example.org", fromMs, Buffer.alloc(15, 3));
}

export function keyDescriptor(certificate: string, use?: "signing" | "encryption", methods = ""): string {
  const attribute = use === undefined ? "" : ` use="${use}"`;
  return `<md:KeyDescriptor${attribute}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>${methods}</md:KeyDescriptor>`;
}

export function acs(
  location: string,
  index: number | string,
  more = "",
  binding: string = BINDING.post,
): string {
  return `<md:AssertionConsumerService Binding="${binding}" Location="${location}" index="${index}"${more}/>`;
}

export function slo(binding: string, location: string, more = ""): string {
  return `<md:SingleLogoutService Binding="${binding}" Location="${location}"${more}/>`;
}

export const ACS = acs("https://pay.example.org/acs", 1);

export interface FileParts {
  readonly entityId?: string;
  readonly entity?: string;
  readonly descriptor?: string;
  readonly keys?: string;
  readonly services?: string;
  readonly after?: string;
}

/** An EntityDescriptor, one element a line. */
export function entityDescriptor(parts: FileParts = {}): string {
  const { entityId = "https://pay.example.org/sp", keys = "", services = ACS } = parts;
  return [
    `<md:EntityDescriptor xmlns:md="${MD}" entityID="${entityId}"${parts.entity ?? ""}>`,
    `<md:SPSSODescriptor protocolSupportEnumeration="${SAMLP}"${parts.descriptor ?? ""}>`,
    keys,
    services,
    "</md:SPSSODescriptor>",
    parts.after ?? "",
    "</md:EntityDescriptor>",
  ].join("\n");
}

export function read(
  file: string | Uint8Array,
  options: Partial<ReadServiceProviderOptions> = {},
): ServiceProviderReading {
  return readServiceProvider(file, { nowMs: NOW_MS, ...options });
}

/** The registration; a file that was refused fails the test with the report. */
export function registered(file: string | Uint8Array, options: Partial<ReadServiceProviderOptions> = {}) {
  const reading = read(file, options);
  if (!reading.ok) throw new Error(JSON.stringify(reading.report, null, 1));
  return reading.application;
}

/** `refused: text` for each line of the report that is not plainly accepted or ignored. */
export function complaints({ report }: ServiceProviderReading): readonly string[] {
  return report
    .filter(({ verdict }) => verdict === "refused" || verdict === "warning")
    .map(({ verdict, line, element, text }) => `${verdict} ${line ?? "-"} ${element}: ${text}`);
}
