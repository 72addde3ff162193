import type { SamlApplication, SamlEndpoint } from "../model/application.ts";
import type { ReplyAddress } from "../model/reply-address.ts";
import type { AuthnRequest } from "./authn-request.ts";
import { MessageRefused, refused } from "./message-refused.ts";
import { BINDING } from "./namespaces.ts";

/** An address out of the registration, and the binding that it takes the answer by. */
export interface ChosenReplyAddress {
  readonly replyTo: ReplyAddress;
  readonly binding: string;
}

/** What of a request chooses the address. */
export type AddressWish = Pick<
  AuthnRequest,
  "assertionConsumerServiceUrl" | "assertionConsumerServiceIndex" | "protocolBinding"
>;

const SECTION = "SAML Core 3.4.1";
/** The bindings that an answer can leave by. */
export const ANSWER_BINDINGS: readonly string[] = [BINDING.post, BINDING.simpleSign, BINDING.artifact];
const SHOWN = 5;

/**
 * Chooses the assertion consumer service: by URL, by index, or the default (SAML Core 3.4.1, Metadata 2.2.3). The URL
 * must be one of the registered ones character by character. Prefixes, other cases, ports or encodings of one are
 * other addresses, and what lies there may be anybody's.
 *
 * Throws `MessageRefused`.
 */
export function chooseReplyAddress(
  application: SamlApplication,
  wish: AddressWish,
  bindings: readonly string[] = ANSWER_BINDINGS,
): ChosenReplyAddress {
  const { assertionConsumerServiceUrl: url, assertionConsumerServiceIndex: index, protocolBinding } = wish;
  if (index !== undefined && (url !== undefined || protocolBinding !== undefined)) {
    throw refused(
      "saml.acs-unclear",
      "AssertionConsumerServiceIndex came together with a URL or a binding",
      SECTION,
    );
  }
  if (protocolBinding !== undefined && !bindings.includes(protocolBinding)) {
    throw bindingRefused(protocolBinding, bindings);
  }
  if (url !== undefined) return checked(byUrl(application, url, protocolBinding, bindings));
  if (index !== undefined) return checked(byIndex(application, index, bindings));
  return checked(byDefault(application, protocolBinding, bindings));
}

/** One address may be registered with several bindings; without a wish POST comes first. */
function byUrl(
  application: SamlApplication,
  url: string,
  wished: string | undefined,
  bindings: readonly string[],
): SamlEndpoint {
  const registered = application.assertionConsumerServices.filter(({ location }) => location === url);
  const [first] = registered;
  if (first === undefined) {
    throw new MessageRefused("saml.acs-not-registered", [
      { label: "AssertionConsumerServiceURL that came", value: url, section: SECTION },
      ...registeredAddresses(application, bindings),
    ]);
  }
  const order = wished === undefined ? bindings : [wished];
  for (const binding of order) {
    const usable = registered.find((endpoint) => endpoint.binding === binding);
    if (usable !== undefined) return usable;
  }
  throw bindingRefused(wished ?? first.binding, bindings);
}

function byIndex(application: SamlApplication, index: number, bindings: readonly string[]): SamlEndpoint {
  const found = application.assertionConsumerServices.find((endpoint) => endpoint.index === index);
  if (found === undefined) {
    throw new MessageRefused("saml.acs-not-registered", [
      { label: "AssertionConsumerServiceIndex that came", value: String(index), section: SECTION },
      ...registeredAddresses(application, bindings),
    ]);
  }
  if (!bindings.includes(found.binding)) throw bindingRefused(found.binding, bindings);
  return found;
}

/** The first marked as default; else the first that is not marked as no default; else the first. */
function byDefault(
  { assertionConsumerServices }: SamlApplication,
  wished: string | undefined,
  bindings: readonly string[],
): SamlEndpoint {
  const usable = assertionConsumerServices
    .filter(({ binding }) => bindings.includes(binding))
    .filter(({ binding }) => wished === undefined || binding === wished);
  const chosen =
    usable.find(({ isDefault }) => isDefault === true) ??
    usable.find(({ isDefault }) => isDefault === undefined) ??
    usable[0];
  if (chosen === undefined && wished !== undefined) throw bindingRefused(wished, bindings);
  if (chosen === undefined) {
    throw refused(
      "saml.acs-missing",
      "no AssertionConsumerService with a binding that we answer by is registered",
      SECTION,
    );
  }
  return chosen;
}

/** The last door before an answer: whatever the registration holds, only a web address is answered (SA-41). */
function checked({ location, binding }: SamlEndpoint): ChosenReplyAddress {
  if (!isWebAddress(location)) {
    throw refused("saml.acs-missing", "the registered address is not a web address", "SAML Metadata 2.2.2");
  }
  // The one place that vouches for it: it stands in the registration, and was chosen out of it above.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this is where the brand is given
  return { replyTo: location as ReplyAddress, binding };
}

/** An absolute http or https address without user name or fragment. */
export function isWebAddress(address: string): boolean {
  if (!/^https?:\/\/[^\s\\]+$/i.test(address) || !URL.canParse(address)) return false;
  const { username, password, hash } = new URL(address);
  return username === "" && password === "" && hash === "" && !address.includes("#");
}

function registeredAddresses(application: SamlApplication, bindings: readonly string[]) {
  return application.assertionConsumerServices
    .filter(({ binding }) => bindings.includes(binding))
    .slice(0, SHOWN)
    .map(({ location, index }) => ({
      label: index === undefined ? "Registered" : `Registered, index ${index}`,
      value: location,
    }));
}

function bindingRefused(binding: string, bindings: readonly string[]): MessageRefused {
  return new MessageRefused("saml.answer-binding", [
    { label: "Binding that it wants", value: binding, section: SECTION },
    { label: "Bindings that we answer by", value: bindings.join(" ") },
  ]);
}
