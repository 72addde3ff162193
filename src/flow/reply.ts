import type { Problem } from "./problem.ts";

/** What is sent to the browser, as a value; http/send-reply.ts turns it into a response. */
export type Reply =
  /** 303 See Other: after a POST with credentials the browser must not repeat it (RFC 9700 4.12). */
  | { readonly kind: "redirect"; readonly location: string }
  /** A page that posts `fields` to `action` by itself, with a visible button where scripts are off. */
  | {
      readonly kind: "form-post";
      readonly action: string;
      readonly fields: Readonly<Record<string, string>>;
      readonly applicationName: string;
    }
  | { readonly kind: "problem"; readonly problem: Problem }
  /** A body of the protocol's own (SOAP, PAOS, JSON). */
  | {
      readonly kind: "body";
      readonly status: number;
      readonly contentType: string;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    };
