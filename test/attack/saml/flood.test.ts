import assert from "node:assert/strict";
import { createPrivateKey, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { deflateRawSync } from "node:zlib";
import { z } from "zod";
import { demoFiles } from "../../../examples/parts/demo-files.ts";
import { sourceIdOf, writeArtifact } from "../../../src/saml/artifact.ts";
import { samlApplication } from "../../fixtures/saml/installation.ts";
import { startInstallation, type TestInstallation } from "../../journey/installation.ts";
import {
  authnRequest,
  type Changes,
  postForm,
  redirectQuery,
  type ServiceProvider,
  signed,
} from "./service-provider.ts";
import { WRAPPINGS } from "./wrappings.ts";

const MESSAGES = 1_000;
const TRIES = 3;

interface Sent {
  readonly method: "GET" | "POST";
  readonly raw: string;
}

let installation: TestInstallation;
let wiki: ServiceProvider;

before(async () => {
  installation = await startInstallation({ processes: 1 });
  const key = readFileSync(demoFiles(installation.folder).wikiKey, "utf8");
  const application = samlApplication({ entityId: `${installation.wiki}/saml/metadata` });
  wiki = { application, privateKey: createPrivateKey(key) };
});
after(async () => {
  await installation.stop();
});

/** A request of wiki as it is at this moment. */
function asked(id: string, changes: Changes = {}): string {
  const attributes = {
    Destination: `${installation.gatehouse}/saml/sso`,
    IssueInstant: new Date().toISOString(),
    AssertionConsumerServiceURL: undefined,
    ...changes.attributes,
  };
  return authnRequest(wiki, id, { ...changes, attributes });
}

/** Each kind as dear as the limits let it be. */
function hostile(): readonly Sent[] {
  const post = (xml: string): Sent => ({ method: "POST", raw: postForm(xml) });
  const genuine = signed(asked("_genuine"), wiki);
  const large = signed(
    asked("_large", { body: `<samlp:Extensions>${"<x/>".repeat(460)}</samlp:Extensions>` }),
    wiki,
  );
  const long = signed(
    asked("_long", { afterIssuer: `<samlp:Extensions><x>${"y".repeat(50_000)}</x></samlp:Extensions>` }),
    wiki,
  );
  const bomb = encodeURIComponent(deflateRawSync(Buffer.alloc(20_000_000, "<a>")).toString("base64"));
  const handle = randomBytes(20);
  return [
    post(large.replace("<x/>", "<y/>")),
    post(long.replace("yyy", "zzz")),
    ...WRAPPINGS.map(({ wrap }) => post(wrap(genuine, asked("_forged")))),
    post(`<!DOCTYPE a [<!ENTITY b "c">]>${genuine}`),
    post("<a>".repeat(20_000)),
    post(`<a ${Array.from({ length: 4_000 }, (_, index) => `b${index}=""`).join(" ")}/>`),
    post(`<a>${"&amp;".repeat(12_000)}`),
    { method: "POST", raw: `SAMLRequest=${"A".repeat(190_000)}` },
    { method: "GET", raw: `SAMLRequest=${bomb}` },
    {
      method: "GET",
      raw: redirectQuery(asked("_query"), { key: wiki.privateKey }).replace(
        /Signature=..../,
        "Signature=AAAA",
      ),
    },
    {
      method: "GET",
      raw: `SAMLart=${encodeURIComponent(writeArtifact({ endpointIndex: 0, sourceId: sourceIdOf("https://nobody"), messageHandle: handle }))}`,
    },
  ];
}

/** The status of the answer, or nothing where the connection was cut. */
async function send({ method, raw }: Sent, agent: Agent, port: number): Promise<number | undefined> {
  const isPost = method === "POST";
  const call = request({
    host: "127.0.0.1",
    port,
    method,
    path: isPost ? "/saml/sso" : `/saml/sso?${raw}`,
    headers: isPost ? { "content-type": "application/x-www-form-urlencoded" } : {},
    agent,
  });
  call.end(isPost ? raw : undefined);
  const [response] = z.tuple([z.custom<IncomingMessage>()]).parse(await once(call, "response"));
  response.resume();
  await once(response, "end");
  return response.statusCode;
}

interface Flood {
  readonly statuses: readonly (number | undefined)[];
  readonly tookMs: number;
  /** Of /healthz, while the messages were worked off, in order of their length. */
  readonly latenciesMs: readonly number[];
}

async function flood(): Promise<Flood> {
  const port = installation.processes[0]?.port ?? 0;
  const kinds = hostile();
  const messages = Array.from({ length: MESSAGES }, (_, index) => kinds.slice(index % kinds.length)[0]);
  const probe = new Worker(join(import.meta.dirname, "health-probe.ts"), { workerData: { port } });
  await once(probe, "message");
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  const begunMs = performance.now();
  const statuses = await Promise.all(
    messages.map(async (message) => (message === undefined ? undefined : await send(message, agent, port))),
  );
  const tookMs = performance.now() - begunMs;
  // Listened for before it can happen: the last message and the end may come together.
  const exited = once(probe, "exit");
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  probe.postMessage("enough");
  const [measured] = z.tuple([z.array(z.number())]).parse(await once(probe, "message"));
  await exited;
  return { statuses, tookMs, latenciesMs: measured.toSorted((a, b) => a - b) };
}

function share(latencies: readonly number[], part: number): number {
  return latencies[Math.floor((latencies.length - 1) * part)] ?? Number.POSITIVE_INFINITY;
}

function isBorne({ latenciesMs, tookMs }: Flood): boolean {
  return share(latenciesMs, 0.9) < 100 && share(latenciesMs, 1) < tookMs / 3;
}

describe("SA-25 a thousand hostile messages at once", () => {
  // Without turns the longest call lasts as long as half of the flood. Other work on the machine may spoil one
  // measurement, and not each.
  test("are refused one and all, and /healthz is answered in between, nine times of ten within 100 ms", async (t) => {
    const floods: Flood[] = [];
    do {
      const one = await flood();
      assert.equal(one.statuses.length, MESSAGES);
      assert.deepEqual(new Set(one.statuses), new Set([400, 413]));
      floods.push(one);
    } while (!floods.some(isBorne) && floods.length < TRIES);
    for (const { latenciesMs, tookMs } of floods) {
      const [most, worst] = [share(latenciesMs, 0.9), share(latenciesMs, 1)].map(Math.round);
      t.diagnostic(
        `${latenciesMs.length} calls in ${Math.round(tookMs)} ms: 90 % in ${most} ms, worst ${worst} ms`,
      );
    }
    assert.ok(floods.some(isBorne));
  });

  test("leave the process as it was: a genuine request is answered with the login page", async () => {
    const { port } = installation.processes[0] ?? { port: 0 };
    const agent = new Agent();
    const genuine = { method: "POST", raw: postForm(signed(asked("_afterwards"), wiki)) } as const;
    assert.equal(await send(genuine, agent, port), 303);
  });
});
