/**
 * A path of ours to go on to after a login, or undefined. Only plain segments: what browsers read as another host
 * (`//host`, `/\host`, a line break in between) or as a scheme cannot be written in these characters.
 */
export function safePath(text: string | undefined): string | undefined {
  return text !== undefined && /^(\/[\w-]+)+$/.test(text) && text.length <= 200 ? text : undefined;
}
