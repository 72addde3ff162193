import { PATHS } from "../flow/endpoints.ts";
import { isWebAddress } from "../http/web-address.ts";
import type { Application } from "../model/application.ts";

/**
 * Where one click opens an application: its registered start address; or our own, where a sign-on to it may begin here;
 * or else the site that its answers go to, where most applications begin a login by themselves. Only web addresses: a `javascript:` one would run with our page's
 * rights. undefined: it has none, such as an application on a telephone.
 */
export function startAddress(application: Application, issuer: string): string | undefined {
  const { startUrl } = application;
  if (startUrl !== undefined) return isWebAddress(startUrl) ? startUrl : undefined;
  if (application.protocol === "saml" && application.idpInitiated !== undefined) {
    return `${issuer}${PATHS.samlStart}?app=${encodeURIComponent(application.id)}`;
  }
  return siteOf(application);
}

/** The site that its answers go to; undefined where none of them is a web address. */
export function siteOf(application: Application): string | undefined {
  const replies =
    application.protocol === "oidc"
      ? application.redirectUris
      : application.assertionConsumerServices.map((service) => service.location);
  const first = replies.find(isWebAddress);
  return first === undefined ? undefined : `${new URL(first).origin}/`;
}
