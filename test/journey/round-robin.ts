import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  request as forward,
  type Server,
  type ServerResponse,
} from "node:http";

/** What a balancer in front of several processes does, and no more. */
export interface Balancer {
  /** How many requests each target has answered, in the order of the targets. */
  readonly answered: readonly number[];
  close(): Promise<void>;
}

/** Longer than a test is idle: a connection that is closed just as a request is sent would be a failed request. */
const KEEP_ALIVE_MS = 120_000;

/**
 * Sends each request to the next of `targets` (ports of this machine) in turn. One that refuses the connection is passed
 * over; a request that has been sent is never sent again, as it may have been carried out.
 */
export async function startBalancer(port: number, targets: readonly number[]): Promise<Balancer> {
  const answered = targets.map(() => 0);
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    const first = turn++;
    tryFrom(0);
    function tryFrom(passedOver: number): void {
      const index = (first + passedOver) % targets.length;
      const target = targets[index];
      if (target === undefined || passedOver >= targets.length) {
        outgoing.writeHead(502).end("no process answers");
        return;
      }
      pass(incoming, outgoing, target, {
        done: () => (answered[index] = (answered[index] ?? 0) + 1),
        refused: () => tryFrom(passedOver + 1),
      });
    }
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await listen(server, port);
  return {
    answered,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  port: number,
  tell: { done: () => void; refused: () => void },
): void {
  const headers = { ...incoming.headers, "x-forwarded-for": incoming.socket.remoteAddress ?? "" };
  const { method, url: path } = incoming;
  const onward = forward({ host: "127.0.0.1", port, method, path, headers, agent: false }, (answer) => {
    tell.done();
    // What is said about the connection behind the balancer is not true of the one in front of it.
    const { connection: _, "keep-alive": __, ...passedOn } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, passedOn);
    answer.pipe(outgoing);
  });
  onward.on("error", (error) => {
    if ("code" in error && error.code === "ECONNREFUSED") tell.refused();
    else if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end("the process went away");
  });
  // The body is sent only on a connection that stands, so that it is still whole for the next target.
  onward.on("socket", (socket) => {
    socket.once("connect", () => incoming.pipe(onward));
  });
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
}
