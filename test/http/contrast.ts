/** The colour tokens of a sheet's first rule, by name; theme 0 is light, 1 dark. */
export function tokens(sheet: string, theme: 0 | 1): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const root = sheet.slice(0, sheet.indexOf("}") + 1);
  for (const [, name = "", light = "", dark = ""] of root.matchAll(
    /--([\w-]+):light-dark\((#[0-9a-f]+),(#[0-9a-f]+)\)/gi,
  )) {
    found.set(name, theme === 0 ? light : dark);
  }
  for (const [, name = "", colour = ""] of root.matchAll(/--([\w-]+):(#[0-9a-f]{3,6})[;}]/gi)) {
    found.set(name, colour);
  }
  return found;
}

/** The contrast of two colours (WCAG 2.2, "contrast ratio"), from 1 to 21. Throws when one is no colour. */
export function contrast(one: string, two: string): number {
  const [lighter, darker] = [luminance(one), luminance(two)].toSorted((a, b) => b - a);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

/** Relative luminance (WCAG 2.2). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((value) =>
    value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channels(colour: string): readonly number[] {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(colour);
  const full =
    short === null
      ? colour
      : `#${short
          .slice(1)
          .map((digit) => digit + digit)
          .join("")}`;
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(full);
  if (long === null) throw new Error(`no colour: ${colour}`);
  return long.slice(1).map((pair) => Number.parseInt(pair, 16) / 255);
}
