import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { codeResponse, errorResponse, type ResponseTarget } from "../../src/oidc/authorization-response.ts";
import { findRegistered } from "../../src/oidc/redirect-uri.ts";

const issuer = "https://id.example.org/tenant";

function target(changes: Partial<ResponseTarget> = {}, uri = "https://wiki.example.org/cb"): ResponseTarget {
  const replyTo = findRegistered([uri], uri);
  assert.ok(replyTo !== undefined);
  return { replyTo, responseMode: "query", state: "s", applicationName: "Wiki", ...changes };
}

describe("codeResponse", () => {
  test("code, state and iss stand in the query, nothing in the fragment (CF-S3, OA-70)", () => {
    assert.deepEqual(codeResponse(target(), issuer, "c-1"), {
      kind: "redirect",
      location: "https://wiki.example.org/cb?code=c-1&state=s&iss=https%3A%2F%2Fid.example.org%2Ftenant",
    });
  });

  test("a query that the address has stays as it is (CF-68)", () => {
    const reply = codeResponse(target({}, "https://wiki.example.org/cb?a=%2F&b=1+2"), issuer, "c");
    assert.match(
      reply.kind === "redirect" ? reply.location : "",
      /^https:\/\/wiki\.example\.org\/cb\?a=%2F&b=1\+2&code=c&/,
    );
  });

  test("no state came, so none goes", () => {
    const reply = codeResponse(target({ state: undefined }), issuer, "c");
    assert.doesNotMatch(reply.kind === "redirect" ? reply.location : "state", /state/);
  });

  for (const state of ["a b+c%20&x=1#frag", "ü€😀", "'\"<script>", "=".repeat(128)]) {
    test(`state ${JSON.stringify(state).slice(0, 30)} comes back byte for byte in each mode (CF-S4)`, () => {
      const query = codeResponse(target({ state }), issuer, "c");
      const fragment = codeResponse(target({ state, responseMode: "fragment" }), issuer, "c");
      const form = codeResponse(target({ state, responseMode: "form_post" }), issuer, "c");
      assert.ok(query.kind === "redirect" && fragment.kind === "redirect" && form.kind === "form-post");
      assert.equal(new URL(query.location).searchParams.get("state"), state);
      assert.equal(new URLSearchParams(new URL(fragment.location).hash.slice(1)).get("state"), state);
      assert.equal(form.fields["state"], state);
    });
  }

  test("form_post posts to the bare address", () => {
    assert.deepEqual(codeResponse(target({ responseMode: "form_post" }), issuer, "c"), {
      kind: "form-post",
      action: "https://wiki.example.org/cb",
      fields: { code: "c", state: "s", iss: issuer },
      applicationName: "Wiki",
    });
  });
});

describe("errorResponse", () => {
  test("error, description, state and iss, and no code (CF-S6)", () => {
    const reply = errorResponse(target({ responseMode: "form_post" }), issuer, "access_denied", "No.");
    assert.deepEqual(reply.kind === "form-post" && reply.fields, {
      error: "access_denied",
      error_description: "No.",
      state: "s",
      iss: issuer,
    });
  });

  test("a description keeps to the characters of RFC 6749 4.1.2.1", () => {
    const reply = errorResponse(
      target({ responseMode: "form_post" }),
      issuer,
      "server_error",
      'a"b\\c\nd\te\u00e4~ !',
    );
    assert.equal(reply.kind === "form-post" && reply.fields["error_description"], "a?b?c?d?e?~ !");
  });
});
