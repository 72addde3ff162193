import type { Problem } from "../flow/problem.ts";

/** The error pages that belong to no protocol: what happened, whose mistake, what to do (PAGES.md, "Voice"). */

/** The form's token is not this browser's: an old page, or a form of another site. */
export function staleForm(): Problem {
  return {
    status: 403,
    code: "form.stale",
    title: "This page had been open for too long",
    explanation: "Nothing was changed. The form was not one that we had given to this browser lately.",
    advice: "Go back, load the page again and send it once more.",
    fault: "nobody",
    facts: [],
  };
}

export function lostCookie(host: string): Problem {
  return {
    status: 403,
    code: "form.no-cookie",
    title: "Your browser did not bring our cookie back",
    explanation: "Without it we do not know where you were going. Nothing was changed.",
    advice: `Allow cookies for ${host} and start again at the application.`,
    fault: "person",
    facts: [],
  };
}

/** A store does not answer. */
export function storesAway(): Problem {
  return {
    status: 503,
    code: "stores.away",
    title: "We cannot log anybody in at this moment",
    explanation: "Our fault. Where you are logged in already, you can go on.",
    advice: "We try again by ourselves; so can you, in a minute.",
    fault: "gatehouse",
    facts: [],
  };
}

/** The queue of password checks is full. */
export function tooBusy(): Problem {
  return {
    status: 503,
    code: "login.busy",
    title: "Too many people are logging in at this moment",
    explanation: "Our fault. What you typed was not checked, and it does not count as a try.",
    advice: "Try again in a few seconds.",
    fault: "gatehouse",
    facts: [],
  };
}

/** A bug of ours. What it was stands in the log under the reference, and nowhere else. */
export function ownFault(): Problem {
  return {
    status: 500,
    code: "gatehouse.fault",
    title: "Something broke at our side",
    explanation: "Our fault, not yours. Nothing was sent to any application.",
    advice: "Start again. If it happens twice, give this reference to the people who look after Gatehouse.",
    fault: "gatehouse",
    facts: [],
  };
}

export function pageNotFound(): Problem {
  return {
    status: 404,
    code: "page.not-found",
    title: "There is no such page",
    explanation: "The address does not lead anywhere here. Nothing was changed.",
    advice: "Check the address, or begin at “My applications”.",
    fault: "nobody",
    facts: [],
  };
}

/** The request could not be read. `status`: 400 broken, 413 too large, 415 of another kind. */
export function unreadable(status: 400 | 413 | 415): Problem {
  const reasons = {
    400: "Its address or its form is broken: it cannot be decoded.",
    413: "It is larger than anything that is sent here.",
    415: "It is of a kind that is not read here.",
  } as const;
  return {
    status,
    code: `request.unreadable-${status}`,
    title: "This request cannot be read",
    explanation: `${reasons[status]} Nothing was changed.`,
    advice:
      "Start again at the application. If it happens twice, give this reference to the people who look after it.",
    fault: "application",
    facts: [],
  };
}

/** The account may not use this page. */
export function notForYou(): Problem {
  return {
    status: 403,
    code: "page.not-allowed",
    title: "This page is not open to your account",
    explanation: "You are logged in, and your account has no right to this page. Nothing was changed.",
    advice: "Ask the people who look after Gatehouse if you need it.",
    fault: "nobody",
    facts: [],
  };
}
