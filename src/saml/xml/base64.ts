/**
 * Base64 in its standard alphabet, padded, with nothing else in it: one decoder for parameters, signatures and
 * certificates, so that no two of them read one text differently (SA-23). `with-line-ends` passes over CR, LF, tab and
 * space, which XML's base64Binary allows. Returns undefined for anything else, and for bits that are left over.
 */
export function strictBase64(text: string, whiteSpace: "without" | "with-line-ends"): Buffer | undefined {
  const compact = whiteSpace === "without" ? text : text.replace(/[ \t\r\n]+/g, "");
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return undefined;
  const bytes = Buffer.from(compact, "base64");
  // "QQ==" and "QR==" are one byte to a lax decoder.
  return bytes.toString("base64") === compact ? bytes : undefined;
}
