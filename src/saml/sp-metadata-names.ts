import { type MetadataReport, placeOf, quoted } from "./metadata-report.ts";
import { MD, MDUI } from "./namespaces.ts";
import { attribute, childrenNamed, everyElement, isNamed, type XmlElement } from "./xml/element.ts";

const XML = "http://www.w3.org/XML/1998/namespace";
const NAME_CHARACTERS = 80;

/** What is read elsewhere, with a line of its own. */
const READ: readonly string[] = [
  "KeyDescriptor",
  "AssertionConsumerService",
  "SingleLogoutService",
  "ArtifactResolutionService",
  "NameIDFormat",
  "SPSSODescriptor",
];
/** What is passed over, and why. */
const PASSED_OVER: ReadonlyMap<string, string> = new Map([
  ["Signature", "Who signed the file is not checked: you vouch for it by registering it."],
  ["ManageNameIDService", "Names are not managed here."],
  ["ContactPerson", "It is kept with the file."],
  ["Organization", "Its name is shown where the application has none of its own."],
  ["AttributeConsumingService", "It may give the name. What is sent is set here, not there."],
]);

/** The name that people see: what the file says in English, or in its first language, or the host of its address. */
export function displayName(entity: XmlElement, descriptor: XmlElement, entityId: string): string {
  const sources = [
    [...everyElement(descriptor)].filter((element) => isNamed(element, MDUI, "DisplayName")),
    childrenNamed(descriptor, MD, "AttributeConsumingService").flatMap((service) =>
      childrenNamed(service, MD, "ServiceName"),
    ),
    childrenNamed(entity, MD, "Organization").flatMap((organization) =>
      childrenNamed(organization, MD, "OrganizationDisplayName"),
    ),
  ];
  const names = sources.map(preferred).filter((name) => name !== "");
  return names[0] ?? hostOf(entityId);
}

function preferred(elements: readonly XmlElement[]): string {
  const english = elements.find((element) => /^en\b/i.test(attribute(element, "lang", XML) ?? ""));
  return presentable((english ?? elements[0])?.text ?? "");
}

/** On one line, without characters that cannot be seen or that turn the line around, and not long. */
function presentable(text: string): string {
  const visible = text
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .replace(/\p{C}/gu, "")
    .trim();
  return Array.from(visible).slice(0, NAME_CHARACTERS).join("");
}

function hostOf(entityId: string): string {
  const host = URL.canParse(entityId) ? new URL(entityId).hostname : "";
  return host === "" ? presentable(entityId) : host;
}

/** A line for everything that no other part has read, so that nothing of the file is passed over in silence. */
export function reportRest(entity: XmlElement, descriptor: XmlElement, report: MetadataReport): void {
  for (const element of [...entity.children, ...descriptor.children]) {
    if (
      element.namespace === MD &&
      READ.includes(element.localName) &&
      element !== otherRole(element, descriptor)
    ) {
      continue;
    }
    if (isNamed(element, MD, "Extensions")) reportExtensions(element, report);
    else
      report.add(placeOf(element), "ignored", PASSED_OVER.get(element.localName) ?? "It is not used here.");
  }
}

/** A second SPSSODescriptor, for another version of SAML. */
function otherRole(element: XmlElement, descriptor: XmlElement): XmlElement | undefined {
  return element.localName === "SPSSODescriptor" && element !== descriptor ? element : undefined;
}

function reportExtensions(extensions: XmlElement, report: MetadataReport): void {
  for (const element of extensions.children) {
    const place = placeOf(element, "Algorithm");
    const named = { ...place, element: `Extensions / ${place.element}` };
    const algorithm = attribute(element, "Algorithm");
    if (isNamed(element, MDUI, "UIInfo"))
      report.add(named, "accepted", "It may give the name that people see.");
    else if (algorithm !== undefined && /sha1$|md5$/i.test(algorithm)) {
      report.add(named, "ignored", `It offers ${quoted(algorithm)}, which is never used here.`);
    } else report.add(named, "ignored", "It is not used here.");
  }
}
