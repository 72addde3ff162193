import type { KeyRing } from "../keys/key-ring.ts";
import type { Account } from "../model/account.ts";
import type { OidcApplication } from "../model/application.ts";
import type { Participants } from "../session/participants.ts";
import { AuthorizationError } from "./authorization-error.ts";
import type { ClaimsRequest } from "./claims-parameter.ts";
import { readIdTokenHint } from "./id-token-hint.ts";

export interface ExpectedAccountsParts {
  readonly issuer: string;
  readonly keyRing: KeyRing;
  readonly accounts: { get(id: string): Promise<Account | undefined> };
  readonly participants: Participants;
}

/** Whom an application expects: the person of `id_token_hint`, or the `sub` that its `claims` parameter names. */
export class ExpectedAccounts {
  readonly #parts: ExpectedAccountsParts;

  constructor(parts: ExpectedAccountsParts) {
    this.#parts = parts;
  }

  /**
   * The account's id, or undefined when anybody will do. Throws `AuthorizationError`: `invalid_request` for a hint
   * that we did not issue to this client, `login_required` for a person that we do not know (OpenID Connect Core
   * 3.1.2.1: an answer about somebody else must not be given).
   */
  async find(
    application: OidcApplication,
    hintText: string | undefined,
    claims: ClaimsRequest | undefined,
  ): Promise<string | undefined> {
    const subjects = new Set(subjectsOfClaims(claims));
    if (hintText !== undefined) subjects.add(this.#subjectOfHint(application, hintText));
    const [subject, ...others] = subjects;
    if (subject === undefined) return undefined;
    const accountId = others.length > 0 ? undefined : await this.#accountOf(application, subject);
    if (accountId === undefined) {
      throw new AuthorizationError("login_required", "The expected person cannot be logged in.");
    }
    return accountId;
  }

  #subjectOfHint(application: OidcApplication, text: string): string {
    const hint = readIdTokenHint(this.#parts.keyRing, this.#parts.issuer, text);
    if (hint === undefined || hint.clientId !== application.id) {
      throw new AuthorizationError("invalid_request", "id_token_hint was not issued to this client by us.");
    }
    return hint.subject;
  }

  /** A pairwise subject leads nowhere by itself; the sessions in which the application knows it do. */
  async #accountOf(application: OidcApplication, subject: string): Promise<string | undefined> {
    if (application.subjectType === "public") return (await this.#parts.accounts.get(subject))?.id;
    const [known] = await this.#parts.participants.sessionsOf(application.id, subject);
    return known?.accountId;
  }
}

/** OpenID Connect Core 5.5.1: a `sub` with a value is a demand for that person. */
function subjectsOfClaims(claims: ClaimsRequest | undefined): readonly string[] {
  const wishes = [...(claims?.idToken ?? []), ...(claims?.userinfo ?? [])];
  return wishes.filter(({ name }) => name === "sub").flatMap(({ values }) => values?.map(String) ?? []);
}
