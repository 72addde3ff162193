import type { Outcome } from "./outcome.ts";

/** The parked request is unknown, too old, answered already, or belongs to another browser. */
export function staleFlow(): Outcome {
  return {
    kind: "send",
    reply: {
      kind: "problem",
      problem: {
        status: 400,
        code: "flow.stale",
        title: "This page had been open for too long",
        explanation:
          "Nothing was changed. Either it was open for more than an hour, or it was used already, or your browser did not bring our cookie back.",
        advice: "Start again at the application. Where that does not help, allow cookies for this address.",
        fault: "nobody",
        facts: [],
      },
    },
  };
}

/** The application was removed while the person was on the way. */
export function applicationGone(): Outcome {
  return {
    kind: "send",
    reply: {
      kind: "problem",
      problem: {
        status: 400,
        code: "application.gone",
        title: "This application is not registered any more",
        explanation: "It was removed while you were logging in. Nothing was sent to it.",
        advice: "Ask the people who look after it.",
        fault: "application",
        facts: [],
      },
    },
  };
}
