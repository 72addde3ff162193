import { readFileSync } from "node:fs";
import type { SignOnPolicy } from "./model/policy.ts";
import { cookieDomainProblem } from "./platform/cookie-domain.ts";

/** The environment, read once. Every address that Gatehouse puts into a message comes from `issuer`. */
export interface Config {
  /** Without a trailing slash; may have a path. */
  readonly issuer: string;
  readonly port: number;
  /** The address to listen on; undefined: all. */
  readonly host: string | undefined;
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
  /** Path of the embedded volatile store, used without `redisUrl`. */
  readonly volatilePath: string;
  /** The newest secret first; older ones only open what they sealed. */
  readonly secrets: readonly string[];
  readonly tls: { readonly certPath: string; readonly keyPath: string } | undefined;
  /** Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed; empty: none. */
  readonly trustProxy: readonly string[];
  /** The header, in lower case, in which a trusted proxy hands on the client's certificate; undefined: none is read. */
  readonly clientCertificateHeader: string | undefined;
  /** The domain whose applications are given SSO tokens (docs/decisions/0007); undefined: there are none. */
  readonly ssoDomain: string | undefined;
  readonly workers: number;
  /** The bearer token that opens /metrics; undefined: they are for this machine alone. */
  readonly metricsToken: string | undefined;
  readonly certsFolder: string;
  readonly logLevel: string;
  /** Outgoing requests (back-channel logout, metadata and key addresses) may reach private and loopback addresses. */
  readonly allowPrivateAddresses: boolean;
  readonly policy: SignOnPolicy;
}

/** A setting that is missing or wrong; the message is one clear line for the person who starts the server. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Reads and checks every setting. Throws `ConfigError` naming the first one that is wrong. */
export function readConfig(environment: Environment): Config {
  const port = integer(environment, "PORT", 4000, 0, 65_535);
  const issuer = readIssuer(environment["GATEHOUSE_ISSUER"] ?? `http://localhost:${port}`);
  const databaseUrl = environment["DATABASE_URL"] ?? "sqlite:data/gatehouse.db";
  if (!/^(sqlite:|postgres(ql)?:\/\/)/.test(databaseUrl)) {
    throw new ConfigError("DATABASE_URL must begin with sqlite: or postgres://");
  }
  return Object.freeze<Config>({
    issuer,
    port,
    host: environment["HOST"],
    databaseUrl,
    redisUrl: environment["REDIS_URL"] === "" ? undefined : environment["REDIS_URL"],
    volatilePath: environment["GATEHOUSE_VOLATILE"] ?? volatilePathFor(databaseUrl),
    secrets: readSecrets(environment),
    tls: readTls(environment),
    trustProxy: list(environment["GATEHOUSE_TRUST_PROXY"]),
    clientCertificateHeader: readHeaderName(environment["GATEHOUSE_CLIENT_CERT_HEADER"]),
    ssoDomain: readSsoDomain(environment["GATEHOUSE_SSO_DOMAIN"], issuer),
    workers: integer(environment, "WORKERS", 1, 1, 256),
    metricsToken: readMetricsToken(environment["GATEHOUSE_METRICS_TOKEN"]),
    certsFolder: environment["GATEHOUSE_CERTS"] ?? "certs",
    logLevel: environment["LOG_LEVEL"] ?? "info",
    allowPrivateAddresses: flag(environment, "GATEHOUSE_ALLOW_PRIVATE_ADDRESSES", isLoopback(issuer)),
    policy: {
      sessionIdleMs: integer(environment, "GATEHOUSE_SESSION_IDLE_MINUTES", 120, 1, 525_600) * MINUTE,
      sessionAbsoluteMs: integer(environment, "GATEHOUSE_SESSION_HOURS", 12, 1, 8_760) * HOUR,
      rememberedIdleMs: 14 * DAY,
      rememberedAbsoluteMs: 30 * DAY,
      clockSkewMs: 3 * MINUTE,
      availableContexts: ["password"],
    },
  });
}

function readIssuer(value: string): string {
  if (!URL.canParse(value)) throw new ConfigError(`GATEHOUSE_ISSUER is not an address: ${value}`);
  const url = new URL(value);
  if (url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    throw new ConfigError("GATEHOUSE_ISSUER must have no query, fragment or user name");
  }
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(value))) {
    throw new ConfigError("GATEHOUSE_ISSUER must be https (http only on localhost)");
  }
  return value.replace(/\/+$/, "");
}

/** http is for a loopback host alone: there, nobody between can read a cookie. */
export function isLoopback(address: string): boolean {
  const host = new URL(address).hostname;
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    /^127\.\d+\.\d+\.\d+$/.test(host) ||
    host === "[::1]"
  );
}

function readSecrets(environment: Environment): readonly string[] {
  const path = environment["GATEHOUSE_SECRET_FILE"];
  const text = path === undefined ? environment["GATEHOUSE_SECRET"] : readFile(path, "GATEHOUSE_SECRET_FILE");
  const secrets = (text ?? "").split(/[\s,]+/).filter((part) => part !== "");
  if (secrets.length === 0) {
    throw new ConfigError(
      "GATEHOUSE_SECRET is missing: it protects the private keys. Make one with: openssl rand -base64 32",
    );
  }
  for (const secret of secrets) {
    if (secret.length < 32) throw new ConfigError("GATEHOUSE_SECRET is too short: 32 characters at least");
  }
  return secrets;
}

function readHeaderName(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (!/^[A-Za-z][A-Za-z0-9-]{0,99}$/.test(text)) {
    throw new ConfigError("GATEHOUSE_CLIENT_CERT_HEADER must be the name of a header");
  }
  return text.toLowerCase();
}

function readSsoDomain(text: string | undefined, issuer: string): string | undefined {
  if (text === undefined || text === "") return undefined;
  const { protocol, hostname } = new URL(issuer);
  const problem = cookieDomainProblem(text, hostname);
  if (problem !== undefined) throw new ConfigError(`GATEHOUSE_SSO_DOMAIN ${problem}`);
  // Over http everybody on the way could read the token, and browsers take no Secure cookie.
  if (protocol !== "https:") throw new ConfigError("GATEHOUSE_SSO_DOMAIN needs an https GATEHOUSE_ISSUER");
  return text;
}

function readMetricsToken(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  // A header takes no other characters, and a short one can be guessed.
  if (!/^[!-~]{16,256}$/.test(text)) {
    throw new ConfigError("GATEHOUSE_METRICS_TOKEN must be 16 characters or more, without white space");
  }
  return text;
}

function readTls(environment: Environment): Config["tls"] {
  const certPath = environment["GATEHOUSE_TLS_CERT"];
  const keyPath = environment["GATEHOUSE_TLS_KEY"];
  if (certPath === undefined && keyPath === undefined) return undefined;
  if (certPath === undefined || keyPath === undefined) {
    throw new ConfigError("GATEHOUSE_TLS_CERT and GATEHOUSE_TLS_KEY belong together: one of them is missing");
  }
  return { certPath, keyPath };
}

function readFile(path: string, setting: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new ConfigError(`${setting}: cannot read ${path}`);
  }
}

function integer(environment: Environment, name: string, fallback: number, min: number, max: number): number {
  const text = environment[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new ConfigError(`${name} must be a whole number from ${min} to ${max}, not ${text}`);
  }
  return value;
}

function flag(environment: Environment, name: string, fallback: boolean): boolean {
  const text = environment[name];
  if (text === undefined || text === "") return fallback;
  if (text !== "true" && text !== "false")
    throw new ConfigError(`${name} must be true or false, not ${text}`);
  return text === "true";
}

function list(text: string | undefined): readonly string[] {
  return (text ?? "").split(/[\s,]+/).filter((part) => part !== "");
}

function volatilePathFor(databaseUrl: string): string {
  const path = databaseUrl.startsWith("sqlite:") ? databaseUrl.slice("sqlite:".length) : "data/gatehouse.db";
  return path === ":memory:" ? ":memory:" : path.replace(/(\.[^./]*)?$/, "-volatile.db");
}
