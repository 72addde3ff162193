/** JSON that is not taken: not JSON at all, a member that came twice, or nested too deeply. */
export class JsonRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "JsonRefused";
  }
}

/** Nothing that is sent here is nested deeper. */
const DEEPEST = 20;

/**
 * Reads JSON text (RFC 8259). Throws `JsonRefused`. A member that comes twice is refused, because two parsers may take
 * two different ones of them: what a proxy checked would not be what is done.
 */
export function readJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new JsonRefused("it is not JSON");
  }
  // Only now: in what is JSON every string ends, so the walk below looks at each character once.
  refuseRepeatedMembers(text);
  return value;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/** Walks over the punctuation and the strings of what is known to be JSON. */
function refuseRepeatedMembers(text: string): void {
  const open: { readonly names: Set<string> | undefined; expectsName: boolean }[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    const inner = open.at(-1);
    if (token === "{" || token === "[") {
      if (open.length >= DEEPEST) throw new JsonRefused(`it is nested more than ${DEEPEST} deep`);
      open.push({ names: token === "{" ? new Set() : undefined, expectsName: token === "{" });
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (inner?.names !== undefined) {
      if (token === ",") inner.expectsName = true;
      else if (token === ":") inner.expectsName = false;
      else if (inner.expectsName) addName(inner.names, token);
    }
  }
}

function addName(names: Set<string>, token: string): void {
  // `"a"` and `"\u0061"` are one name.
  const name = String(JSON.parse(token));
  if (names.has(name)) throw new JsonRefused("a member came twice");
  names.add(name);
}
