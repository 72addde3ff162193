import { sha256 } from "../platform/digest.ts";

/**
 * How one application knows a session (SessionIndex, `sid`): 128 bits, the same at each sign-on of the session and
 * another at every application, so that two of them cannot find out that they serve the same browser (SAML Core
 * 2.7.2). It reveals nothing of the session's id and grants nothing.
 */
export function sessionIndexFor(sessionId: string, applicationId: string): string {
  return `_${sha256(`session-index|${sessionId}|${applicationId}`).slice(0, 22)}`;
}
