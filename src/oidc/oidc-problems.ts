import type { Problem } from "../flow/problem.ts";
import type { OidcApplication } from "../model/application.ts";

const ADVICE =
  "Give the reference to the people who look after the application; trying again will not help. Your account is not affected.";

/*
 * The authorization requests whose client or reply address is not certain. Their page is the end of the way: to send
 * the browser on to an address that nobody vouches for would make Gatehouse an open redirector (RFC 6749 4.1.2.1).
 */

/** `client_id` is missing, repeated, or not one of ours. */
export function unknownClient(clientId: string | undefined): Problem {
  return {
    status: 400,
    code: "oidc.client-unknown",
    title: "An application could not log you in",
    explanation:
      "It is not registered here, or it gave a wrong name for itself. Not your mistake: nothing was sent to it.",
    advice: ADVICE,
    fault: "application",
    facts: [
      {
        label: "client_id",
        value: clientId ?? "missing, or given more than once",
        section: "RFC 6749 4.1.2.1",
      },
    ],
  };
}

/** `redirect_uri` is not the registered one, character by character. */
export function redirectUriNotRegistered(application: OidcApplication, sent: string): Problem {
  return {
    ...wrongAddress(application),
    code: "oidc.redirect-uri-not-registered",
    explanation: `It asked us to send you to an address that is not registered for it. Not your mistake.`,
    facts: [
      { label: "client_id", value: application.id },
      { label: "redirect_uri that came", value: sent, section: "RFC 9700 2.1" },
    ],
  };
}

/** `redirect_uri` is missing or came more than once. We demand it always, also where only one is registered. */
export function redirectUriUnclear(application: OidcApplication, why: "missing" | "repeated"): Problem {
  return {
    ...wrongAddress(application),
    code: `oidc.redirect-uri-${why}`,
    explanation:
      why === "missing"
        ? "It did not say where to send you afterwards. Not your mistake."
        : "It named more than one address to send you to. Not your mistake.",
    facts: [
      { label: "client_id", value: application.id },
      { label: "redirect_uri", value: why, section: "OpenID Connect Core 3.1.2.1" },
    ],
  };
}

/** `request_uri` names a pushed request that is unknown, expired, answered already, or another client's. */
export function pushedRequestUnknown(application: OidcApplication): Problem {
  return {
    status: 400,
    code: "oidc.pushed-request-unknown",
    title: "This login link does not work any more",
    explanation: `${application.name} prepared a login that was used already or had been waiting for too long.`,
    advice: "Start again at the application.",
    fault: "nobody",
    applicationName: application.name,
    facts: [{ label: "client_id", value: application.id, section: "RFC 9126 4" }],
  };
}

function wrongAddress(application: OidcApplication) {
  return {
    status: 400,
    title: `${application.name} could not log you in`,
    advice: ADVICE,
    fault: "application",
    applicationName: application.name,
  } as const;
}
