import type { AuthenticationContext } from "../model/authentication.ts";
import type { RefusalReason } from "../model/refusal.ts";

/** Why the person must log in (again). */
export type LoginReason = "no-session" | "expired" | "max-age" | "forced" | "another-account";

/** The answer to one sign-on request: exactly one of these. */
export type Decision =
  | { readonly kind: "respond"; readonly scopes: readonly string[] }
  | { readonly kind: "login"; readonly why: LoginReason }
  | { readonly kind: "choose-account" }
  | { readonly kind: "step-up"; readonly to: readonly AuthenticationContext[] }
  /** `declined`: those of `to` that the person said no to before; absent: none. */
  | {
      readonly kind: "consent";
      readonly to: readonly string[];
      readonly declined?: readonly string[] | undefined;
    }
  | { readonly kind: "refuse"; readonly reason: RefusalReason };
