/** What a RelayState of our own making may have at most (SAML Bindings 3.4.3, 3.5.3). */
export const OWN_RELAY_STATE_BYTES = 80;

/**
 * True where an entry allows this RelayState. An entry is the whole value; one that ends with a slash allows everything
 * below it as well. Many applications take RelayState for the address to go to, so a beginning that an attacker can go
 * on with as another host (`//`, a backslash) or climb out of (`..`) allows nothing (SA-48, SA-80).
 */
export function allowsRelayState(entries: readonly string[], relayState: string): boolean {
  return entries.some((entry) => entry === relayState || isBelow(entry, relayState));
}

function isBelow(entry: string, relayState: string): boolean {
  if (!entry.endsWith("/") || !relayState.startsWith(entry)) return false;
  const rest = relayState.slice(entry.length);
  return (
    /^[\w.~!$'()*,;:@%?&=#+-][\w.~!$'()*,;:@%?&=#+/-]*$/.test(rest) && !/\.\.|%2e|%5c|%2f|\/\//i.test(rest)
  );
}
