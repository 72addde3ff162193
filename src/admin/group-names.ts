/** Group names as they are typed: one in a line, or between commas; each once. */
export function readGroups(text: string): string[] {
  const names = text.split(/[\r\n,]+/).map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ""))];
}
