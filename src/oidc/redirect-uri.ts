import type { ClientProfile } from "../model/application.ts";
import type { ReplyAddress } from "../model/reply-address.ts";

const MAX_CHARACTERS = 2_048;
/** What a browser can be sent to and comes out of a URL parser as it went in: visible ASCII without `" < > \ ^ { | }` and backtick. */
const URI_CHARACTERS = /^[!#-;=?-[\]_a-z~]+$/;
/** An http address on a loopback IP literal; the second part is the port, the third all behind it. */
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(:\d{1,5})?((?:[/?].*)?)$/s;
/** RFC 8252 7.1: a private-use scheme is a reversed domain name, so it has a dot; no scheme with a meaning of its own has. */
const PRIVATE_USE_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/;

/**
 * Finds the address of a request in the registration and makes a reply address of it; undefined: not registered.
 * The comparison is of strings, character by character (RFC 9700 2.1, RFC 3986 6.2.1): every rule that calls two
 * spellings the same has been an attack. The one exception is the port of a loopback IP literal, which a native
 * application cannot know in advance (RFC 8252 7.3).
 */
export function findRegistered(registered: readonly string[], sent: string): ReplyAddress | undefined {
  return isRegistered(registered, sent) ? sent : undefined;
}

/** The one place that makes a string a reply address of OpenID Connect. */
function isRegistered(registered: readonly string[], sent: string): sent is ReplyAddress {
  // Checked again at use: an address that came into the database by another way must not run as a script.
  if (addressFault(sent) !== undefined) return false;
  return registered.some((address) => address === sent || sameButLoopbackPort(address, sent));
}

function sameButLoopbackPort(registered: string, sent: string): boolean {
  const [, host, , rest] = LOOPBACK.exec(registered) ?? [];
  const [, sentHost, sentPort, sentRest] = LOOPBACK.exec(sent) ?? [];
  if (host === undefined || host !== sentHost || rest !== sentRest) return false;
  return sentPort === undefined || isPort(sentPort.slice(1));
}

function isPort(digits: string): boolean {
  return !digits.startsWith("0") && Number(digits) <= 65_535;
}

/**
 * Checks an address before it is registered as `redirect_uri` or `post_logout_redirect_uri`. Returns a sentence that
 * says what is wrong, or undefined. https; http on a loopback host only; a private-use scheme for native applications
 * only (RFC 8252 7.1). It is stored and compared as it was typed.
 */
export function checkRedirectUri(uri: string, profile: ClientProfile): string | undefined {
  if (profile === "service") return "A service has no browser to send back: it needs no redirect address.";
  const fault = addressFault(uri);
  if (fault !== undefined) return fault;
  const scheme = new URL(uri).protocol;
  if (scheme !== "https:" && scheme !== "http:" && profile !== "native") {
    return "Only native applications may have an address with a scheme of their own.";
  }
  return undefined;
}

/** What makes an address unfit for any application. */
function addressFault(uri: string): string | undefined {
  if (uri.length > MAX_CHARACTERS) return `It is longer than ${MAX_CHARACTERS} characters.`;
  if (!URI_CHARACTERS.test(uri)) return "It has characters that an address cannot have.";
  if (uri.includes("#")) return "It has a fragment (#), which a redirect address must not have.";
  if (uri.includes("*")) return "It has a wildcard (*): each address is registered in full.";
  if (!URL.canParse(uri)) return "It is not a whole address.";
  const url = new URL(uri);
  // One line refuses capitals in scheme and host, dot segments, default ports, odd spellings of IP addresses.
  if (url.href !== uri && url.href !== `${uri}/`) return `It must be written in its normal form: ${url.href}`;
  if (url.username !== "" || url.password !== "") return "It has a user name or password.";
  return schemeFault(url);
}

function schemeFault(url: URL): string | undefined {
  switch (url.protocol) {
    case "https:":
      return url.hostname.endsWith(".") ? "Its host ends with a dot." : undefined;
    case "http:":
      return isLoopbackHost(url.hostname)
        ? undefined
        : "It must be https: http is for loopback addresses only.";
    default:
      return PRIVATE_USE_SCHEME.test(url.protocol)
        ? undefined
        : "Its scheme must be https, or a reversed domain name such as com.example.app.";
  }
}

function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname === "127.0.0.1" || hostname === "[::1]";
}
