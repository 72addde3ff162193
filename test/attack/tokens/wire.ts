import { connect } from "node:net";

/** What came back over the wire; of a header that came twice, the last. The status is 0 where nothing came. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface WireRequest {
  readonly method?: string;
  /** The request's target, byte for byte. */
  readonly target: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
}

/** Sends a request as it is written here, which no client library would send; the server must end the connection. */
export async function overTheWire(origin: string, request: WireRequest): Promise<WireAnswer> {
  const { method = "GET", target, headers = [], body = "" } = request;
  const { hostname, port, host } = new URL(origin);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
  // A server that refuses before everything was sent may reset the connection; what it said is here by then.
  socket.on("error", () => undefined);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.once("close", () => resolve());
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    "Connection: close",
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  await closed;
  return readAnswer(Buffer.concat(chunks).toString());
}

function readAnswer(text: string): WireAnswer {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = lines.map((line) => {
    const cut = line.indexOf(":");
    return [line.slice(0, cut).toLowerCase(), line.slice(cut + 1).trim()] as const;
  });
  return { status: Number(first.split(" ")[1] ?? 0), headers: new Map(headers), body: text.slice(end + 4) };
}

export const FORM = ["Content-Type", "application/x-www-form-urlencoded"] as const;
export const JSON_TYPE = ["Content-Type", "application/json"] as const;

export function bearer(token: string): readonly [string, string] {
  return ["Authorization", `Bearer ${token}`];
}
