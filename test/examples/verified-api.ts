import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { z } from "zod";
import { TokenVerifier, type TokenVerifierSettings } from "../../examples/verify-token.ts";
import { sha256 } from "../../src/platform/digest.ts";
import { eventually } from "../fixtures/eventually.ts";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import {
  API,
  basic,
  OTHER_API,
  RESOURCE_SERVER_SECRET,
  SERVICE_SECRET,
  startTokenApp,
  type TokenApp,
} from "../tokens/token-app.ts";

/** What becomes of a request of the verifier before Gatehouse sees it. */
export type Intercept = (url: URL, answer: () => Promise<Response>) => Promise<Response>;

/** An API that checks its tokens with the example, and the Gatehouse that it asks. */
export interface VerifiedApi {
  readonly app: TokenApp;
  readonly verifier: TokenVerifier;
  /** The paths that were asked, polls of the feed aside. */
  asked: string[];
  intercept(intercept: Intercept | undefined): void;
  /** The example's answer to a request with this token. */
  check(
    token: string,
    more?: Parameters<TokenVerifier["verify"]>[0],
    scopes?: readonly string[],
  ): ReturnType<TokenVerifier["verify"]>;
  /** A JWT access token of a service. */
  jwt(): Promise<string>;
  /** Does something that the feed names, and waits until the verifier has heard of it. */
  after(act: () => Promise<unknown>): Promise<void>;
}

export async function verifiedApi(
  t: TestContext,
  settings: Partial<TokenVerifierSettings> = {},
): Promise<VerifiedApi> {
  const app = await startTokenApp();
  await app.parts.stores.durable.applications.insert(
    oidcApplication({
      id: "jwt-robot",
      profile: "service",
      accessTokenFormat: "jwt",
      grantTypes: ["client_credentials"],
      redirectUris: [],
      resources: [API, OTHER_API],
      secrets: [{ hash: sha256(SERVICE_SECRET), lastFour: "xxxx", createdAtMs: 0 }],
    }),
  );
  await app.parts.applications.reload();
  await app.parts.tokens.note([{ what: "revoked", id: "the first of all" }]);
  const asked: string[] = [];
  let intercept: Intercept | undefined;
  let polls = 0;
  const fetchFrom: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.pathname === "/tokens/revocations") polls += 1;
    else asked.push(url.pathname);
    const answer = async () => await fetch(`${app.origin}${url.pathname}${url.search}`, init);
    return await (intercept === undefined ? answer() : intercept(url, answer));
  };
  const verifier = new TokenVerifier({
    issuer: "http://localhost:4000",
    resource: API,
    clientId: "orders-server",
    clientSecret: RESOURCE_SERVER_SECRET,
    fetch: fetchFrom,
    nowMs: () => app.clock.nowMs(),
    // The test's clock goes by leaps, the feed does not.
    silentAfterSeconds: 3_600,
    ...settings,
  });
  verifier.start();
  t.after(async () => {
    verifier.stop();
    await app.close();
  });
  // A poll begins when the answer of the one before is read.
  const pollsAre = async (count: number) => {
    await eventually(async () => await Promise.resolve(assert.ok(polls >= count)), 10_000);
  };
  await pollsAre(2);
  // What was issued before the reader began is asked about, and answers of its first seconds are not kept.
  app.clock.advance(7_000);
  return {
    app,
    verifier,
    asked,
    intercept: (with_) => {
      intercept = with_;
    },
    check: async (token, more = { headers: {} }, scopes = ["orders:read"]) =>
      await verifier.verify(
        {
          method: "GET",
          url: "/orders/7",
          address: "192.0.2.7",
          ...more,
          headers: { authorization: `Bearer ${token}`, ...more.headers },
        },
        { scopes },
      ),
    jwt: async () => {
      const response = await fetch(`${app.origin}/oauth2/token`, {
        method: "POST",
        headers: {
          ...basic("jwt-robot", SERVICE_SECRET),
          "content-type": "application/x-www-form-urlencoded",
        },
        body: new URLSearchParams({ grant_type: "client_credentials", resource: API }),
      });
      return z.object({ access_token: z.string() }).parse(await response.json()).access_token;
    },
    after: async (act) => {
      const before = polls;
      await act();
      await pollsAre(before + 1);
    },
  };
}

/** Status and error of a refusal; [200] for none. */
export function refusalOf(found: Awaited<ReturnType<TokenVerifier["verify"]>>): readonly [number, string?] {
  return found.ok ? [200] : [found.status, found.error ?? ""];
}
