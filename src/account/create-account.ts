import type { Account, AccountRole } from "../model/account.ts";
import type { Clock } from "../platform/clock.ts";
import { type Random, randomId } from "../platform/random.ts";
import { type AccountStore, Conflict } from "../storage/stores.ts";
import { canonicalLoginName, emailProblem, usernameProblem } from "./login-name.ts";
import { normalisedPassword, passwordProblem } from "./password-rules.ts";

/** A new account as a page, the command or the demo asks for it. */
export interface NewAccount {
  readonly username: string;
  readonly email?: string | undefined;
  readonly emailVerified?: boolean | undefined;
  readonly name?: string | undefined;
  readonly givenName?: string | undefined;
  readonly familyName?: string | undefined;
  readonly phone?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly role?: AccountRole | undefined;
  readonly attributes?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Without one nobody can log in with a password. */
  readonly password?: string | undefined;
}

export interface CreateAccountParts {
  readonly store: AccountStore;
  readonly hasher: { hash(password: string): Promise<string> };
  readonly clock: Clock;
  readonly random: Random;
}

export type CreateAccountResult =
  | { readonly kind: "created"; readonly account: Account }
  | {
      readonly kind: "refused";
      readonly field: "username" | "email" | "name" | "password" | "groups";
      /** A sentence for whoever typed it. */
      readonly problem: string;
    };

const LONGEST_TEXT = 200;

/** Makes an account after all its checks. Throws `Unavailable`, and `Busy` when too many passwords are being hashed. */
export async function createAccount(
  input: NewAccount,
  parts: CreateAccountParts,
): Promise<CreateAccountResult> {
  const refused = refusalOf(input);
  if (refused !== undefined) return refused;
  const account = accountOf(input, parts);
  const canonical = {
    username: canonicalLoginName(account.username),
    email: account.email === undefined ? undefined : canonicalLoginName(account.email),
  };
  const takenField = await taken(parts.store, canonical);
  if (takenField !== undefined) return conflict(takenField);
  // Hashed before anything is stored: an account without its password must not stay behind when the queue is full.
  const hash =
    input.password === undefined ? undefined : await parts.hasher.hash(normalisedPassword(input.password));
  try {
    await parts.store.insert(account, canonical);
  } catch (error) {
    if (error instanceof Conflict) return conflict(error.field === "email" ? "email" : "username");
    throw error;
  }
  if (hash !== undefined) await parts.store.setPasswordHash(account.id, hash, account.createdAtMs);
  return { kind: "created", account };
}

/**
 * A user name and an e-mail address are looked up in the same place, so nobody may take as a user name the address of
 * somebody else, or the other way round.
 */
async function taken(
  store: AccountStore,
  canonical: { username: string; email: string | undefined },
): Promise<"username" | "email" | undefined> {
  if ((await store.findByLoginName(canonical.username)) !== undefined) return "username";
  if (canonical.email === undefined) return undefined;
  return (await store.findByLoginName(canonical.email)) === undefined ? undefined : "email";
}

function refusalOf(input: NewAccount): CreateAccountResult | undefined {
  const email = input.email === undefined || input.email === "" ? undefined : input.email;
  const username = usernameProblem(input.username) ?? foreignAddress(input.username, email);
  if (username !== undefined) return { kind: "refused", field: "username", problem: username };
  const address = email === undefined ? undefined : emailProblem(email);
  if (address !== undefined) return { kind: "refused", field: "email", problem: address };
  for (const text of [input.name, input.givenName, input.familyName, input.phone]) {
    if (text !== undefined && !isShownText(text)) {
      return {
        kind: "refused",
        field: "name",
        problem: `A name has ${LONGEST_TEXT} characters at most, all of them visible.`,
      };
    }
  }
  if (!(input.groups ?? []).every((group) => group !== "" && isShownText(group))) {
    return {
      kind: "refused",
      field: "groups",
      problem: "A group's name is empty, too long, or not visible.",
    };
  }
  if (input.password === undefined) return undefined;
  const password = passwordProblem(input.password, [input.username, email ?? input.username]);
  return password === undefined ? undefined : { kind: "refused", field: "password", problem: password };
}

/** A user name in the form of an address is somebody's address: it must be this account's own. */
function foreignAddress(username: string, email: string | undefined): string | undefined {
  if (!username.includes("@")) return undefined;
  const own = email !== undefined && canonicalLoginName(email) === canonicalLoginName(username);
  return own ? undefined : "A user name with @ in it must be the account's own e-mail address.";
}

/** No control characters and no lone surrogates: SAML could not carry them, and a log line would break on them. */
function isShownText(text: string): boolean {
  return text.length <= LONGEST_TEXT && text.isWellFormed() && !/\p{Cc}/u.test(text);
}

function accountOf(input: NewAccount, { clock, random }: CreateAccountParts): Account {
  const nowMs = clock.nowMs();
  return {
    id: randomId(random),
    username: input.username.normalize("NFC"),
    email: given(input.email),
    emailVerified: input.emailVerified ?? false,
    name: given(input.name),
    givenName: given(input.givenName),
    familyName: given(input.familyName),
    phone: given(input.phone),
    groups: [...new Set(input.groups)],
    role: input.role ?? "person",
    enabled: true,
    attributes: input.attributes ?? {},
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

function given(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text.trim().normalize("NFC");
}

function conflict(field: "username" | "email"): CreateAccountResult {
  const what = field === "email" ? "This e-mail address" : "This user name";
  return { kind: "refused", field, problem: `${what} belongs to another account.` };
}
