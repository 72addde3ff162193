import type { SamlApplication } from "../../model/application.ts";
import { OWN_RELAY_STATE_BYTES } from "../../saml/relay-state-rule.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, recorded, refused } from "./act.ts";
import { replaceApplication } from "./replace-application.ts";

/** The ways into an application that are off until an administrator switches them on. */
export type SamlProfiles = Pick<SamlApplication, "idpInitiated" | "ecp">;

const RELAY_STATES_AT_MOST = 50;

/** Switches the ways in beside the application's own requests. It holds from the next sign-on. */
export async function setSamlProfiles(
  parts: ActParts,
  actor: Actor,
  id: string,
  profiles: SamlProfiles,
): Promise<ActResult<{ readonly application: SamlApplication }>> {
  const found = await parts.store.applications.get(id);
  if (found?.protocol !== "saml") return refused("not-found", "there is no such SAML application");
  const { idpInitiated, ecp } = profiles;
  const wrong = wrongRelayState(idpInitiated?.relayStates ?? []);
  if (wrong !== undefined) return refused("invalid", wrong, "relayStates");
  const application = { ...found, idpInitiated, ecp };
  const entry = {
    action: "application.profiles-changed",
    targetKind: "application",
    targetId: id,
    targetName: found.name,
    detail: {
      startedHere: idpInitiated !== undefined,
      relayStates: idpInitiated?.relayStates.length ?? 0,
      ecp: ecp === true,
    },
  } as const;
  return await recorded(parts, actor, entry, async () => await replaceApplication(parts, found, application));
}

function wrongRelayState(entries: readonly string[]): string | undefined {
  if (entries.length > RELAY_STATES_AT_MOST) return `name ${RELAY_STATES_AT_MOST} RelayStates at most`;
  const tooLong = entries.find((entry) => Buffer.byteLength(entry) > OWN_RELAY_STATE_BYTES);
  return tooLong === undefined ? undefined : `a RelayState has ${OWN_RELAY_STATE_BYTES} bytes at most`;
}
