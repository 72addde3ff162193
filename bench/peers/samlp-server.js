// samlp as its README has it, behind express-session on Redis: it reads the session, checks the request's signature and
// answers with the form. What it needs comes in GATEHOUSE_BENCH as JSON; the session's Cookie header goes back by IPC.
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import { createClient } from "redis";
import samlp from "samlp";

const { port, redisUrl, keyPem, certificatePem, issuer, provider, attributes } = JSON.parse(
  process.env.GATEHOUSE_BENCH,
);
const SECRET = "a-cookie-secret-for-the-bench";
const LIFETIME_MS = 4 * 3_600_000;

const client = createClient({ url: redisUrl });
await client.connect();

/** A session that is logged in, as express-session writes it. */
const id = `bench-${port}`;
const stored = {
  cookie: { originalMaxAge: LIFETIME_MS, expires: new Date(Date.now() + LIFETIME_MS), httpOnly: true, path: "/" },
  user: { id: "alice@example.org", methods: ["password"], sinceMs: Date.now() },
  attributes,
};
await client.set(`sess:${id}`, JSON.stringify(stored), { EX: LIFETIME_MS / 1000 });
const mac = createHmac("sha256", SECRET).update(id).digest("base64").replace(/=+$/, "");

const app = express();
app.disable("x-powered-by");
app.use(
  session({
    store: new RedisStore({ client, disableTouch: true }),
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: LIFETIME_MS },
  }),
);
app.get(
  "/saml/sso",
  samlp.auth({
    issuer,
    cert: certificatePem,
    key: keyPem,
    lifetimeInSeconds: 300,
    destination: provider.acs,
    recipient: provider.acs,
    getUserFromRequest: (request) => ({ ...request.session.user, attributes: request.session.attributes }),
    profileMapper: (user) => ({
      getClaims: () => user.attributes,
      getNameIdentifier: () => ({
        nameIdentifier: user.id,
        nameIdentifierFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
      }),
    }),
    getCredentials: (_issuer, _index, _name, done) => done(null, { cert: provider.certificatePem }),
    getPostURL: (_audience, _request, _req, done) => done(null, provider.acs),
  }),
);

createServer({ keepAliveTimeout: 60_000 }, app).listen(port, "127.0.0.1", () =>
  process.send({ cookie: `connect.sid=${encodeURIComponent(`s:${id}.${mac}`)}` }),
);
process.once("disconnect", () => process.exit(0));
