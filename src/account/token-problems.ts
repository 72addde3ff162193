import type { Problem } from "../flow/problem.ts";

/** Gone, or never there, or somebody else's: no difference is told. */
export function noSuchToken(): Problem {
  return {
    status: 404,
    code: "token.no-such",
    title: "There is no such token",
    explanation: "The address is not whole, or the token is not one of those that you look after.",
    advice: "Begin again at the list.",
    fault: "nobody",
    facts: [],
  };
}

/** What was typed for a new token is kept for an hour, and used once. */
export function draftGone(): Problem {
  return {
    status: 410,
    code: "token.draft-gone",
    title: "This page had been open for too long, or was sent before",
    explanation:
      "No token was made now. What is typed for a new one is kept for an hour, and makes one token.",
    advice: "Look in the list whether it is there. If not, begin again.",
    fault: "nobody",
    facts: [],
  };
}

/** What was typed for a change is kept for an hour, and done once. */
export function changeGone(): Problem {
  return {
    status: 410,
    code: "token.change-gone",
    title: "This page had been open for too long, or was sent before",
    explanation: "Nothing was changed now. What is typed for a change is kept for an hour.",
    advice: "Look at the token whether it is changed. If not, begin again.",
    fault: "nobody",
    facts: [],
  };
}

/** An act was refused. `message`: the act's own sentence. */
export function tokenActRefused(message: string, status: 403 | 409): Problem {
  return {
    status,
    code: "token.not-done",
    title: "This was not done",
    explanation: message,
    advice: "Go back and load the page again.",
    fault: "nobody",
    facts: [],
  };
}
