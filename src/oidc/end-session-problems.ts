import type { Problem } from "../flow/problem.ts";
import type { OidcApplication } from "../model/application.ts";

const EXPLANATION_END = "Not your mistake. You are still logged in.";
const ADVICE =
  "Log out on our own page, under your name. Give the reference to the people who look after the application.";
const SECTION = "OpenID Connect RP-Initiated Logout 2";

/** `post_logout_redirect_uri` is not the registered one, character by character. */
export function logoutAddressNotRegistered(application: OidcApplication, sent: string): Problem {
  return {
    ...couldNot(application),
    code: "oidc.logout-address-not-registered",
    explanation: `It asked us to send you afterwards to an address that is not registered for it. ${EXPLANATION_END}`,
    facts: [
      { label: "client_id", value: application.id },
      { label: "post_logout_redirect_uri that came", value: sent, section: SECTION },
    ],
  };
}

/** `client_id` names another client than the one that `id_token_hint` was issued to. */
export function clientIdMismatch(application: OidcApplication, sent: string): Problem {
  return {
    ...couldNot(application),
    code: "oidc.logout-client-mismatch",
    explanation: `It named one application and showed a login of another one. ${EXPLANATION_END}`,
    facts: [
      { label: "client_id that came", value: sent, section: SECTION },
      { label: "client_id of id_token_hint", value: application.id },
    ],
  };
}

/** A parameter came more than once (RFC 6749 3.1). */
export function repeatedAtLogout(names: readonly string[]): Problem {
  return {
    status: 400,
    code: "oidc.logout-repeated",
    title: "An application could not log you out",
    explanation: `It said something twice, and we do not choose between the two. ${EXPLANATION_END}`,
    advice: ADVICE,
    fault: "application",
    facts: [{ label: "repeated", value: names.join(", "), section: "RFC 6749 3.1" }],
  };
}

function couldNot(application: OidcApplication) {
  return {
    status: 400,
    title: `${application.name} could not log you out`,
    advice: ADVICE,
    fault: "application",
    applicationName: application.name,
  } as const;
}
