import type { LoginReason } from "../decision/decision.ts";
import type { PendingStep } from "../flow/sign-on.ts";
import type { Account } from "../model/account.ts";

/** The sentence for each reason; a first login needs none. */
const SENTENCES: Readonly<
  Record<LoginReason, (application: string, username: string | undefined) => string>
> = {
  "no-session": () => "",
  expired: () => "Your last login has ended by its age. Nothing else happened.",
  "max-age": (application) =>
    `Your last login is too long ago for ${application}. It asks you to log in again.`,
  forced: (application) => `${application} asks you to log in again, whatever you did before.`,
  "another-account": (application, username) =>
    `${application} expects another account${username === undefined ? "" : ` than ${username}`}.`,
};

/** Why somebody who may be logged in already must log in again: the one sentence above the form, or an empty text. */
export function loginNotice({ step, application }: PendingStep, account: Account | undefined): string {
  return step.kind === "login" ? SENTENCES[step.why](application.name, account?.username) : "";
}
