import {
  isPassingStatus,
  type LogoutChannel,
  type LogoutResult,
  type LogoutTarget,
  type PreparedMessage,
} from "../flow/logout-channel.ts";
import type { Outbound } from "../http/outbound.ts";
import type { KeyUseNotes } from "../keys/key-use-notes.ts";
import type { Application, OidcApplication } from "../model/application.ts";
import type { LogoutTokens } from "./logout-token.ts";

export interface OidcLogoutChannelParts {
  readonly issuer: string;
  readonly tokens: LogoutTokens;
  readonly outbound: Pick<Outbound, "fetch">;
  readonly keyUse?: Pick<KeyUseNotes, "accepted"> | undefined;
}

/** The answer to a logout token has no content that we read. */
const LIMIT_BYTES = 16 * 1024;

/** How OpenID Connect applications are told that a session has ended: on the server, else in a frame. */
export class OidcLogoutChannel implements LogoutChannel {
  readonly #parts: OidcLogoutChannelParts;

  constructor(parts: OidcLogoutChannelParts) {
    this.#parts = parts;
  }

  channelOf(application: Application): "back" | "front" | "none" {
    const { backchannelLogoutUri, frontchannelLogoutUri } = oidc(application);
    if (backchannelLogoutUri !== undefined) return "back";
    return frontchannelLogoutUri === undefined ? "none" : "front";
  }

  /** Posts a fresh logout token (Back-Channel Logout 1.0 sections 2.5 and 2.8). One call is one try. */
  async tell({ application, participant }: LogoutTarget): Promise<LogoutResult> {
    const client = oidc(application);
    const url = client.backchannelLogoutUri;
    if (url === undefined) return { outcome: "not-supported" };
    const keyId = this.#parts.tokens.keyIdFor(client);
    const form = { logout_token: this.#parts.tokens.issue(client, participant) };
    try {
      const { status } = await this.#parts.outbound.fetch({ url, form, limitBytes: LIMIT_BYTES });
      const result = resultOf(status);
      // It says so only for a token whose signature it has checked (section 2.6).
      if (result.outcome === "signed-out") this.#parts.keyUse?.accepted(client.id, keyId, "logout-answered");
      return result;
    } catch {
      // One word for every fault of the network: which it was is for whoever runs that network (outbound.ts).
      return { outcome: "unreachable", passing: true };
    }
  }

  /** The address that a frame loads (Front-Channel Logout 1.0 section 2), with nothing added but `iss` and `sid`. */
  async message({ application, participant }: LogoutTarget): Promise<PreparedMessage> {
    const uri = oidc(application).frontchannelLogoutUri;
    if (uri === undefined) throw new TypeError("this application has no front-channel logout address");
    const query = new URLSearchParams({ iss: this.#parts.issuer, sid: participant.sessionIndex });
    const url = `${uri}${uri.includes("?") ? "&" : "?"}${query.toString()}`;
    return await Promise.resolve({ message: { kind: "get", url } });
  }
}

/** Section 2.8: 200, and 204 from those who take it literally, for done; whatever else is not. */
function resultOf(status: number): LogoutResult {
  if (status === 200 || status === 204) return { outcome: "signed-out" };
  const detail = `status ${status}`;
  if (status === 501) return { outcome: "not-supported", detail };
  return { outcome: "refused", detail, passing: isPassingStatus(status) };
}

function oidc(application: Application): OidcApplication {
  if (application.protocol !== "oidc") throw new TypeError("an application of another protocol");
  return application;
}
