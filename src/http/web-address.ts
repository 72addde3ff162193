/** A link must never run a script: only http and https addresses become one, whatever was registered. */
export function isWebAddress(address: string): boolean {
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
}
