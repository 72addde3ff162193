import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RefusalReason } from "../../src/model/refusal.ts";
import { refusalError } from "../../src/oidc/refusal-error.ts";

/** One row a reason; a reason that is added to the model and not here does not type-check. */
const TABLE: Readonly<Record<RefusalReason, readonly [error: string, section: string]>> = {
  "application-disabled": ["unauthorized_client", "RFC 6749 4.1.2.1"],
  "account-disabled": ["access_denied", "RFC 6749 4.1.2.1"],
  "login-required": ["login_required", "OpenID Connect Core 3.1.2.6"],
  "account-selection-required": ["account_selection_required", "OpenID Connect Core 3.1.2.6"],
  "step-up-required": ["interaction_required", "OpenID Connect Core 3.1.2.6"],
  "consent-required": ["consent_required", "OpenID Connect Core 3.1.2.6"],
  "context-not-possible": [
    "unmet_authentication_requirements",
    "OpenID Connect Core Error Code unmet_authentication_requirements 1.0, 2",
  ],
  "access-denied": ["access_denied", "RFC 6749 4.1.2.1"],
  "consent-denied": ["access_denied", "RFC 6749 4.1.2.1"],
  "login-cancelled": ["access_denied", "RFC 6749 4.1.2.1"],
  "subject-not-available": ["server_error", "RFC 6749 4.1.2.1"],
  "name-id-policy-not-possible": ["server_error", "RFC 6749 4.1.2.1"],
  "internal-error": ["server_error", "RFC 6749 4.1.2.1"],
};

const isReason = (text: string): text is RefusalReason => Object.hasOwn(TABLE, text);

describe("refusalError", () => {
  for (const reason of Object.keys(TABLE).filter(isReason)) {
    const [error, section] = TABLE[reason];
    test(`${reason} becomes ${error} (${section})`, () => {
      const row = refusalError(reason);
      assert.equal(row.error, error);
      assert.equal(row.section, section);
      assert.match(row.description, /^[\x20-\x21\x23-\x5b\x5d-\x7e]{10,}$/);
    });
  }
});
