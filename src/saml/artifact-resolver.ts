import type { SamlApplication, SamlEndpoint } from "../model/application.ts";
import { Busy } from "../platform/busy.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { SignOnPolicy } from "../model/policy.ts";
import type { SpentIdStore } from "../storage/stores.ts";
import { type Artifact, readArtifact, spelledIndex } from "./artifact.ts";
import type { ArrivedArtifact } from "./artifact-binding.ts";
import { type ArtifactAnswerParts, readArtifactAnswer } from "./artifact-answer.ts";
import type { ArtifactSources } from "./artifact-sources.ts";
import { instant } from "./assertion.ts";
import { longestLifeMs } from "./message-header.ts";
import { messageId } from "./message-id.ts";
import { MessageRefused, refused } from "./message-refused.ts";
import { BINDING, SAML, SAMLP } from "./namespaces.ts";
import { PATHS } from "../flow/endpoints.ts";
import type { ReceivedMessage } from "./received-message.ts";
import type { Signers } from "./signers.ts";
import { soapEnvelope } from "./soap.ts";
import { SOAP_HEADERS, type SoapPost } from "./soap-call.ts";
import { xml } from "./xml/writer.ts";

export interface ArtifactResolverParts extends ArtifactAnswerParts {
  readonly sources: Pick<ArtifactSources, "of">;
  readonly signers: Pick<Signers, "xml">;
  readonly post: SoapPost;
  readonly spentIds: Pick<SpentIdStore, "spend">;
  readonly policy: SignOnPolicy;
  readonly clock: Clock;
  readonly random: Random;
}

/** Anybody can write an artifact of an application, and each makes us call it: no more than these at the same time. */
const CALLS_AT_ONCE = 16;
const RETRY_AFTER_SECONDS = 2;

interface Source {
  readonly artifact: Artifact;
  readonly application: SamlApplication;
  /** Of its ArtifactResolutionService. */
  readonly location: string;
}

/**
 * Fetches the message that an application's artifact stands for, from the application itself (SAML Bindings 3.6, SAML
 * Profiles 5): one signed call to the address in its registration, and never to one out of the artifact.
 */
export class ArtifactResolver {
  readonly #parts: ArtifactResolverParts;
  /** Calls that are under way, by application. */
  readonly #calls = new Map<string, number>();

  constructor(parts: ArtifactResolverParts) {
    this.#parts = parts;
  }

  /**
   * The message as every other binding delivers it: read, and proved no further than `vouchedBy` says. `path` is the
   * endpoint that the artifact came to. Throws `MessageRefused`, and `Busy` while too many are being fetched.
   */
  async resolve(arrived: ArrivedArtifact, path: string): Promise<ReceivedMessage> {
    const source = this.#sourceOf(arrived.text);
    try {
      return await this.#fetch(source, arrived, path);
    } catch (error) {
      throw error instanceof MessageRefused ? error.of(source.application.entityId) : error;
    }
  }

  #sourceOf(text: string): Source {
    const artifact = readArtifact(text);
    if (artifact === undefined) {
      throw refused("saml.artifact", "SAMLart is no artifact of type 0x0004", "SAML Bindings 3.6.4");
    }
    const application = this.#parts.sources.of(artifact.sourceId);
    if (application?.enabled !== true) {
      const why =
        application === undefined
          ? "no registered application has the artifact's SourceID"
          : "the application that the artifact names is switched off";
      throw refused("saml.artifact-source", why, "SAML Bindings 3.6.4").of(application?.entityId);
    }
    const service = serviceOf(application, artifact);
    if (service === undefined) {
      const why = `no ArtifactResolutionService by SOAP with index ${artifact.endpointIndex} is registered`;
      throw refused("saml.artifact-service", why, "SAML Metadata 2.4.2").of(application.entityId);
    }
    return { artifact, application, location: service.location };
  }

  async #fetch(source: Source, arrived: ArrivedArtifact, path: string): Promise<ReceivedMessage> {
    const { application, artifact } = source;
    const { policy, spentIds } = this.#parts;
    const requestId = messageId(this.#parts.random);
    const body = await this.#call(source, requestId, arrived.text);
    const content = readArtifactAnswer(body, { application, requestId, path }, this.#parts);
    // After the call: only what the application gave out is remembered, so that strangers cannot fill the table. And
    // before the message counts: of two that came at once, one goes on, even where the application answered both.
    const spent = JSON.stringify(["Artifact", application.entityId, artifact.messageHandle.toString("hex")]);
    if (!(await spentIds.spend("message", spent, longestLifeMs(policy.clockSkewMs)))) {
      throw refused("saml.replayed", "this artifact came before", "SAML Bindings 3.6.5.2");
    }
    const { relayState } = arrived;
    return { binding: "artifact", ...content, relayState, querySignature: undefined, warnings: [] };
  }

  /** The text of the answer. */
  async #call({ application, location }: Source, requestId: string, text: string): Promise<string> {
    const underWay = this.#calls.get(application.id) ?? 0;
    if (underWay >= CALLS_AT_ONCE) throw new Busy("artifacts of one application", RETRY_AFTER_SECONDS);
    this.#calls.set(application.id, underWay + 1);
    try {
      const answer = await this.#post(location, this.#request(application, location, requestId, text));
      if (answer.status === 200) return answer.body;
      throw unresolved(`it answered with HTTP status ${answer.status}`);
    } finally {
      const left = (this.#calls.get(application.id) ?? 1) - 1;
      if (left === 0) this.#calls.delete(application.id);
      else this.#calls.set(application.id, left);
    }
  }

  async #post(location: string, body: string) {
    try {
      return await this.#parts.post(location, body, SOAP_HEADERS);
    } catch {
      // One text for every cause: the page must not tell a stranger which of our neighbours' ports are open.
      throw unresolved("its ArtifactResolutionService did not answer in time");
    }
  }

  /** A signed ArtifactResolve (SAML Core 3.5.1): the application knows by it whom it hands its message to. */
  #request(application: SamlApplication, location: string, id: string, artifact: string): string {
    const { issuer, clock, signers } = this.#parts;
    const signed = signers.xml(application).sign({
      id,
      head: xml`<samlp:ArtifactResolve xmlns:samlp="${SAMLP}" Destination="${location}" ID="${id}" IssueInstant="${instant(clock.nowMs())}" Version="2.0"><saml:Issuer xmlns:saml="${SAML}">${issuer + PATHS.samlMetadata}</saml:Issuer>`,
      tail: xml`<samlp:Artifact>${artifact}</samlp:Artifact></samlp:ArtifactResolve>`,
    });
    return soapEnvelope(signed);
  }
}

/** The registered address that the artifact's index names; whatever the index is, there is no other to call. */
function serviceOf(application: SamlApplication, artifact: Artifact): SamlEndpoint | undefined {
  const services = application.artifactResolutionServices?.filter(({ binding }) => binding === BINDING.soap);
  const byIndex = (wanted: number | undefined) =>
    services?.find(({ index }) => index !== undefined && index === wanted);
  return byIndex(artifact.endpointIndex) ?? byIndex(spelledIndex(artifact));
}

function unresolved(reason: string): MessageRefused {
  return refused("saml.artifact-unresolved", reason, "SAML Bindings 3.6.5");
}
