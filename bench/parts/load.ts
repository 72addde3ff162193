import { createHash, createPrivateKey, randomBytes, sign } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { deflateRawSync } from "node:zlib";
import { Pool } from "undici";
import { quantile } from "./figures.ts";

/** What the load process is told: what to do, against which server, as whom. */
export type LoadOrder = {
  readonly origin: string;
  readonly cookie: string;
  readonly connections: number;
  readonly milliseconds: number;
  /** Operations a second to begin, whether or not earlier ones are answered; without it each connection never rests. */
  readonly ratePerSecond?: number;
} & (
  | {
      readonly kind: "saml";
      readonly path: string;
      readonly destination: string;
      readonly entityId: string;
      readonly acs: string;
      /** PEM of the service provider's key: every request is signed, and no two are the same. */
      readonly key: string;
      /**
       * More than can be answered in a second: so many requests are signed before the clock starts. 0, for a low rate:
       * each is signed when it is due.
       */
      readonly mostPerSecond: number;
    }
  | {
      readonly kind: "code-flow";
      readonly authorizePath: string;
      readonly tokenPath: string;
      readonly redirectUri: string;
      readonly clientId: string;
      readonly clientSecret: string;
    }
  /** A login form with another name and another address each time, so that no throttle holds it back. */
  | { readonly kind: "wrong-password"; readonly path: string; readonly fields: string }
  | { readonly kind: "get"; readonly path: string; readonly authorization: string }
  | {
      readonly kind: "post";
      readonly path: string;
      readonly authorization: string;
      readonly body: string;
      readonly contentType?: string;
    }
);

export interface LoadResult {
  readonly rate: number;
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  /** Wrong passwords that were not looked at: the server asked to wait. */
  readonly deferred: number;
  readonly errors: number;
  /** The first thing that went wrong, for whoever looks for the reason. */
  readonly firstError: string | undefined;
}

/** One operation; undefined when it went as it should, `DEFERRED`, or what came instead. */
type Operation = (index: number) => Promise<string | undefined>;

const VERIFIER = randomBytes(32).toString("base64url");
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");
const DEFERRED = "deferred";
const FORM = "application/x-www-form-urlencoded";

let stopping = new AbortController();

process.on("message", (order: LoadOrder | { readonly stop: true }) => {
  if ("stop" in order) {
    stopping.abort();
    return;
  }
  stopping = new AbortController();
  void run(order, stopping.signal).then((result) => process.send?.(result));
});
process.once("disconnect", () => process.exit(0));

/**
 * Closed loop: each connection starts its next operation when the last one is answered. With a rate: open loop, where
 * latency counts from the instant at which the operation was due, so that a stall is not hidden by waiting.
 */
async function run(order: LoadOrder, stop: AbortSignal): Promise<LoadResult> {
  const pool = new Pool(order.origin, { connections: order.connections, pipelining: 1 });
  const operation = operationOf(order, pool);
  // Made ready before the clock starts. Tells the bench that it may look at the server's CPU time now.
  process.send?.({ ready: true });
  const latencies: number[] = [];
  const wrong: string[] = [];
  let deferred = 0;
  const startMs = performance.now();
  const everyMs = order.ratePerSecond === undefined ? undefined : 1000 / order.ratePerSecond;
  let next = 0;
  const worker = async () => {
    while (!stop.aborted && performance.now() - startMs < order.milliseconds && wrong.length <= 100) {
      const index = next++;
      const beganMs = everyMs === undefined ? performance.now() : await due(startMs + index * everyMs);
      const problem = await operation(index);
      if (problem === undefined) latencies.push(performance.now() - beganMs);
      else if (problem === DEFERRED) deferred++;
      else wrong.push(problem);
    }
  };
  await Promise.all(Array.from({ length: order.connections }, worker));
  const elapsedMs = performance.now() - startMs;
  await pool.close();
  latencies.sort((a, b) => a - b);
  return {
    rate: (latencies.length / elapsedMs) * 1000,
    count: latencies.length,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    longestMs: latencies.at(-1) ?? 0,
    deferred,
    errors: wrong.length,
    firstError: wrong[0],
  };
}

/** Waits until `atMs` of this process's clock, and returns it. */
async function due(atMs: number): Promise<number> {
  const waitMs = atMs - performance.now();
  if (waitMs > 0) await setTimeout(waitMs);
  return atMs;
}

function operationOf(order: LoadOrder, pool: Pool): Operation {
  if (order.kind === "saml") return samlSignOn(order, pool);
  if (order.kind === "wrong-password") return wrongPassword(order, pool);
  return order.kind === "code-flow" ? codeFlow(order, pool) : plain(order, pool);
}

function samlSignOn(order: LoadOrder & { kind: "saml" }, pool: Pool): Operation {
  const key = createPrivateKey(order.key);
  const signsLater = order.mostPerSecond === 0;
  const perSecond = order.ratePerSecond ?? order.mostPerSecond;
  const length = signsLater ? 0 : Math.ceil((perSecond * order.milliseconds) / 1000) + 2 * order.connections;
  const queries = Array.from({ length }, () => signedQuery(order, key));
  return async () => {
    const query = signsLater ? signedQuery(order, key) : queries.pop();
    if (query === undefined) return "no request is left: prepare more";
    const { statusCode, body } = await pool.request({
      method: "GET",
      path: `${order.path}?${query}`,
      headers: { cookie: order.cookie },
    });
    const text = await body.text();
    return statusCode === 200 && text.includes('name="SAMLResponse"')
      ? undefined
      : `${statusCode} ${text.slice(0, 2_000)}`;
  };
}

function signedQuery(order: LoadOrder & { kind: "saml" }, key: ReturnType<typeof createPrivateKey>): string {
  const xml = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${randomBytes(16).toString("hex")}" Version="2.0" IssueInstant="${new Date().toISOString()}" Destination="${order.destination}" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" AssertionConsumerServiceURL="${order.acs}"><saml:Issuer>${order.entityId}</saml:Issuer></samlp:AuthnRequest>`;
  const algorithm = encodeURIComponent("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
  const query = `SAMLRequest=${encodeURIComponent(deflateRawSync(xml).toString("base64"))}&RelayState=start&SigAlg=${algorithm}`;
  const signature = sign("sha256", Buffer.from(query), key).toString("base64");
  return `${query}&Signature=${encodeURIComponent(signature)}`;
}

function codeFlow(order: LoadOrder & { kind: "code-flow" }, pool: Pool): Operation {
  const redirectUri = encodeURIComponent(order.redirectUri);
  const basic = Buffer.from(`${order.clientId}:${order.clientSecret}`).toString("base64");
  return async (index) => {
    const query = `client_id=${order.clientId}&response_type=code&scope=openid%20profile%20email&redirect_uri=${redirectUri}&state=s${index}&nonce=n${index}&code_challenge=${CHALLENGE}&code_challenge_method=S256`;
    const answer = await pool.request({
      method: "GET",
      path: `${order.authorizePath}?${query}`,
      headers: { cookie: order.cookie },
    });
    await answer.body.dump();
    const code = /[?&]code=([^&]+)/.exec(String(answer.headers["location"]))?.[1];
    if (code === undefined) return `${answer.statusCode} ${String(answer.headers["location"])}`;
    const token = await pool.request({
      method: "POST",
      path: order.tokenPath,
      headers: { authorization: `Basic ${basic}`, "content-type": FORM },
      body: `grant_type=authorization_code&code=${code}&redirect_uri=${redirectUri}&code_verifier=${VERIFIER}`,
    });
    const text = await token.body.text();
    return text.includes('"id_token"') ? undefined : `${token.statusCode} ${text}`;
  };
}

function wrongPassword(order: LoadOrder & { kind: "wrong-password" }, pool: Pool): Operation {
  return async () => {
    const [name, address] = [randomBytes(8).toString("hex"), [...randomBytes(3)].join(".")];
    const { statusCode, body } = await pool.request({
      method: "POST",
      path: order.path,
      headers: {
        cookie: order.cookie,
        origin: order.origin,
        "content-type": FORM,
        "x-forwarded-for": `10.${address}`,
      },
      body: `${order.fields}&username=${name}&password=wrong-${name}`,
    });
    const text = await body.text();
    const isBusy = statusCode === 503 && text.includes("Too many people");
    if (isBusy || statusCode === 429) return DEFERRED;
    return statusCode === 403 ? undefined : `${statusCode} ${text.slice(0, 300)}`;
  };
}

function plain(order: LoadOrder & { kind: "get" | "post" }, pool: Pool): Operation {
  const headers: Record<string, string> =
    order.authorization === "" ? {} : { authorization: order.authorization };
  return async () => {
    const answer =
      order.kind === "get"
        ? await pool.request({ method: "GET", path: order.path, headers })
        : await pool.request({
            method: "POST",
            path: order.path,
            headers: { ...headers, "content-type": order.contentType ?? FORM },
            body: order.body,
          });
    const text = await answer.body.text();
    return answer.statusCode === 200 ? undefined : `${answer.statusCode} ${text.slice(0, 300)}`;
  };
}
