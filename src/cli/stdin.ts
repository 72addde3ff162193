import type { Readable } from "node:stream";
import { RefusedInput } from "./command.ts";

/** All of standard input as text; `what` it is to be. Throws `RefusedInput` when it is longer than that, or not UTF-8. */
export async function readStdin(stdin: Readable, longestBytes: number, what: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const incoming: AsyncIterable<unknown> = stdin;
  for await (const chunk of incoming) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    if (length > longestBytes) throw new RefusedInput(`standard input is too long for a ${what}`);
    chunks.push(bytes);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new RefusedInput(`the ${what} on standard input is not UTF-8`);
  }
}
