/**
 * The simple types of XML Schema that SAML messages use. White space around a value belongs to the notation, not to
 * the value (XML Schema Part 2, 4.3.6). All return undefined for what is not of the type.
 */

/** `xs:boolean`: true, false, 1, 0, and no other spelling. */
export function xsBoolean(text: string): boolean | undefined {
  switch (collapsed(text)) {
    case "true":
    case "1":
      return true;
    case "false":
    case "0":
      return false;
    default:
      return undefined;
  }
}

const DATE_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * `xs:dateTime` as epoch milliseconds. SAML's times are in UTC (SAML Core 1.3.3); an offset is understood too, and a
 * time without one is in UTC.
 */
export function xsDateTime(text: string): number | undefined {
  const found = DATE_TIME.exec(collapsed(text));
  if (found === null) return undefined;
  const [, seconds = "", fraction = "", zone = "Z"] = found;
  const ms = Date.parse(`${seconds}${fraction.slice(0, 4)}${zone}`);
  // 31 February would become 3 March.
  const isReal = Number.isFinite(ms) && new Date(Date.parse(`${seconds}Z`)).toISOString().startsWith(seconds);
  return isReal ? ms : undefined;
}

/** `xs:unsignedShort`, the type of every index. */
export function xsUnsignedShort(text: string): number | undefined {
  const digits = collapsed(text);
  if (!/^\+?\d{1,9}$/.test(digits)) return undefined;
  const value = Number(digits);
  return value <= 65_535 ? value : undefined;
}

/** `xs:ID`: a name without a colon, of a length that nobody minds to store. */
export function xsId(text: string): string | undefined {
  return /^[\p{L}_][\p{L}\p{N}\p{M}._·-]{0,255}$/u.test(text) ? text : undefined;
}

/** Without the white space at both ends. */
export function collapsed(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
}
