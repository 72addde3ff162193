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
export function chooseReplyAddress(application: SamlApplication, wish: AddressWish): ChosenReplyAddress {
  const { assertionConsumerServiceUrl: url, assertionConsumerServiceIndex: index, protocolBinding } = wish;
  if (index !== undefined && (url !== undefined || protocolBinding !== undefined)) {
    throw refused(
      "saml.acs-unclear",
      "AssertionConsumerServiceIndex came together with a URL or a binding",
      SECTION,
    );
  }
  if (protocolBinding !== undefined && !ANSWER_BINDINGS.includes(protocolBinding)) {
    throw bindingRefused(protocolBinding);
  }
  if (url !== undefined) return checked(byUrl(application, url, protocolBinding));
  if (index !== undefined) return checked(byIndex(application, index));
  return checked(byDefault(application, protocolBinding));
}

/** One address may be registered with several bindings; without a wish POST comes first. */
function byUrl(application: SamlApplication, url: string, wished: string | undefined): SamlEndpoint {
  const registered = application.assertionConsumerServices.filter(({ location }) => location === url);
  const [first] = registered;
  if (first === undefined) {
    throw new MessageRefused("saml.acs-not-registered", [
      { label: "AssertionConsumerServiceURL that came", value: url, section: SECTION },
      ...registeredAddresses(application),
    ]);
  }
  const order = wished === undefined ? ANSWER_BINDINGS : [wished];
  for (const binding of order) {
    const usable = registered.find((endpoint) => endpoint.binding === binding);
    if (usable !== undefined) return usable;
  }
  throw bindingRefused(wished ?? first.binding);
}

function byIndex(application: SamlApplication, index: number): SamlEndpoint {
  const found = application.assertionConsumerServices.find((endpoint) => endpoint.index === index);
  if (found === undefined) {
    throw new MessageRefused("saml.acs-not-registered", [
      { label: "AssertionConsumerServiceIndex that came", value: String(index), section: SECTION },
      ...registeredAddresses(application),
    ]);
  }
  if (!isUsable(found)) throw bindingRefused(found.binding);
  return found;
}

/** The first marked as default; else the first that is not marked as no default; else the first. */
function byDefault({ assertionConsumerServices }: SamlApplication, wished: string | undefined): SamlEndpoint {
  const usable = assertionConsumerServices
    .filter(isUsable)
    .filter(({ binding }) => wished === undefined || binding === wished);
  const chosen =
    usable.find(({ isDefault }) => isDefault === true) ??
    usable.find(({ isDefault }) => isDefault === undefined) ??
    usable[0];
  if (chosen === undefined && wished !== undefined) throw bindingRefused(wished);
  if (chosen === undefined) {
    throw refused(
      "saml.acs-missing",
      "no AssertionConsumerService with a binding that we answer by is registered",
      SECTION,
    );
  }
  return chosen;
}

function isUsable({ binding }: SamlEndpoint): boolean {
  return ANSWER_BINDINGS.includes(binding);
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

function registeredAddresses(application: SamlApplication) {
  return application.assertionConsumerServices
    .filter(isUsable)
    .slice(0, SHOWN)
    .map(({ location, index }) => ({
      label: index === undefined ? "Registered" : `Registered, index ${index}`,
      value: location,
    }));
}

function bindingRefused(binding: string): MessageRefused {
  return new MessageRefused("saml.answer-binding", [
    { label: "Binding that it wants", value: binding, section: SECTION },
    { label: "Bindings that we answer by", value: ANSWER_BINDINGS.join(" ") },
  ]);
}
