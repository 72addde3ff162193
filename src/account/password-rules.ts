import { canonicalLoginName } from "./login-name.ts";

export const PASSWORD_LEAST = 8;
export const PASSWORD_MOST = 256;

/** What is guessed first, as far as it is long enough to pass otherwise. */
const GUESSED_FIRST = new Set([
  "password",
  "password1",
  "password12",
  "password123",
  "passw0rd",
  "p@ssword",
  "p@ssw0rd",
  "12345678",
  "123456789",
  "1234567890",
  "12345678910",
  "87654321",
  "11111111",
  "00000000",
  "88888888",
  "12341234",
  "qwertyui",
  "qwertyuiop",
  "qwerty123",
  "qwerty12",
  "1q2w3e4r",
  "1q2w3e4r5t",
  "1qaz2wsx",
  "qazwsxedc",
  "asdfghjkl",
  "zxcvbnm1",
  "iloveyou",
  "iloveyou1",
  "sunshine",
  "princess",
  "football",
  "baseball",
  "superman",
  "trustno1",
  "letmein1",
  "welcome1",
  "welcome123",
  "changeme",
  "changeme1",
  "administrator",
  "admin123",
  "admin1234",
  "abcd1234",
  "abc12345",
  "abcdefgh",
  "computer",
  "internet",
  "whatever",
  "starwars",
  "michelle",
  "jennifer",
  "passwort",
  "passwort1",
  "hallo123",
  "geheim123",
  "gatehouse",
  "gatehouse1",
]);

/** One form for the same password typed on different keyboards: NFC, and nothing else is changed or cut off. */
export function normalisedPassword(typed: string): string {
  return typed.normalize("NFC");
}

/** Why a new password is refused, as a sentence; undefined when it may be used. Counted in code points. */
export function passwordProblem(typed: string, names: readonly string[]): string | undefined {
  const password = normalisedPassword(typed);
  const { length } = Array.from(password);
  if (length < PASSWORD_LEAST) return `A password has ${PASSWORD_LEAST} characters at least.`;
  if (length > PASSWORD_MOST) return `A password has ${PASSWORD_MOST} characters at most.`;
  const folded = canonicalLoginName(password);
  if (GUESSED_FIRST.has(folded) || new Set(folded).size === 1) {
    return "This password is one of the first that are guessed.";
  }
  const own = names.map(canonicalLoginName).flatMap((name) => [name, name.split("@")[0] ?? name]);
  if (own.includes(folded)) return "The password must not be the name itself.";
  return undefined;
}
