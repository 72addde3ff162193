import type { Reply } from "./reply.ts";

/** What the shell wants done next: send the browser to one of our own steps, or send this. */
export type Outcome =
  | { readonly kind: "go"; readonly to: string }
  | { readonly kind: "send"; readonly reply: Reply };
