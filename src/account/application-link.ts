import { isWebAddress } from "../http/web-address.ts";
import type { Application } from "../model/application.ts";

/**
 * Where one click opens an application: its registered start address, or else the site that its answers go to, where
 * most applications begin a login by themselves. Only web addresses: a `javascript:` one would run with our page's
 * rights. undefined: it has none, such as an application on a telephone.
 */
export function startAddress(application: Application): string | undefined {
  const { startUrl } = application;
  if (startUrl !== undefined) return isWebAddress(startUrl) ? startUrl : undefined;
  const replies =
    application.protocol === "oidc"
      ? application.redirectUris
      : application.assertionConsumerServices.map((service) => service.location);
  const first = replies.find(isWebAddress);
  return first === undefined ? undefined : `${new URL(first).origin}/`;
}
