import type { AuthenticationContext, RequestedContext } from "../model/authentication.ts";
import type { SamlRequestWire } from "./request-wire.ts";

const CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:";
const PASSWORD_PROTECTED_TRANSPORT = `${CLASSES}PasswordProtectedTransport`;
const REFEDS_MFA = "https://refeds.org/profile/mfa";

/**
 * The authentication context classes that we can speak truly about (SAML Authentication Context 3.4; REFEDS MFA).
 * `unspecified` is met by any login, `Password` by one that was better protected than it demands. Classes that promise
 * a particular device or a certificate, and REFEDS SFA with its rules for passwords, are not ours to claim.
 */
const KNOWN: ReadonlyMap<string, AuthenticationContext> = new Map<string, AuthenticationContext>([
  [PASSWORD_PROTECTED_TRANSPORT, "password"],
  [`${CLASSES}Password`, "password"],
  [`${CLASSES}unspecified`, "password"],
  [REFEDS_MFA, "multi-factor"],
  ["http://schemas.microsoft.com/claims/multipleauthn", "multi-factor"],
]);

/**
 * RequestedAuthnContext in neutral words (SAML Core 3.3.2.2.1). It is a demand, never a wish. Classes that are not
 * known are left out; where none is left the list is empty, and the decision refuses.
 */
export function requestedContext(
  classRefs: readonly string[],
  comparison: RequestedContext["comparison"],
): RequestedContext {
  const classes = classRefs.flatMap((ref) => KNOWN.get(ref) ?? []);
  return { comparison, classes: [...new Set(classes)], essential: true };
}

/**
 * The AuthnContextClassRef that says how the person really logged in. Of the classes that were asked for it is the
 * first that this login has reached, as it was spelled: a service provider that asked for `Password` exactly compares
 * strings. A class beyond the login is never named, whatever was asked.
 */
export function classRefFor(
  context: AuthenticationContext,
  asked: Pick<SamlRequestWire, "requestedClassRefs" | "comparison">,
): string {
  if (asked.comparison === "better") return strongest(context);
  const reached = asked.requestedClassRefs.find((ref) => covers(context, KNOWN.get(ref)));
  // Unasked, a login by two factors is still one by password over TLS, which every service provider knows.
  return reached ?? PASSWORD_PROTECTED_TRANSPORT;
}

function strongest(context: AuthenticationContext): string {
  switch (context) {
    case "password":
      return PASSWORD_PROTECTED_TRANSPORT;
    case "multi-factor":
      return REFEDS_MFA;
  }
}

function covers(context: AuthenticationContext, asked: AuthenticationContext | undefined): boolean {
  return asked !== undefined && (context === asked || context === "multi-factor");
}
