import type { Account } from "../model/account.ts";
import type { Application } from "../model/application.ts";

/** Whether this account may sign on to this application. */
export function mayEnter(account: Account, application: Application): boolean {
  const rule = application.access;
  switch (rule.kind) {
    case "everyone":
      return true;
    case "groups":
      return rule.groups.some((group) => account.groups.includes(group));
  }
}
