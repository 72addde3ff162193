import type { Problem } from "../flow/problem.ts";

/** The error pages of the administration. */

/** What was to be shown or changed is gone, or never was. */
export function noSuch(what: "application" | "account" | "certificate" | "federation"): Problem {
  return {
    status: 404,
    code: `admin.no-such-${what}`,
    title: `There is no such ${what}`,
    explanation: "It was removed, or the address is not whole. Nothing was changed.",
    advice: "Begin again at the list.",
    fault: "nobody",
    facts: [],
  };
}

/** An act was refused where there is no field to correct. `message`: the act's own line. */
export function notDone(message: string, status: 404 | 409): Problem {
  return {
    status,
    code: "admin.not-done",
    title: "This was not done",
    explanation: `${message.charAt(0).toUpperCase()}${message.slice(1)}.`,
    advice: "Go back and load the page again.",
    fault: "nobody",
    facts: [],
  };
}

/** A form that counts once was sent a second time: by a reload, or with the back button. */
export function sentBefore(): Problem {
  return {
    status: 409,
    code: "admin.sent-before",
    title: "This form was sent before",
    explanation: "It was done the first time, and was not done again.",
    advice:
      "Look in the list. A secret that was not written down is gone: remove the client and register it anew.",
    fault: "nobody",
    facts: [],
  };
}

/** Uploaded metadata is kept for an hour. */
export function draftGone(): Problem {
  return {
    status: 410,
    code: "admin.draft-gone",
    title: "This page had been open for too long",
    explanation: "Nothing was registered. Metadata that waits for “Register” is kept for an hour.",
    advice: "Hand the file over once more.",
    fault: "nobody",
    facts: [],
  };
}
