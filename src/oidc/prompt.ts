import { AuthorizationError } from "./authorization-error.ts";

/** `prompt` (OpenID Connect Core 3.1.2.1), each value a switch of its own. */
export interface Prompt {
  readonly none: boolean;
  readonly login: boolean;
  readonly consent: boolean;
  readonly selectAccount: boolean;
}

/** What discovery lists. */
export const PROMPT_VALUES: readonly string[] = ["none", "login", "consent", "select_account"];

/**
 * Reads `prompt`. `none` with any other value is refused (3.1.2.1). A value that we do not know is ignored, `create`
 * (Initiating User Registration 1.0) among them: accounts are made by administrators, and the login page is the nearest
 * to what was asked for.
 */
export function readPrompt(text: string | undefined): Prompt {
  const values = new Set(text?.split(" ").filter((word) => word !== ""));
  if (values.has("none") && values.size > 1) {
    throw new AuthorizationError("invalid_request", "prompt=none cannot be combined with other values.");
  }
  return {
    none: values.has("none"),
    login: values.has("login"),
    consent: values.has("consent"),
    selectAccount: values.has("select_account"),
  };
}
