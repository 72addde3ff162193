import type { Parameters } from "../http/parameters.ts";
import type { Application, SamlApplication } from "../model/application.ts";
import type { SignOnRequest } from "../model/sign-on-request.ts";
import type { Clock } from "../platform/clock.ts";
import { type Random, randomId } from "../platform/random.ts";
import { refused } from "./message-refused.ts";
import { allowsRelayState, OWN_RELAY_STATE_BYTES } from "./relay-state-rule.ts";
import { chooseReplyAddress } from "./reply-address.ts";
import type { SamlRequestWire } from "./request-wire.ts";

export interface StartRequestParts {
  readonly applications: { byId(id: string): Application | undefined };
  readonly clock: Clock;
  readonly random: Random;
}

/** The parameters of the address, each of which may come once. */
const PARAMETERS = ["app", "RelayState"] as const;
const SECTION = "SAML Profiles 4.1.5";

/**
 * A sign-on that begins here, without a request of the application (SAML Profiles 4.1.5): to the default address, and
 * only where an administrator allowed it, because the application cannot tell such an answer from one that somebody
 * else made this browser fetch. A RelayState goes along only where it is allowed for this application.
 *
 * Throws `MessageRefused`.
 */
export function readStartRequest(query: Parameters, parts: StartRequestParts): SignOnRequest {
  if (query.repeated(PARAMETERS).length > 0) {
    throw refused("saml.parameters", "app or RelayState came more than once", SECTION);
  }
  const application = applicationOf(query.get("app"), parts);
  const relayState = query.get("RelayState");
  if (relayState !== undefined) checkRelayState(application, relayState);
  const { replyTo, binding: acsBinding } = chooseReplyAddress(application, {
    assertionConsumerServiceUrl: undefined,
    assertionConsumerServiceIndex: undefined,
    protocolBinding: undefined,
  });
  const wire: SamlRequestWire = { relayState, acsBinding, requestedClassRefs: [] };
  return {
    id: randomId(parts.random),
    protocol: "saml",
    applicationId: application.id,
    replyTo,
    receivedAtMs: parts.clock.nowMs(),
    silent: false,
    reauthenticate: false,
    selectAccount: false,
    askConsent: false,
    scopes: [],
    wire,
  };
}

/** One reason for all: the address must not tell which applications there are. */
function applicationOf(id: string | undefined, { applications }: StartRequestParts): SamlApplication {
  const found = id === undefined ? undefined : applications.byId(id);
  if (found?.protocol === "saml" && found.idpInitiated !== undefined) return found;
  throw refused("saml.not-started-here", "no application of this name may be entered from here", SECTION);
}

function checkRelayState({ idpInitiated }: SamlApplication, relayState: string): void {
  if (Buffer.byteLength(relayState) > OWN_RELAY_STATE_BYTES) {
    throw refused(
      "saml.relay-state",
      `RelayState has more than ${OWN_RELAY_STATE_BYTES} bytes`,
      "SAML Bindings 3.5.3",
    );
  }
  if (allowsRelayState(idpInitiated?.relayStates ?? [], relayState)) return;
  throw refused("saml.relay-state", "this RelayState is not allowed for the application", SECTION);
}
