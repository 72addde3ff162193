// oidc-provider on Redis, with one account that is logged in and has consented. What it needs comes in GATEHOUSE_BENCH
// as JSON; the session's Cookie header goes back by IPC.
import { createPrivateKey } from "node:crypto";
import { createServer } from "node:http";
import Redis from "ioredis";
import Keygrip from "keygrip";
import { Provider } from "oidc-provider";
import { redisAdapter } from "./redis-adapter.js";

const { port, redisUrl, keyPem, ecKeyPem, redirectUri, clientSecret } = JSON.parse(process.env.GATEHOUSE_BENCH);
const SCOPE = "openid profile email";
const COOKIE_KEY = "a-cookie-key-for-the-bench";
const SESSION_SECONDS = 14_400;
const ACCOUNT = {
  sub: "alice",
  name: "Alice Example",
  given_name: "Alice",
  family_name: "Example",
  email: "alice@example.org",
  email_verified: true,
};

const jwk = (pem, alg) => ({ ...createPrivateKey(pem).export({ format: "jwk" }), alg, kid: alg, use: "sig" });
const client = (alg) => ({
  client_id: alg,
  client_secret: clientSecret,
  redirect_uris: [redirectUri],
  grant_types: ["authorization_code"],
  response_types: ["code"],
  token_endpoint_auth_method: "client_secret_basic",
  id_token_signed_response_alg: alg,
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter: redisAdapter(new Redis(redisUrl, { keyPrefix: "peer:" })),
  jwks: { keys: [jwk(keyPem, "RS256"), jwk(ecKeyPem, "ES256")] },
  cookies: { keys: [COOKIE_KEY] },
  clients: [client("RS256"), client("ES256")],
  scopes: SCOPE.split(" "),
  claims: { openid: ["sub"], profile: ["name", "given_name", "family_name"], email: ["email", "email_verified"] },
  findAccount: async () => ({ accountId: ACCOUNT.sub, claims: async () => ACCOUNT }),
  features: { devInteractions: { enabled: false }, introspection: { enabled: true }, userinfo: { enabled: true } },
  interactions: { url: () => "/login" },
  ttl: { AccessToken: 3600, AuthorizationCode: 60, IdToken: 3600, Session: SESSION_SECONDS, Grant: SESSION_SECONDS },
});
provider.on("server_error", (_context, error) => process.stderr.write(`${error.stack}\n`));

/** The Cookie header of a session that is logged in and has allowed both clients everything. */
async function loggedIn() {
  const session = new provider.Session({});
  session.loginAccount({ accountId: ACCOUNT.sub, loginTs: Math.floor(Date.now() / 1000) });
  for (const clientId of ["RS256", "ES256"]) {
    const grant = new provider.Grant({ accountId: ACCOUNT.sub, clientId });
    grant.addOIDCScope(SCOPE);
    session.ensureClientContainer(clientId);
    session.grantIdFor(clientId, await grant.save(SESSION_SECONDS));
  }
  await session.save(SESSION_SECONDS);
  const signature = new Keygrip([COOKIE_KEY]).sign(`_session=${session.jti}`);
  return `_session=${session.jti}; _session.sig=${signature}`;
}

const cookie = await loggedIn();
createServer({ keepAliveTimeout: 60_000 }, provider.callback()).listen(port, "127.0.0.1", () => process.send({ cookie }));
process.once("disconnect", () => process.exit(0));
