import express, { type Express, type Request, type Response } from "express";
import { BrowserSessions } from "./parts/browser-sessions.ts";
import { type IdentityProvider, identityProviderAt } from "./parts/identity-provider.ts";
import { type Appearance, doorPage, type Visit, visitPage } from "./parts/pages.ts";
import { newApplication, refusalPage, run, setting, settingFile } from "./parts/run-application.ts";
import * as gate from "./parts/saml-gate.ts";
import {
  LOGIN_MS,
  librarySeenFrom,
  type Requests,
  type SamlApplicationSettings,
  samlApplicationMetadata,
  subjectOf,
} from "./parts/saml-library.ts";
import { UsedOnce } from "./parts/used-once.ts";

/** A person who is logged in here, and what single logout needs to find this session again. */
interface Login {
  readonly assertion: gate.Assertion;
  readonly visit: Visit;
}

const SESSION_MS = 8 * 60 * 60_000;
const LABELS: Readonly<Record<string, string>> = {
  uid: "User name",
  mail: "E-mail",
  displayName: "Name",
  cn: "Common name",
  givenName: "Given name",
  sn: "Family name",
  isMemberOf: "Groups",
};
const WELCOME = { title: "Welcome to Wiki", text: "Nobody is logged in here yet." };
const LOGGED_OUT = {
  title: "You are logged out",
  text: "Wiki has forgotten you, and Gatehouse told the others.",
};

/** What the handlers work with. */
interface Parts {
  readonly settings: SamlApplicationSettings;
  readonly look: Appearance;
  readonly requests: BrowserSessions<Requests>;
  readonly sessions: BrowserSessions<Login>;
  readonly used: UsedOnce;
  readonly identityProvider: () => Promise<IdentityProvider>;
  readonly assertionConsumerService: string;
  readonly logoutService: string;
}

/** A small service provider: login, logout from either side, and a page that shows all that it was told. */
export function createSamlApplication(settings: SamlApplicationSettings): Express {
  const parts = makeParts(settings);
  const { look, sessions } = parts;
  const app = newApplication();
  app.get("/", (request, response) => {
    const login = sessions.of(request);
    response.send(login === undefined ? doorPage(look, WELCOME) : visitPage(look, login.visit));
  });
  app.get("/logged-out", (_request, response) => {
    response.send(doorPage(look, LOGGED_OUT));
  });
  app.get("/login", async (request, response) => {
    await sendToGatehouse(parts, request, response);
  });
  app.post(
    "/saml/acs",
    express.urlencoded({ extended: false, limit: "128kb" }),
    async (request, response) => {
      await acceptAnswer(parts, request, response);
    },
  );
  app.post("/logout", async (request, response) => {
    await logOutHere(parts, request, response);
  });
  app.get("/saml/slo", async (request, response) => {
    await acceptLogout(parts, request, response);
  });
  app.get("/saml/metadata", (_request, response) => {
    response.type("application/samlmetadata+xml").send(samlApplicationMetadata(settings));
  });
  app.use(refusalPage(look));
  return app;
}

async function sendToGatehouse(parts: Parts, request: Request, response: Response): Promise<void> {
  const pending = requestsOf(parts.requests, request, response);
  const library = librarySeenFrom(parts.settings, await parts.identityProvider(), pending);
  response.redirect(303, await library.getAuthorizeUrlAsync("", undefined, {}));
}

/** The answer: it must be for us, answer a request of this very browser, be signed, and not have been used. */
async function acceptAnswer(parts: Parts, request: Request, response: Response): Promise<void> {
  const { assertionConsumerService } = parts;
  const message = field(request.body, "SAMLResponse");
  const requestId = gate.checkResponse(gate.readPosted(message), assertionConsumerService);
  const pending = parts.requests.of(request);
  if (pending === undefined) throw new gate.Refused("this browser has asked for no login");
  const provider = await parts.identityProvider();
  const library = librarySeenFrom(parts.settings, provider, pending);
  const { profile } = await library.validatePostResponseAsync({ SAMLResponse: message });
  const verified = profile?.getAssertionXml?.() ?? "";
  const expected = { issuer: provider.entityId, assertionConsumerService, requestId };
  const assertion = gate.readAssertion(verified, expected);
  if (!parts.used.take(assertion.id, assertion.expiresAtMs)) throw new gate.Refused("it was used before");
  parts.sessions.begin(request, response, { assertion, visit: visitOf(assertion, verified) });
  response.redirect(303, "/");
}

/** Logout that begins here: our session ends first, then Gatehouse is told, which tells everybody else. */
async function logOutHere(parts: Parts, request: Request, response: Response): Promise<void> {
  const login = parts.sessions.end(request, response);
  if (login === undefined) {
    response.redirect(303, "/");
    return;
  }
  const pending = requestsOf(parts.requests, request, response);
  const library = librarySeenFrom(parts.settings, await parts.identityProvider(), pending);
  response.redirect(303, await library.getLogoutUrlAsync(subjectOf(login.assertion), "", {}));
}

/** Logout that began elsewhere, and the answer to our own: signed messages by Redirect only. */
async function acceptLogout(parts: Parts, request: Request, response: Response): Promise<void> {
  const message = gate.readRedirect(request.originalUrl.split("?", 2)[1] ?? "");
  const name = message.fields["SAMLRequest"] === undefined ? "LogoutResponse" : "LogoutRequest";
  const { id, expiresAtMs } = gate.checkLogout(message.root, { name, destination: parts.logoutService });
  const pending = parts.requests.of(request) ?? new Map<string, string>();
  const library = librarySeenFrom(parts.settings, await parts.identityProvider(), pending);
  const { profile } = await library.validateRedirectAsync(message.fields, message.signedQuery);
  if (!parts.used.take(id, expiresAtMs)) throw new gate.Refused("it was used before");
  if (profile === null) {
    response.redirect(303, "/logged-out");
    return;
  }
  // Found by what the message says and not by a cookie: in a frame of another site the browser brings none.
  const ended = parts.sessions.endWhere(
    ({ assertion }) =>
      assertion.nameId === profile.nameID &&
      (profile.sessionIndex === undefined || assertion.sessionIndex === profile.sessionIndex),
  );
  const relayState = message.fields["RelayState"] ?? "";
  response.redirect(303, await library.getLogoutResponseUrlAsync(profile, relayState, {}, ended > 0));
}

function makeParts(settings: SamlApplicationSettings): Parts {
  const { baseUrl } = settings;
  const secure = baseUrl.startsWith("https:");
  return {
    settings,
    look: appearance(settings),
    // The answer comes as a form from Gatehouse's site, which brings no Lax cookie unless it is our site as well.
    requests: new BrowserSessions({ cookie: "wiki-login", secure, sameSite: "none", lifetimeMs: LOGIN_MS }),
    sessions: new BrowserSessions({ cookie: "wiki", secure, lifetimeMs: SESSION_MS }),
    used: new UsedOnce(),
    identityProvider: identityProviderAt(`${settings.gatehouse}/saml/metadata`),
    assertionConsumerService: `${baseUrl}/saml/acs`,
    logoutService: `${baseUrl}/saml/slo`,
  };
}

function requestsOf(all: BrowserSessions<Requests>, request: Request, response: Response): Requests {
  const known = all.of(request);
  if (known !== undefined) return known;
  const fresh: Requests = new Map();
  all.begin(request, response, fresh);
  return fresh;
}

function visitOf(assertion: gate.Assertion, xml: string): Visit {
  const first = (name: string) =>
    assertion.attributes.find((one) => one.friendlyName === name)?.values[0] ?? "";
  return {
    name: first("displayName") || first("cn") || assertion.nameId,
    email: first("mail"),
    loggedInAt: new Date(assertion.loggedInAtMs),
    identity: [
      { label: "Subject", term: "NameID", values: [assertion.nameId] },
      { label: "Kind of subject", term: "Format", values: [assertion.nameIdFormat] },
      { label: "Session", term: "SessionIndex", values: [assertion.sessionIndex] },
    ],
    values: assertion.attributes.map((one) => ({
      label: LABELS[one.friendlyName ?? ""] ?? one.friendlyName ?? one.name,
      term: one.name,
      values: one.values,
    })),
    raw: xml.replaceAll("><", ">\n<"),
    rawTitle: "The assertion, as its signature covers it",
  };
}

function field(body: unknown, name: string): string {
  const value: unknown = typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
  if (typeof value !== "string") throw new gate.Refused(`${name} is missing or came twice`);
  return value;
}

function appearance(settings: SamlApplicationSettings): Appearance {
  return {
    name: "Wiki",
    tile: "",
    protocol: "SAML 2.0",
    gatehouse: settings.gatehouse,
    otherName: "Planner",
    otherUrl: settings.otherUrl,
  };
}

if (import.meta.main) {
  const port = Number(setting("PORT", "4001"));
  const app = createSamlApplication({
    baseUrl: setting("BASE_URL", `http://localhost:${port}`),
    gatehouse: setting("GATEHOUSE_ISSUER", "http://localhost:4000"),
    otherUrl: setting("OTHER_APPLICATION", "http://localhost:4002"),
    privateKey: settingFile("APPLICATION_KEY_FILE"),
    certificate: settingFile("APPLICATION_CERTIFICATE_FILE"),
  });
  run(app, port, "Wiki");
}
