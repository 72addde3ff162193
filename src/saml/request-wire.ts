import { z } from "zod";
import type { RequestedContext } from "../model/authentication.ts";
import type { SignOnRequest } from "../model/sign-on-request.ts";

/** NameIDPolicy as it was asked for (SAML Core 3.4.1.1). */
export interface NameIdPolicy {
  /** As it was spelled; undefined where the attribute is absent. */
  readonly format?: string | undefined;
  readonly spNameQualifier?: string | undefined;
  /** False where the attribute is absent: the schema's default. */
  readonly allowCreate: boolean;
}

/**
 * What the answer needs of an AuthnRequest and nobody else reads: `wire` of a SAML sign-on request. It survives JSON.
 * What the decision is about (ForceAuthn, IsPassive, the context's strength) stands in the sign-on request itself.
 */
export interface SamlRequestWire {
  /** The AuthnRequest's ID, for InResponseTo; undefined for a sign-on that began here. */
  readonly requestId?: string | undefined;
  /** Goes back as it came (SAML Bindings 3.5.3); an empty one is one. */
  readonly relayState?: string | undefined;
  /** Full URN of the binding of the assertion consumer service that was chosen. */
  readonly acsBinding: string;
  readonly nameIdPolicy?: NameIdPolicy | undefined;
  /** AuthnContextClassRef values as they were spelled, in their order: the answer names the class that was asked for. */
  readonly requestedClassRefs: readonly string[];
  /** RequestedAuthnContext Comparison; undefined without RequestedAuthnContext. */
  readonly comparison?: RequestedContext["comparison"] | undefined;
}

const WIRE: z.ZodType<SamlRequestWire> = z.object({
  requestId: z.string().optional(),
  relayState: z.string().optional(),
  acsBinding: z.string(),
  nameIdPolicy: z
    .object({
      format: z.string().optional(),
      spNameQualifier: z.string().optional(),
      allowCreate: z.boolean(),
    })
    .optional(),
  requestedClassRefs: z.array(z.string()),
  comparison: z.enum(["exact", "minimum", "better", "maximum"]).optional(),
});

/**
 * The SAML half of a sign-on request, as only the SAML endpoints put it there after they had checked it. Throws on
 * anything else, such as a request of another protocol, which is a bug of ours.
 */
export function samlWire(request: SignOnRequest): SamlRequestWire {
  if (request.protocol !== "saml")
    throw new TypeError(`a ${request.protocol} request is not answered in SAML`);
  return WIRE.parse(request.wire);
}
