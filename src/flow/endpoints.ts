/** Our own paths that more than one part must name; all are appended to the issuer. */
export const PATHS = {
  resume: "/resume",
  login: "/login",
  chooseAccount: "/choose-account",
  consent: "/consent",
  stepUp: "/step-up",
  home: "/",
  logout: "/logout",
  logoutRun: "/logout/run",
  receipt: "/logout/receipt",
  samlMetadata: "/saml/metadata",
  samlSso: "/saml/sso",
  samlStart: "/saml/sso/start",
  samlSlo: "/saml/slo",
  samlArtifact: "/saml/artifact",
  samlEcp: "/saml/ecp",
  oidcAuthorize: "/oauth2/authorize",
  oidcToken: "/oauth2/token",
  oidcUserinfo: "/oauth2/userinfo",
  oidcJwks: "/oauth2/jwks",
  oidcEndSession: "/oauth2/logout",
  oidcRevocation: "/oauth2/revoke",
  oidcIntrospection: "/oauth2/introspect",
  oidcPar: "/oauth2/par",
  tokensVerify: "/tokens/verify",
  tokensRevocations: "/tokens/revocations",
} as const;

/** The query parameter that carries a parked sign-on request's id. */
export const FLOW_PARAMETER = "flow";
