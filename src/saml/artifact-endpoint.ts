import type { KeyObject } from "node:crypto";
import { Router } from "express";
import { PATHS } from "../flow/endpoints.ts";
import type { SamlApplication } from "../model/application.ts";
import type { SignOnPolicy } from "../model/policy.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { SpentIdStore } from "../storage/stores.ts";
import { instant } from "./assertion.ts";
import type { Artifacts } from "./artifacts.ts";
import { longestLifeMs, readHeader } from "./message-header.ts";
import { messageId } from "./message-id.ts";
import { refused } from "./message-refused.ts";
import { SAML, SAMLP } from "./namespaces.ts";
import { authenticate, expectMessage, type ReceivedMessage } from "./received-message.ts";
import type { Signers } from "./signers.ts";
import { type SoapEndpointParts, soapHandlers } from "./soap-endpoint.ts";
import { SUCCESS_CODE } from "./status.ts";
import { childrenNamed } from "./xml/element.ts";
import { type Xml, xml } from "./xml/writer.ts";

export interface ArtifactEndpointParts extends SoapEndpointParts {
  readonly issuer: string;
  readonly keys: { of(application: SamlApplication): readonly KeyObject[] };
  readonly artifacts: Pick<Artifacts, "fetch">;
  readonly spentIds: Pick<SpentIdStore, "spend">;
  readonly signers: Pick<Signers, "xml">;
  readonly policy: SignOnPolicy;
  readonly clock: Clock;
  readonly random: Random;
}

/** POST /saml/artifact: an application fetches the Response that its artifact stands for (SAML Profiles 5). */
export function artifactEndpoint(parts: ArtifactEndpointParts): Router {
  const router = Router();
  router.post(
    PATHS.samlArtifact,
    soapHandlers(parts, "login", async (message) => await resolve(parts, message)),
  );
  return router;
}

/**
 * Only a signed ArtifactResolve of the application that the artifact was made for gets the message, whatever its other
 * requests need (SAML Bindings 3.6.5.2). An artifact that is unknown, used, or somebody else's is answered with Success
 * and nothing in it, so that nobody learns which it was (SAML Core 3.5.3).
 */
async function resolve(parts: ArtifactEndpointParts, message: ReceivedMessage): Promise<Xml> {
  expectMessage(message, "ArtifactResolve");
  const { root, application } = authenticate(
    message,
    (entityId) => parts.applications.samlByEntityId(entityId),
    (of) => parts.keys.of(of),
    () => true,
  );
  const nowMs = parts.clock.nowMs();
  const skewMs = parts.policy.clockSkewMs;
  const endpoint = parts.issuer + PATHS.samlArtifact;
  // SOAP names its receiver by the connection; a Destination that is there must be ours all the same.
  const { id } = readHeader(root, { endpoint, isSigned: false, nowMs, skewMs });
  const spent = JSON.stringify(["ArtifactResolve", application.entityId, id]);
  if (!(await parts.spentIds.spend("message", spent, longestLifeMs(skewMs)))) {
    throw refused("saml.replayed", "this request ID came before", "SAML Core 1.3.4");
  }
  const [artifact, ...others] = childrenNamed(root, SAMLP, "Artifact");
  if (artifact?.text === undefined || others.length > 0) {
    throw refused("saml.malformed", "an ArtifactResolve has exactly one Artifact", "SAML Core 3.5.1");
  }
  const fetched = await parts.artifacts.fetch(application, artifact.text.trim());
  const isFound = "message" in fetched;
  parts.audit.note({
    action: "artifact.fetched",
    outcome: isFound && application.enabled ? "success" : "refused",
    targetKind: "application",
    targetId: application.id,
    targetName: application.name,
    detail: { protocol: "saml", artifact: isFound ? "fetched" : fetched.nothing },
  });
  // Switched off between the redirect and this call: it is not let in any more.
  const found = isFound && application.enabled ? fetched.message : undefined;
  return artifactResponse(parts, application, id, found);
}

/**
 * A prefix of its own for the element around: a canonical form declares a prefix where it is first used and not again
 * below, and the message inside, which is signed as a document of its own, declares `samlp` itself.
 */
function artifactResponse(
  parts: ArtifactEndpointParts,
  application: SamlApplication,
  inResponseTo: string,
  message: Xml | undefined,
): Xml {
  const id = messageId(parts.random);
  const issuer = parts.issuer + PATHS.samlMetadata;
  return parts.signers.xml(application).sign({
    id,
    head: xml`<saml2p:ArtifactResponse xmlns:saml2p="${SAMLP}" ID="${id}" InResponseTo="${inResponseTo}" IssueInstant="${instant(parts.clock.nowMs())}" Version="2.0"><saml:Issuer xmlns:saml="${SAML}">${issuer}</saml:Issuer>`,
    tail: xml`<saml2p:Status><saml2p:StatusCode Value="${SUCCESS_CODE}"></saml2p:StatusCode></saml2p:Status>${message}</saml2p:ArtifactResponse>`,
  });
}
