import type { SamlEndpoint } from "../model/application.ts";
import { type MetadataReport, missing, type Place, placeOf, quoted } from "./metadata-report.ts";
import { BINDING, MD } from "./namespaces.ts";
import { ANSWER_BINDINGS as ANSWERED_BY, isWebAddress } from "./reply-address.ts";
import { collapsed, xsBoolean, xsUnsignedShort } from "./xml-values.ts";
import { attribute, childrenNamed, type XmlElement } from "./xml/element.ts";

const BINDINGS: ReadonlyMap<string, string> = new Map<string, string>([
  [BINDING.redirect, "Redirect"],
  [BINDING.post, "POST"],
  [BINDING.simpleSign, "SimpleSign"],
  [BINDING.artifact, "Artifact"],
  [BINDING.soap, "SOAP"],
  [BINDING.paos, "PAOS"],
]);
const LOGGED_OUT_BY: readonly string[] = [BINDING.redirect, BINDING.post, BINDING.soap];

/** Reads the AssertionConsumerServices (SAML Metadata 2.4.4). Without one that we can answer, the whole file fails. */
export function readAssertionConsumerServices(
  descriptor: XmlElement,
  report: MetadataReport,
): readonly SamlEndpoint[] {
  const indexes = new Set<number>();
  const endpoints = childrenNamed(descriptor, MD, "AssertionConsumerService").flatMap((element) => {
    const place = placeOf(element, "index");
    const endpoint = readEndpoint(element, place, report);
    return endpoint === undefined ? [] : [withIndex(element, endpoint, place, indexes, report)];
  });
  for (const { endpoint, place } of endpoints) reportConsumer(endpoint, place, defaultOf(endpoints), report);
  if (!endpoints.some(({ endpoint }) => ANSWERED_BY.includes(endpoint.binding))) {
    report.fail(
      missing("AssertionConsumerService"),
      "There is no address that takes our answer by POST, SimpleSign or Artifact, so nobody could be logged in.",
      "Add one with the binding HTTP-POST and an https address.",
    );
  }
  return endpoints.map(({ endpoint }) => endpoint);
}

/** Reads the SingleLogoutServices (SAML Metadata 2.4.2). */
export function readSingleLogoutServices(
  descriptor: XmlElement,
  report: MetadataReport,
): readonly SamlEndpoint[] {
  const endpoints = childrenNamed(descriptor, MD, "SingleLogoutService").flatMap((element) => {
    const place = placeOf(element);
    const endpoint = readEndpoint(element, place, report);
    if (endpoint === undefined) return [];
    const name = BINDINGS.get(endpoint.binding) ?? "";
    if (!LOGGED_OUT_BY.includes(endpoint.binding)) {
      report.add(place, "ignored", `Logout by ${name} is not supported here.`);
      return [];
    }
    report.add(place, "accepted", `Logout by ${name} at ${quoted(endpoint.location)}.`);
    return [endpoint];
  });
  if (endpoints.length === 0) {
    report.add(
      missing("SingleLogoutService"),
      "warning",
      "There is none. Logging out of Gatehouse will leave people logged in there, and their receipt will say so.",
    );
  }
  return endpoints;
}

/**
 * Reads the ArtifactResolutionServices (SAML Metadata 2.4.2), where its messages are fetched that come by artifact. An
 * artifact names one by its index, so one without an index of its own cannot be found.
 */
export function readArtifactResolutionServices(
  descriptor: XmlElement,
  report: MetadataReport,
): readonly SamlEndpoint[] {
  const indexes = new Set<number>();
  return childrenNamed(descriptor, MD, "ArtifactResolutionService").flatMap((element) => {
    const place = placeOf(element, "index");
    const endpoint = readEndpoint(element, place, report);
    if (endpoint === undefined) return [];
    const name = BINDINGS.get(endpoint.binding) ?? "";
    if (endpoint.binding !== BINDING.soap) {
      report.add(place, "ignored", `Messages are not fetched by ${name}.`);
      return [];
    }
    const index = xsUnsignedShort(attribute(element, "index") ?? "");
    if (index === undefined || indexes.has(index)) {
      report.add(place, "ignored", "It has no index of its own, so no artifact can name it.");
      return [];
    }
    indexes.add(index);
    report.add(place, "accepted", `Requests by artifact are fetched at ${quoted(endpoint.location)}.`);
    return [{ ...endpoint, index }];
  });
}

function readEndpoint(element: XmlElement, place: Place, report: MetadataReport): SamlEndpoint | undefined {
  const binding = collapsed(attribute(element, "Binding") ?? "");
  if (!BINDINGS.has(binding)) {
    report.add(place, "ignored", `Its binding is not known here: ${quoted(binding)}.`);
    return undefined;
  }
  const location = address(element, "Location", place, report);
  if (location === undefined) return undefined;
  const isSeparate = attribute(element, "ResponseLocation") !== undefined;
  const responseLocation = isSeparate ? address(element, "ResponseLocation", place, report) : undefined;
  return { binding, location, ...(responseLocation === undefined ? {} : { responseLocation }) };
}

/** An absolute http(s) address, or undefined with its line: a `javascript:` one would run in our page (SA-41, B36). */
function address(
  element: XmlElement,
  name: "Location" | "ResponseLocation",
  place: Place,
  report: MetadataReport,
): string | undefined {
  const location = collapsed(attribute(element, name) ?? "");
  if (!isWebAddress(location)) {
    report.add(
      place,
      "refused",
      `Its ${name} is not an absolute http or https address: ${quoted(location)}.`,
      "Set the application's own address in its settings and export the metadata again.",
    );
    return undefined;
  }
  if (isPlainHttp(location)) {
    report.add(
      place,
      "warning",
      `Its address is ${quoted(location)}. Without https anyone on the way can read the sign-on.`,
      "Give it an https address.",
    );
  }
  return location;
}

function isPlainHttp(location: string): boolean {
  const { protocol, hostname } = new URL(location);
  const isLoopback =
    hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  return protocol === "http:" && !isLoopback;
}

interface Consumer {
  readonly endpoint: SamlEndpoint;
  readonly place: Place;
}

function withIndex(
  element: XmlElement,
  endpoint: SamlEndpoint,
  place: Place,
  indexes: Set<number>,
  report: MetadataReport,
): Consumer {
  const index = xsUnsignedShort(attribute(element, "index") ?? "");
  const isTaken = index !== undefined && indexes.has(index);
  if (isTaken) report.add(place, "warning", "Its index is taken: it is found by its address alone.");
  if (index !== undefined) indexes.add(index);
  const written = attribute(element, "isDefault");
  const isDefault = written === undefined ? undefined : xsBoolean(written);
  if (written !== undefined && isDefault === undefined) {
    report.add(
      placeOf(element, "isDefault"),
      "ignored",
      "Neither true nor false. We go by the order instead.",
    );
  }
  const numbered = index === undefined || isTaken ? endpoint : { ...endpoint, index };
  return { endpoint: isDefault === undefined ? numbered : { ...numbered, isDefault }, place };
}

/** As reply-address.ts chooses it (SAML Metadata 2.2.3). */
function defaultOf(consumers: readonly Consumer[]): SamlEndpoint | undefined {
  const usable = consumers
    .map(({ endpoint }) => endpoint)
    .filter(({ binding }) => ANSWERED_BY.includes(binding));
  return (
    usable.find(({ isDefault }) => isDefault === true) ??
    usable.find(({ isDefault }) => isDefault === undefined) ??
    usable[0]
  );
}

function reportConsumer(
  endpoint: SamlEndpoint,
  place: Place,
  standard: SamlEndpoint | undefined,
  report: MetadataReport,
): void {
  const name = BINDINGS.get(endpoint.binding) ?? "";
  if (!ANSWERED_BY.includes(endpoint.binding)) {
    report.add(place, "ignored", `It takes answers by ${name}, which we do not answer by.`);
    return;
  }
  const remark = endpoint === standard ? " This is the default." : "";
  report.add(place, "accepted", `By ${name} to ${quoted(endpoint.location)}.${remark}`);
}
