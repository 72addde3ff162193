/** Names below a country under which strangers register their own: `co.uk`, `com.au`, `or.at`. */
const SECOND_LEVELS = new Set(
  "ac co com edu gob gouv gov gv ltd me mil ne net nom or org plc sch".split(" "),
);
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Why a cookie of a host cannot, or must not, be for this whole domain, as the end of a sentence; undefined: it can
 * (RFC 6265 4.1.2.3 and 5.3). What is known to be a public suffix only by its list is not seen here; browsers refuse it.
 */
export function cookieDomainProblem(domain: string, host: string): string | undefined {
  const labels = domain.split(".");
  const [second = "", top = ""] = labels.slice(-2);
  if (labels.length < 2) return "must have two names at least, such as example.org";
  if (domain.length > 253 || !labels.every((label) => LABEL.test(label))) {
    return "must be a domain in lower case, such as example.org, without a dot before it";
  }
  // An IPv4 address looks like four names; no domain ends in digits alone (WHATWG URL 3.5).
  if (/^\d+$/.test(top)) return "must be a domain, not an address";
  if (labels.length === 2 && top.length === 2 && SECOND_LEVELS.has(second)) {
    return "is a name under which anybody can register: their hosts would get the cookie";
  }
  return isWithinDomain(host, domain) ? undefined : "must contain the host of GATEHOUSE_ISSUER";
}

/** The host is the domain or lies below it; both in lower case. */
export function isWithinDomain(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
