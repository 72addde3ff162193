import type { Random } from "../platform/random.ts";

/**
 * An ID for a message or assertion (SAML Core 1.3.4): 160 random bits, in a form that is an NCName because it begins
 * with an underscore.
 */
export function messageId(random: Random): string {
  return `_${random.bytes(20).toString("hex")}`;
}
