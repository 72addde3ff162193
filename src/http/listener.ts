import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type Config, ConfigError } from "../config.ts";

/** A SAMLRequest by Redirect with a long RelayState does not fit into Node's 16 KB. */
const HEADER_BYTES = 64 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Node looks every 30 seconds unless it is told: a request that never ends would be kept twice as long, or four times. */
const LOOK_FOR_TIMEOUTS_MS = 2_000;
/** Longer than a balancer keeps its idle connections, so that it is the balancer who closes them. */
const KEEP_ALIVE_MS = 65_000;
/** What is in flight at SIGTERM is finished within this time. */
const DRAIN_MS = 15_000;
/** The HTTP or HTTPS server with its limits, not listening yet. Throws `ConfigError` for a TLS file that is not there. */
export function listener(config: Config, app: RequestListener): Server {
  const options = {
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: LOOK_FOR_TIMEOUTS_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  if (config.tls === undefined) return createHttpServer(options, app);
  const cert = readTlsFile("GATEHOUSE_TLS_CERT", config.tls.certPath);
  const key = readTlsFile("GATEHOUSE_TLS_KEY", config.tls.keyPath);
  return createHttpsServer({ ...options, cert, key, minVersion: "TLSv1.2" }, app);
}

function readTlsFile(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new ConfigError(`${setting}: cannot read ${path}`);
  }
}

/** Resolves when it listens; rejects with the system's error, such as EADDRINUSE. */
export async function listen(server: Server, config: Config): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: config.port, host: config.host }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Takes no new connection, lets the requests in flight finish, and then closes what is left. */
export async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(timer);
}
