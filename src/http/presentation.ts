/** How a time is written: the day and the minute, the minute alone, or to the second. */
export type TimeStyle = "date-time" | "time" | "seconds" | "date";

const FORMATS: Readonly<Record<TimeStyle, Intl.DateTimeFormatOptions>> = {
  "date-time": { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" },
  time: { hour: "2-digit", minute: "2-digit" },
  seconds: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  date: { day: "numeric", month: "long", year: "numeric" },
};

const WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/**
 * A time for a `<time>` element. The text is in UTC and says so, because the server does not know where the reader is;
 * the page's script writes it again in the reader's own zone.
 */
export function timeParts(atMs: number, style: TimeStyle): { iso: string; text: string } {
  const date = new Date(atMs);
  const text = new Intl.DateTimeFormat("en-GB", { ...FORMATS[style], timeZone: "UTC" }).format(date);
  return { iso: date.toISOString(), text: style === "date" ? text : `${text.replace(" at ", ", ")} UTC` };
}

/** "one application", "three applications", "12 applications". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${WORDS[count] ?? count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** The first letter large, as at the beginning of a sentence. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A letter tile's classes: its colour is a hash of the record's id, so a name keeps its colour. */
export function tileClass(id: string): string {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 997;
  const colour = sum % 6;
  return colour === 0 ? "tile" : `tile c${colour}`;
}

/** The letter on a tile. */
export function initial(name: string): string {
  const [first] = name.trim();
  return (first ?? "?").toUpperCase();
}

/** How long to wait, in words that fit after "in": "1 minute", "90 seconds", "2 hours". */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 60 || (seconds < 120 && seconds !== 60))
    return `${seconds} second${seconds === 1 ? "" : "s"}`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 120) return `${minutes} minute${minutes === 1 ? "" : "s"}`;
  return `${Math.ceil(minutes / 60)} hours`;
}
