import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { Outcome } from "../../src/flow/outcome.ts";
import type { Problem } from "../../src/flow/problem.ts";
import { createReplySender } from "../../src/http/reply-sender.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { TestClock } from "../fixtures/clock.ts";
import { serve } from "./serve.ts";
import { keptLog, testRenderer } from "./site.ts";

async function answerTo(t: TestContext, outcome: Outcome) {
  const log = keptLog();
  const sender = createReplySender({
    issuer: "https://id.example.org/idp",
    render: testRenderer(),
    log,
    clock: new TestClock(),
    random: systemRandom,
  });
  const url = await serve(t, (request, response) => sender.outcome(request, response, outcome));
  const answer = await fetch(url, { redirect: "manual" });
  return { answer, text: await answer.text(), log };
}

function send(reply: Extract<Outcome, { kind: "send" }>["reply"]): Outcome {
  return { kind: "send", reply };
}

const PROBLEM: Problem = {
  status: 400,
  code: "saml.acs-not-registered",
  title: "Wiki could not log you in",
  explanation: "It asked us to send you to an address that is not registered for it.",
  advice: "Give the reference to the people who look after Wiki.",
  fault: "application",
  applicationName: "Wiki",
  facts: [
    { label: "It asked for", value: `https://evil.example/"><script>alert(1)</script>${"x".repeat(1_000)}` },
  ],
};

describe("an outcome", () => {
  test("to a step goes to the issuer's own address with 303 (OA-06)", async (t) => {
    const { answer, text } = await answerTo(t, { kind: "go", to: "/login?flow=abc" });
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get("location"), "https://id.example.org/idp/login?flow=abc");
    assert.equal(text, "");
  });

  test("a redirect's address is sent octet for octet, as it may be signed", async (t) => {
    const location = "https://sp.example/acs?SAMLResponse=a%2Fb%2bc&RelayState=x%20y&Signature=%3D'()";
    const { answer, text } = await answerTo(t, send({ kind: "redirect", location }));
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get("location"), location);
    assert.equal(text, "", "a body would only repeat an address that may carry a code");
  });

  test("a redirect that would begin a header of its own is never sent", async (t) => {
    const { answer } = await answerTo(
      t,
      send({ kind: "redirect", location: "https://sp.example/\r\nSet-Cookie: a=b" }),
    );
    assert.equal(answer.status, 500);
    assert.equal(answer.headers.get("set-cookie"), null);
  });

  test("a body keeps its status, its content type and its headers", async (t) => {
    const { answer, text } = await answerTo(
      t,
      send({
        kind: "body",
        status: 401,
        contentType: "application/soap+xml",
        body: "<é/>",
        headers: { "X-A": "b" },
      }),
    );
    assert.equal(answer.status, 401);
    assert.equal(answer.headers.get("content-type"), "application/soap+xml");
    assert.equal(answer.headers.get("x-a"), "b");
    assert.equal(text, "<é/>");
  });
});

describe("SA-80 the page that posts to an application", () => {
  const hostile = `"><script>alert(1)</script>'&`;

  test("escapes the address, the names and the values of its fields", async (t) => {
    const { text } = await answerTo(
      t,
      send({
        kind: "form-post",
        action: `https://sp.example/acs?a=${hostile}`,
        fields: { SAMLResponse: "PHNhbWw+", RelayState: hostile, [hostile]: "x" },
        applicationName: hostile,
      }),
    );
    assert.ok(!text.includes("<script>alert"), "nothing of it became an element");
    assert.ok(
      text.includes(`name="RelayState" value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;"`),
    );
    assert.match(text, /<title>On the way to &quot;&gt;/);
  });

  test("SA-81 has a visible button, and one script from our own address that sends it", async (t) => {
    const fields = { code: "abc", state: "s" };
    const { text } = await answerTo(
      t,
      send({ kind: "form-post", action: "https://rp.example/cb", fields, applicationName: "Planner" }),
    );
    assert.match(text, /<form method="post" action="https:\/\/rp\.example\/cb" data-auto-post>/);
    assert.match(text, /<button class="btn primary full">Continue to Planner<\/button>/);
    assert.ok(!/<noscript/.test(text), "the button is there whether or not scripts are");
    assert.deepEqual(text.match(/<script[^>]*>/g), [`<script src="/assets/gatehouse.js" defer>`]);
  });
});

describe("an error page", () => {
  test("carries a reference that stands in the log with the exact facts", async (t) => {
    const { answer, text, log } = await answerTo(t, send({ kind: "problem", problem: PROBLEM }));
    assert.equal(answer.status, 400);
    const reference = /GH-[2-9A-Z]{4}-[2-9A-Z]{4}/.exec(text)?.[0];
    assert.ok(reference);
    const [line] = log.lines;
    assert.equal(line?.fields["reference"], reference);
    assert.equal(line?.fields["code"], "saml.acs-not-registered");
    assert.deepEqual(line?.fields["facts"], PROBLEM.facts);
  });

  test("says whose mistake it was, shows what came as text, and cuts it", async (t) => {
    const { text } = await answerTo(t, send({ kind: "problem", problem: PROBLEM }));
    assert.match(text, /Not your mistake/);
    assert.match(text, /https:\/\/evil\.example\/&quot;&gt;&lt;script&gt;/);
    assert.ok(!text.includes("x".repeat(300)), "a fact is cut at 300 characters");
  });
});
