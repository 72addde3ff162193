import type { AuthenticationContext, RequestedContext } from "../model/authentication.ts";

const WEAKEST_FIRST: readonly AuthenticationContext[] = ["password", "multi-factor"];

function strength(context: AuthenticationContext): number {
  return WEAKEST_FIRST.indexOf(context);
}

/**
 * The contexts that would satisfy a request, weakest first (SAML Core 3.3.2.2.1). With `better` that is what is
 * stronger than every class named; with `maximum` what is not stronger than the strongest one. No known class: none.
 */
export function acceptable(requested: RequestedContext): readonly AuthenticationContext[] {
  if (requested.classes.length === 0) return [];
  const named = requested.classes.map(strength);
  const weakest = Math.min(...named);
  const strongest = Math.max(...named);
  return WEAKEST_FIRST.filter((context) => {
    const own = strength(context);
    switch (requested.comparison) {
      case "exact":
        return requested.classes.includes(context);
      case "minimum":
        return own >= weakest;
      case "better":
        return own > strongest;
      case "maximum":
        return own <= strongest;
    }
  });
}

/** Whether a login of this context will do. Who gave two factors has given a password too. */
export function satisfies(context: AuthenticationContext, requested: RequestedContext): boolean {
  return acceptable(requested).some((wanted) => strength(wanted) <= strength(context));
}
