import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { sourceIdOf, writeArtifact } from "../../../src/saml/artifact.ts";
import { BINDING, SAML, SAMLP, SOAP } from "../../../src/saml/namespaces.ts";
import type { SamlApplication } from "../../../src/model/application.ts";
import { NOW_MS } from "../../fixtures/saml/installation.ts";
import { type Changes, type ServiceProvider, status } from "./service-provider.ts";

/** An answer of any status, as the service provider sends it. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the service provider answers to an ArtifactResolve. */
export type Answering = (request: string) => Answer | Promise<Answer>;

/** A service provider's ArtifactResolutionService over real HTTP; what it says is the test's. */
export class ResolutionService {
  readonly asked: { readonly body: string; readonly soapAction: string | undefined }[] = [];
  answer: Answering = () => ({ status: 404, body: "" });
  readonly #server: Server;

  static async open(): Promise<ResolutionService> {
    const service = new ResolutionService();
    service.#server.listen(0, "127.0.0.1");
    await once(service.#server, "listening");
    return service;
  }

  private constructor() {
    this.#server = createServer((request, response) => {
      void (async () => {
        let body = "";
        for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
        this.asked.push({ body, soapAction: request.headers["soapaction"]?.toString() });
        const answer = await this.answer(body);
        response.writeHead(answer.status, { "Content-Type": "text/xml", ...answer.headers });
        response.end(answer.body);
      })();
    });
  }

  get location(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the service is not open");
    return `http://127.0.0.1:${address.port}/artifact`;
  }

  /** The application with this as its service number 0. */
  of(application: SamlApplication): SamlApplication {
    const service = { binding: BINDING.soap, location: this.location, index: 0 };
    return { ...application, artifactResolutionServices: [service] };
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

/** SAMLart of a service provider: of a message that nobody has fetched yet. */
export function artifactOf({ application }: ServiceProvider, endpointIndex = 0): string {
  const sourceId = sourceIdOf(application.entityId);
  return writeArtifact({ endpointIndex, sourceId, messageHandle: randomBytes(20) });
}

/** The ID of an ArtifactResolve. */
export function idOf(request: string): string {
  return /<samlp:ArtifactResolve [^>]*\bID="([^"]+)"/.exec(request)?.[1] ?? "";
}

/** An ArtifactResponse, unsigned, around a message; the status is Success where `body` says nothing else. */
export function artifactResponse(
  sp: ServiceProvider,
  inResponseTo: string,
  content: string,
  changes: Changes & { readonly id?: string } = {},
): string {
  const { issuer = sp.application.entityId, afterIssuer = "", body = status("Success") } = changes;
  const attributes = {
    ID: changes.id ?? "_artifact-response",
    InResponseTo: inResponseTo,
    Version: "2.0",
    IssueInstant: new Date(NOW_MS).toISOString(),
    ...changes.attributes,
  };
  const written = Object.entries(attributes)
    .flatMap(([key, value]) => (value === undefined ? [] : [` ${key}="${value}"`]))
    .join("");
  return `<samlp:ArtifactResponse xmlns:samlp="${SAMLP}" xmlns:saml="${SAML}"${written}><saml:Issuer>${issuer}</saml:Issuer>${afterIssuer}${body}${content}</samlp:ArtifactResponse>`;
}

/** The answer with a message in a SOAP envelope. */
export function soapAnswer(message: string, header = ""): Answer {
  const body = `<S:Envelope xmlns:S="${SOAP}">${header}<S:Body>${message}</S:Body></S:Envelope>`;
  return { status: 200, body };
}
