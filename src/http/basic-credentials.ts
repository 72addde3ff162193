/** A name and a password as HTTP Basic carries them (RFC 7617). */
export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

const LONGEST_HEADER = 16_384;

/** Reads the Authorization header; undefined where it is absent, of another scheme, or not what RFC 7617 says. */
export function basicCredentials(header: string | undefined): BasicCredentials | undefined {
  if (header === undefined || header.length > LONGEST_HEADER) return undefined;
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header) ?? [];
  if (encoded === undefined) return undefined;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, "base64"));
  } catch {
    return undefined;
  }
  const cut = text.indexOf(":");
  return cut === -1 ? undefined : { username: text.slice(0, cut), password: text.slice(cut + 1) };
}
