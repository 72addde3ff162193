import { admitMember, findCandidate, type MemberParts } from "./admin/acts/federation-members.ts";
import type { FederationScheduleParts } from "./admin/federation-schedule.ts";
import { Outbound } from "./http/outbound.ts";
import type { Parts } from "./parts.ts";
import type { UnregisteredMembers } from "./saml/receive-authn-request.ts";

/** What the acts and the schedule of federations are given in a server. */
export function openFederations(parts: Parts): FederationScheduleParts {
  const { applications, log, stores, config } = parts;
  const outbound = new Outbound({ allowPrivateAddresses: config.allowPrivateAddresses });
  return { ...memberParts(parts), outbound, volatile: stores.volatile, applications, log };
}

/** Members of federations that let all their members sign on. */
export function unregisteredMembers(parts: Parts): UnregisteredMembers {
  const { applications } = parts;
  const acts = memberParts(parts);
  return {
    candidate: async (entityId) => await findCandidate(acts, entityId),
    admit: async (entityId) => {
      const admitted = await admitMember(acts, entityId);
      if (admitted !== undefined) return admitted;
      // Another request, perhaps of another process, was faster.
      await applications.reload();
      return applications.samlByEntityId(entityId);
    },
  };
}

function memberParts({ stores, applications, versions, audit, clock, random }: Parts): MemberParts {
  return {
    store: stores.durable,
    audit,
    clock,
    random,
    announce: async (changed) => {
      await applications.reload();
      await versions.bump(changed);
    },
  };
}
