import type { Fields } from "./admin-browser.ts";

/** The settings of a client as its page sends them; `version` 0 is nobody's. */
export const CLIENT_FORM: Fields = {
  version: "0",
  name: "Wiki",
  redirectUris: "https://wiki.example.org/cb",
  postLogoutRedirectUris: "",
  backchannelLogoutUri: "",
  frontchannelLogoutUri: "",
  startUrl: "",
  origins: "",
  consent: "implied",
  scopes: "profile\r\nemail",
  authorizationCode: "on",
  refreshToken: "on",
  pkce: "required",
  par: "optional",
  idTokenAlgorithm: "ES256",
  userinfoSignedResponseAlgorithm: "none",
  accessTokenFormat: "opaque",
  subjectType: "public",
  sectorIdentifier: "",
};
