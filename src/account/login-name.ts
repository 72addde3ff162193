/**
 * The one form under which a user name or an e-mail address is looked up, counted and kept unique. NFKC folds
 * full-width and other twins; upper and then lower case folds what one of them alone leaves apart ("ß", a final sigma).
 */
export function canonicalLoginName(typed: string): string {
  return typed.normalize("NFKC").trim().toUpperCase().toLowerCase().normalize("NFKC");
}

const LONGEST = 64;
const LONGEST_EMAIL = 254;

/** Scripts that are written together; any other mix is how a twin of another name is made. */
const SCRIPTS_TOGETHER: readonly RegExp[] = [
  /^\p{scx=Latin}*$/u,
  /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}]*$/u,
  /^[\p{scx=Han}\p{scx=Hangul}]*$/u,
  /^[\p{scx=Han}\p{scx=Bopomofo}]*$/u,
  /^\p{scx=Greek}*$/u,
  /^\p{scx=Cyrillic}*$/u,
  /^\p{scx=Arabic}*$/u,
  /^\p{scx=Hebrew}*$/u,
  /^\p{scx=Armenian}*$/u,
  /^\p{scx=Georgian}*$/u,
  /^\p{scx=Thai}*$/u,
  /^\p{scx=Devanagari}*$/u,
];

/** Cyrillic and Greek letters that look like Latin ones: a name of nothing else would be taken for a Latin name. */
const LATIN_LOOKALIKES = /^[асеорхуіјѕһԁԛԝкмвнтгпοαορνικτυχ]+$/u;

/** Why a user name is refused, as a sentence for the page and the command; undefined when it may be used. */
export function usernameProblem(username: string): string | undefined {
  const name = username.normalize("NFKC");
  if (name !== name.trim() || name === "") return "A user name is needed, without spaces around it.";
  if (name.length > LONGEST) return `A user name has ${LONGEST} characters at most.`;
  // Letters, marks and digits of any script, and a few signs. No spaces, nothing invisible.
  if (!/^[\p{L}\p{N}][\p{L}\p{M}\p{N}._'+@-]*$/u.test(name)) {
    return "A user name is made of letters, digits and . _ - + ' @, and begins with a letter or a digit.";
  }
  const letters = canonicalLoginName(name).replaceAll(/[^\p{L}\p{M}]/gu, "");
  if (!SCRIPTS_TOGETHER.some((together) => together.test(letters))) {
    return "A user name keeps to one script: mixed ones are used to imitate other people's names.";
  }
  if (letters !== "" && LATIN_LOOKALIKES.test(letters)) {
    return "This user name looks like another one in Latin letters.";
  }
  return undefined;
}

/** Why an e-mail address is refused. Its form only: whether it is anybody's shows a message sent to it. */
export function emailProblem(email: string): string | undefined {
  if (email.length > LONGEST_EMAIL || !/^[^\s@<>"(),:;\\[\]\p{C}]+@[^\s@<>"(),:;\\[\]\p{C}]+$/u.test(email)) {
    return "This is not an e-mail address.";
  }
  return undefined;
}
