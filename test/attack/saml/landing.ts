import { once } from "node:events";
import { createServer, type IncomingMessage, request as httpRequest, type Server } from "node:http";
import express from "express";
import { z } from "zod";
import { AuditTrail } from "../../../src/audit/audit-trail.ts";
import type { Browser } from "../../../src/flow/browser.ts";
import { EndSession } from "../../../src/flow/end-session.ts";
import { LogoutRunner } from "../../../src/flow/logout-run.ts";
import { LogoutRuns } from "../../../src/flow/logout-runs.ts";
import type { ReplySender } from "../../../src/http/reply-sender.ts";
import type { Application, SamlApplication } from "../../../src/model/application.ts";
import type { Session } from "../../../src/model/session.ts";
import type { SignOnRequest } from "../../../src/model/sign-on-request.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { systemRandom } from "../../../src/platform/random.ts";
import { Turns } from "../../../src/platform/turns.ts";
import { artifactEndpoint } from "../../../src/saml/artifact-endpoint.ts";
import { ArtifactResolver } from "../../../src/saml/artifact-resolver.ts";
import { ArtifactSources } from "../../../src/saml/artifact-sources.ts";
import { Artifacts } from "../../../src/saml/artifacts.ts";
import { accountForNameId } from "../../../src/saml/expected-account.ts";
import { samlLogoutFinisher } from "../../../src/saml/logout-finisher.ts";
import { LogoutMessages } from "../../../src/saml/logout-message.ts";
import { RequestReplay } from "../../../src/saml/request-replay.ts";
import { SamlLogoutChannel } from "../../../src/saml/saml-logout-channel.ts";
import { sloEndpoint } from "../../../src/saml/slo-endpoint.ts";
import { sloSoapEndpoint } from "../../../src/saml/slo-soap-endpoint.ts";
import type { SoapPost } from "../../../src/saml/soap-call.ts";
import { ssoEndpoint } from "../../../src/saml/sso-endpoint.ts";
import { startEndpoint } from "../../../src/saml/start-endpoint.ts";
import { Signers } from "../../../src/saml/signers.ts";
import { VerificationKeys } from "../../../src/saml/verification-keys.ts";
import { Participants } from "../../../src/session/participants.ts";
import { sessionIndexFor } from "../../../src/session/session-index.ts";
import { SESSION_PREFIX, SessionStore } from "../../../src/session/session-store.ts";
import { Subjects } from "../../../src/session/subject.ts";
import { openDurableStore } from "../../../src/storage/open-durable-store.ts";
import type { DurableStore, SpentIdStore } from "../../../src/storage/stores.ts";
import { openEmbeddedVolatileStore } from "../../../src/volatile/embedded.ts";
import { SingleUse } from "../../../src/volatile/single-use.ts";
import type { VolatileStore } from "../../../src/volatile/volatile-store.ts";
import { counting } from "./counting-store.ts";
import { TestClock } from "../../fixtures/clock.ts";
import {
  account,
  ISSUER,
  keyRingOf,
  NOW_MS,
  POLICY,
  session,
  signingKey,
} from "../../fixtures/saml/installation.ts";

/** What the endpoints made of a message. */
export const Landed = z.object({
  status: z.number(),
  kind: z.string(),
  /** Of a problem. */
  code: z.string().optional(),
  title: z.string().optional(),
  facts: z.array(z.object({ label: z.string(), value: z.string() })).optional(),
  location: z.string().optional(),
  action: z.string().optional(),
  fields: z.record(z.string(), z.string()).optional(),
  body: z.string().optional(),
  cookies: z.array(z.string()),
});
export type Landed = z.infer<typeof Landed>;

/** The browser that a message comes through. */
export interface Visitor {
  readonly session?: Session | undefined;
  readonly binding?: string | undefined;
}

const OUR_KEY = signingKey("RSA-2048");

/** The two SAML endpoints over real stores, with the shell behind them replaced by a note of what it was given. */
export class Landing {
  readonly clock: TestClock;
  readonly applications = new Map<string, SamlApplication>();
  readonly started: { how: "start" | "park"; request: SignOnRequest }[] = [];
  readonly refusals: string[] = [];
  readonly soap: { url: string; body: string }[] = [];
  /** What was noted about our keys: application, key or session, and how. */
  readonly proofs: (readonly [application: string, what: string, how: string])[] = [];
  answerSoap: SoapPost = async () => await Promise.reject(new Error("nobody listens"));
  visitor: Visitor = { binding: "browser-1" };
  writes = 0;
  readonly volatile: VolatileStore;
  readonly durable: DurableStore;
  readonly sessions: SessionStore;
  readonly participants: Participants;
  readonly runs: LogoutRuns;
  readonly endSession: EndSession;
  readonly messages: LogoutMessages;
  readonly spentIds: Pick<SpentIdStore, "spend">;
  readonly artifacts: Artifacts;
  readonly runner: LogoutRunner;
  readonly keyRing = keyRingOf(OUR_KEY);
  readonly subjects = new Subjects("a secret of the installation");
  readonly #audit: AuditTrail;
  #server: Server | undefined;

  static async open(...applications: readonly SamlApplication[]): Promise<Landing> {
    const clock = new TestClock(NOW_MS);
    const landing = new Landing(await openDurableStore({ url: "sqlite::memory:", clock }), clock);
    for (const application of applications) landing.applications.set(application.id, application);
    await landing.#listen();
    return landing;
  }

  private constructor(durable: DurableStore, clock: TestClock) {
    this.durable = durable;
    this.clock = clock;
    this.spentIds = {
      spend: async (kind, id, ttlMs) => {
        this.writes += 1;
        return await durable.spentIds.spend(kind, id, ttlMs);
      },
    };
    this.#audit = new AuditTrail(durable.audit, this.clock, silentLog);
    const inner = openEmbeddedVolatileStore({ path: ":memory:", clock: this.clock });
    this.volatile = counting(inner, () => {
      this.writes += 1;
    });
    const singleUse = new SingleUse(this.volatile, systemRandom);
    const entityId = `${ISSUER}/saml/metadata`;
    this.artifacts = new Artifacts({ entityId, singleUse, random: systemRandom });
    this.sessions = new SessionStore(this.volatile, POLICY);
    this.participants = new Participants(this.volatile, POLICY.sessionAbsoluteMs);
    this.runs = new LogoutRuns(this.volatile, systemRandom);
    this.messages = new LogoutMessages({
      issuer: ISSUER,
      keyRing: this.keyRing,
      random: systemRandom,
      clock: this.clock,
    });
    const { messages } = this;
    const applications = { byId: (id: string): Application | undefined => this.applications.get(id) };
    const saml = new SamlLogoutChannel({
      messages,
      keys: new VerificationKeys(),
      post: async (url, body, headers) => {
        this.soap.push({ url, body });
        return await this.answerSoap(url, body, headers);
      },
    });
    const shared = {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- byId is all that a logout asks for
      applications: applications as never,
      receipts: durable.receipts,
      runs: this.runs,
      channels: { saml, oidc: saml },
      clock: this.clock,
    };
    this.endSession = new EndSession({
      deliveries: { queue: () => Promise.resolve() },
      ...shared,
      sessions: this.sessions,
      endedSessions: durable.endedSessions,
      participants: this.participants,
      refreshTokens: durable.refreshTokens,
      noteRevoked: async () => await Promise.resolve(),
      finishers: { saml: samlLogoutFinisher({ applications, messages }) },
      audit: this.#audit,
      random: systemRandom,
    });
    this.runner = new LogoutRunner({ ...shared, endSession: this.endSession });
  }

  /** Writes down what the endpoints noted. */
  async flushAudit(): Promise<void> {
    await this.#audit.flush();
  }

  /** A live session of alice, in which these applications were given `alice` under `format`. */
  async signedOn(id: string, format: string, ...applications: readonly SamlApplication[]): Promise<Session> {
    const live = session({ id });
    await this.sessions.place(live, `cookie-${id}`);
    await this.volatile.set(`${SESSION_PREFIX}cookie-${id}`, JSON.stringify({ gatehouse: live }), 3_600_000);
    for (const application of applications) {
      await this.participants.record(id, live.accountId, {
        applicationId: application.id,
        protocol: "saml",
        subject: "alice",
        sessionIndex: sessionIndexFor(id, application.id),
        lastSignOnMs: NOW_MS,
        wire: { format },
      });
    }
    return live;
  }

  /** The person said yes on the page that asks. */
  async confirmed(askedId: string, live: Session) {
    return await this.endSession.confirmed(askedId, live, browserOf({ session: live }));
  }

  async get(path: "/saml/sso" | "/saml/slo" | "/saml/sso/start", query: string): Promise<Landed> {
    return await this.#send("GET", `${path}?${query}`, undefined);
  }

  async post(path: "/saml/sso" | "/saml/slo", form: string): Promise<Landed> {
    return await this.#send("POST", path, form);
  }

  /** Posts an envelope as a program does; the answer as it came. */
  async soapCall(path: string, envelope: string, headers: Readonly<Record<string, string>> = {}) {
    const address = this.#server?.address();
    if (address === null || typeof address !== "object") throw new Error("the landing is not open");
    const answer = await fetch(`http://127.0.0.1:${address.port}${path}`, {
      method: "POST",
      headers: { "content-type": "text/xml; charset=utf-8", ...headers },
      body: envelope,
    });
    return { status: answer.status, headers: answer.headers, body: await answer.text() };
  }

  async close(): Promise<void> {
    this.#server?.close();
    await this.#audit.flush();
    await this.volatile.close();
    await this.durable.close();
  }

  async #listen(): Promise<void> {
    const app = express();
    app.use((request, _response, next) => {
      request.browser = browserOf(this.visitor);
      next();
    });
    const keys = new VerificationKeys();
    const parts = {
      issuer: ISSUER,
      applications: {
        byId: (id: string): Application | undefined => this.applications.get(id),
        samlByEntityId: (id: string) =>
          [...this.applications.values()].find(({ entityId }) => entityId === id),
      },
      keys,
      resolver: this.#resolver(keys),
      turns: new Turns(),
      policy: POLICY,
      clock: this.clock,
      random: systemRandom,
      audit: this.#audit,
      log: silentLog,
      replySender: landing(),
    };
    const start = async (request: SignOnRequest) => await this.#note("start", request);
    app.use(
      artifactEndpoint({
        ...parts,
        addressOf: () => "192.0.2.9",
        artifacts: this.artifacts,
        spentIds: this.spentIds,
        signers: new Signers(this.keyRing),
      }),
      sloSoapEndpoint({
        ...parts,
        addressOf: () => "192.0.2.9",
        participants: this.participants,
        sessions: this.sessions,
        spentIds: this.spentIds,
        endSession: this.endSession,
        messages: this.messages,
        evidence: { sessionNamed: (by, { id }) => this.#prove(by.id, id, "session-named") },
      }),
      startEndpoint({ ...parts, signOn: { start } }),
      ssoEndpoint({
        ...parts,
        replay: new RequestReplay(this.volatile),
        accountFor: accountForNameId({
          issuer: ISSUER,
          accounts: {
            findByLoginName: async (typed) =>
              await Promise.resolve(["alice", "alice@example.org"].includes(typed) ? account() : undefined),
          },
          participants: this.participants,
          subjects: this.subjects,
        }),
        signOn: {
          start: async (request) => await this.#note("start", request),
          park: async (request) => await this.#note("park", request),
        },
        responder: {
          refuse: async (request, _application, reason) => {
            this.refusals.push(reason);
            return await Promise.resolve({ kind: "redirect", location: request.replyTo });
          },
        },
      }),
      sloEndpoint({
        ...parts,
        participants: this.participants,
        sessions: this.sessions,
        spentIds: this.spentIds,
        endSession: this.endSession,
        runner: this.runner,
        evidence: { sessionNamed: (by, { id }) => this.#prove(by.id, id, "session-named") },
        keyUse: { accepted: (...proof) => this.#prove(...proof) },
      }),
    );
    this.#server = createServer({ maxHeaderSize: 512 * 1024 }, app).listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  #prove(...proof: Landing["proofs"][number]): void {
    this.proofs.push(proof);
  }

  /** The registry is read anew for each artifact: a test may change an application between two. */
  #resolver(keys: VerificationKeys): ArtifactResolver {
    const registry = { all: () => [...this.applications.values()], onReload: () => undefined };
    return new ArtifactResolver({
      issuer: ISSUER,
      keys,
      sources: { of: (sourceId) => new ArtifactSources(registry).of(sourceId) },
      signers: new Signers(this.keyRing),
      post: async (url, body, headers) => await this.answerSoap(url, body, headers),
      spentIds: this.spentIds,
      policy: POLICY,
      clock: this.clock,
      random: systemRandom,
    });
  }

  async #note(how: "start" | "park", request: SignOnRequest) {
    this.started.push({ how, request });
    return await Promise.resolve({ kind: "go", to: `/${how}` } as const);
  }

  async #send(method: string, path: string, form: string | undefined): Promise<Landed> {
    const address = this.#server?.address();
    if (address === null || typeof address !== "object") throw new Error("the landing is not open");
    const headers = form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
    // Not fetch: the query must leave exactly as it was written.
    const sent = httpRequest({ host: "127.0.0.1", port: address.port, method, path, headers });
    sent.end(form);
    const [response] = z.tuple([z.custom<IncomingMessage>()]).parse(await once(sent, "response"));
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += String(chunk);
    const landed: unknown = text.startsWith("{") ? JSON.parse(text) : { kind: `http ${text.slice(0, 60)}` };
    const facts = z.looseObject({}).parse(landed);
    return Landed.parse({
      cookies: response.headers["set-cookie"] ?? [],
      ...facts,
      status: response.statusCode,
    });
  }
}

/** Answers with what it was given, as JSON. */
function landing(): ReplySender {
  const sender: ReplySender = {
    outcome(request, response, outcome) {
      if (outcome.kind === "send") sender.reply(request, response, outcome.reply);
      else response.json({ kind: "go", location: outcome.to });
    },
    reply(request, response, reply) {
      if (reply.kind === "problem") sender.problem(request, response, reply.problem);
      else response.json(reply);
    },
    problem(_request, response, problem) {
      response.status(problem.status).json({ ...problem, kind: "problem" });
    },
  };
  return sender;
}

function browserOf({ session: live, binding }: Visitor): Browser {
  return {
    session: live,
    account: live === undefined ? undefined : account(),
    binding,
    address: "192.0.2.1",
    logIn: async () => await Promise.reject(new Error("nobody logs in here")),
    logOut: async () => await Promise.resolve(),
  };
}
