import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { problemShown } from "../../src/audit/problem-shown.ts";
import type { Problem } from "../../src/flow/problem.ts";

const problem: Problem = {
  status: 400,
  code: "saml.acs-not-registered",
  title: "Wiki could not log you in",
  explanation: "",
  advice: "",
  fault: "application",
  applicationName: "Wiki",
  facts: [
    { label: "It asked for", value: "https://wiki.example.org/acs/", section: "SAML Core 3.4.1" },
    { label: "Registered", value: "https://wiki.example.org/acs" },
  ],
};

describe("the audit entry of an error page", () => {
  test("has the facts under the person's reference", () => {
    assert.deepEqual(problemShown("GH-4F7K-92MX", problem, { account: undefined, address: "203.0.113.7" }), {
      action: "error-page.shown",
      outcome: "refused",
      actorId: undefined,
      actorName: undefined,
      targetKind: "application",
      targetName: "Wiki",
      address: "203.0.113.7",
      reference: "GH-4F7K-92MX",
      detail: {
        code: "saml.acs-not-registered",
        "It asked for": "https://wiki.example.org/acs/ (SAML Core 3.4.1)",
        Registered: "https://wiki.example.org/acs",
      },
    });
  });

  test("is a failure when the fault was ours", () => {
    assert.equal(problemShown("GH-1", { ...problem, status: 503 }, undefined).outcome, "failure");
  });

  test("keeps a stranger's text short", () => {
    const facts = Array.from({ length: 50 }, (_, index) => ({
      label: `fact ${index}`,
      value: "x".repeat(100_000),
    }));
    const { detail } = problemShown("GH-1", { ...problem, facts }, undefined);
    assert.ok(JSON.stringify(detail).length < 3_000);
  });

  test("a fact named like a property of every object stays a fact", () => {
    const { detail } = problemShown(
      "GH-1",
      { ...problem, facts: [{ label: "__proto__", value: "x" }] },
      undefined,
    );
    assert.equal(Object.getPrototypeOf(detail), Object.prototype);
  });
});
