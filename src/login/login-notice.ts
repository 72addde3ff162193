import type { PendingStep } from "../flow/sign-on.ts";
import type { Account } from "../model/account.ts";

/** Why somebody who may be logged in already must log in again: the one sentence above the form. */
export function loginNotice(pending: PendingStep, account: Account | undefined): string | undefined {
  const { step, application } = pending;
  if (step.kind !== "login" || step.why === "no-session") return undefined;
  const { name } = application;
  switch (step.why) {
    case "expired":
      return "Your last login has ended by its age. Nothing else happened.";
    case "max-age":
      return `Your last login is too long ago for ${name}. It asks you to log in again.`;
    case "forced":
      return `${name} asks you to log in again, whatever you did before.`;
    case "another-account":
      return `${name} expects another account${account === undefined ? "" : ` than ${account.username}`}.`;
  }
}
