import type { Fault, Problem } from "../flow/problem.ts";
import type { MessageRefused, RefusalFact, SamlRefusalCode } from "./message-refused.ts";

/** What the person was about to do: it stands in the title. */
export type Purpose = "login" | "logout";

interface Words {
  readonly explanation: string;
  readonly advice?: string;
  readonly fault?: Fault;
}

const TO_THE_APPLICATION =
  "Give the reference to the people who look after the application; trying again will not help.";
const START_AGAIN = "Start again at the application.";
const FACT_CHARACTERS = 300;

/** One row for each reason: what happened and whose mistake it was; then what to do (the voice of all our pages). */
const WORDS: Readonly<Record<SamlRefusalCode, Words>> = {
  "saml.no-message": {
    explanation: "This address is for applications, and no message of one came. Nothing was changed.",
    advice: START_AGAIN,
    fault: "nobody",
  },
  "saml.parameters": {
    explanation: "It sent its message in a form that can be read in two ways. Not your mistake.",
  },
  "saml.encoding": {
    explanation: "It packed its message in a way that we cannot unpack. Not your mistake.",
  },
  "saml.too-large": { explanation: "Its message is too large. Not your mistake." },
  "saml.xml": {
    explanation: "Its message is not written as such messages must be. Not your mistake.",
  },
  "saml.wrong-message": {
    explanation: "It sent a message of another kind to this address. Not your mistake.",
  },
  "saml.malformed": { explanation: "Something in its message is missing or wrong. Not your mistake." },
  "saml.version": { explanation: "It speaks another version of SAML than we do. Not your mistake." },
  "saml.issuer-unknown": {
    explanation: "It is not registered here, or it gave a wrong name for itself. Nothing was sent to it.",
  },
  "saml.unsigned": {
    explanation: "Its message must be signed, and it is not. Nothing was sent. Not your mistake.",
  },
  "saml.signature": {
    explanation:
      "We cannot be sure that this comes from it. Its key was probably changed and we were not told. Nothing was sent.",
  },
  "saml.signature-algorithm": {
    explanation: "It signed its message in a way that is not safe any more. Not your mistake.",
  },
  "saml.too-old": {
    explanation: "Its message is too old: the page was open for long, or its clock is behind ours.",
    advice: `${START_AGAIN} Where that does not help, whoever runs it must set its clock.`,
  },
  "saml.from-the-future": {
    explanation:
      "Its clock is ahead of ours, so its message seems to come from the future. Not your mistake.",
    advice: "Whoever runs it must set its clock.",
  },
  "saml.destination": {
    explanation: "Its message is addressed to somebody else. Nothing was sent. Not your mistake.",
  },
  "saml.replayed": {
    explanation: "This message was used already, here or in another browser. Nothing was changed.",
    advice: START_AGAIN,
    fault: "nobody",
  },
  "saml.artifact": {
    explanation: "It sent a reference to its message that we cannot read. Not your mistake.",
  },
  "saml.artifact-source": {
    explanation:
      "Whoever sent you here is not registered here, or may not be entered any more. Nothing was sent to it.",
  },
  "saml.artifact-service": {
    explanation:
      "It wants us to fetch its message from it, and no address for that is registered. Not your mistake.",
  },
  "saml.artifact-unresolved": {
    explanation: "We asked it for its message and got no answer that we can use. Not your mistake.",
    advice: `${START_AGAIN} Where that does not help, give the reference to the people who look after it.`,
  },
  "saml.relay-state": {
    explanation: "It asked us to keep more for it than we do. Not your mistake.",
  },
  "saml.acs-not-registered": {
    explanation:
      "It asked us to send you to an address that is not registered for it. Nothing was sent. Not your mistake.",
  },
  "saml.acs-unclear": {
    explanation: "It named the address that you come back to in two ways at once. Not your mistake.",
  },
  "saml.acs-missing": {
    explanation: "No address is registered that we could send you back to. Not your mistake.",
  },
  "saml.answer-binding": {
    explanation: "It wants its answer in a way that we do not support, or that is not registered for it.",
  },
  "saml.unexpected-response": {
    explanation:
      "It answered a question that we did not ask, or had answered it already. Nothing was changed.",
    advice: START_AGAIN,
  },
  "saml.not-started-here": {
    explanation:
      "It cannot be entered from here: a login for it begins at the application. Nothing was sent.",
    advice: START_AGAIN,
    fault: "nobody",
  },
  "saml.ecp": {
    explanation: "It may not be entered by a program in the place of a browser. Nothing was sent.",
  },
};

/** The answers that are not 400. */
const STATUS: Partial<Readonly<Record<SamlRefusalCode, number>>> = {
  "saml.too-large": 413,
  "saml.artifact-unresolved": 502,
};

/** The page for a message that is not acted on. `applicationName` only where the issuer is registered. */
export function samlProblem(
  refusal: MessageRefused,
  purpose: Purpose,
  applicationName: string | undefined,
): Problem {
  const { explanation, advice, fault } = WORDS[refusal.code];
  const name = applicationName ?? "An application";
  return {
    status: STATUS[refusal.code] ?? 400,
    code: refusal.code,
    title: purpose === "login" ? `${name} could not log you in` : `${name} could not log you out`,
    explanation,
    advice: advice ?? TO_THE_APPLICATION,
    fault: fault ?? "application",
    applicationName,
    facts: refusal.facts.map(shortened),
  };
}

/** The end of a logout that an application asked for and cannot be told about. */
export function noLogoutAddress(applicationName: string | undefined): Problem {
  return {
    status: 400,
    code: "saml.no-logout-address",
    title: "You are logged out of Gatehouse",
    explanation: `${applicationName ?? "The application"} asked for it and cannot be told, because no address for its answer is registered. Not your mistake.`,
    advice:
      "Close the browser to be safe, and give the reference to the people who look after the application.",
    fault: "application",
    applicationName,
    facts: [
      {
        label: "Reason",
        value: "its metadata has no SingleLogoutService by Redirect or POST",
        section: "SAML Metadata 2.4.2",
      },
    ],
  };
}

function shortened(fact: RefusalFact): RefusalFact {
  const { value } = fact;
  return value.length <= FACT_CHARACTERS
    ? fact
    : { ...fact, value: `${value.slice(0, FACT_CHARACTERS - 1)}…` };
}
