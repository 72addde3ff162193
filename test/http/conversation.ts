import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 20_000;

/** What came back over one connection, until the server closed it. */
export interface Conversation {
  /** Of each answer, 100 included. */
  readonly statuses: readonly number[];
  readonly text: string;
}

/**
 * Sends these bytes over a connection of their own, a moment apart, and reads until the server closes it: the last
 * request says `Connection: close`, or the server has a reason of its own. Rejects where it stays open.
 */
export async function converse(port: number, ...pieces: readonly (string | Buffer)[]): Promise<Conversation> {
  const socket = connect(port, "127.0.0.1");
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  // What is sent behind an answer that ends the connection may be reset; what was read counts.
  socket.on("error", () => undefined);
  socket.on("data", (data) => (text += data.toString("latin1")));
  socket.once("close", () => resolve(text));
  socket.setTimeout(PATIENCE_MS, () => reject(new Error(`the connection stayed open after: ${text}`)));
  try {
    for (const [n, piece] of pieces.entries()) {
      if (n > 0) await pause(50);
      socket.write(piece);
    }
    const came = await promise;
    return {
      text: came,
      statuses: [...came.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, code]) => Number(code)),
    };
  } finally {
    socket.destroy();
  }
}

/** Sends these bytes and breaks off: with a FIN, or as a process that dies, with a reset. */
export async function breakOff(port: number, text: string, how: "fin" | "reset"): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => socket.write(text, () => resolve()));
  await pause(50);
  if (how === "reset") socket.resetAndDestroy();
  else socket.destroy();
}
