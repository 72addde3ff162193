import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { loggedIn } from "../http/logged-in.ts";
import { sendTokenPage, tokenForm, type TokenPageParts, TOKENS_PATH } from "./token-page-endpoint.ts";

export const INSPECT_PATH = `${TOKENS_PATH}/inspect`;

/** One part of a token, line by line. */
export interface InspectedPart {
  readonly title: string;
  readonly rows: readonly { readonly name: string; readonly value: string; readonly meaning: string }[];
}

/** A token taken apart, as the page shows it. */
export interface Inspected {
  readonly verdict: {
    readonly kind: "ok" | "warn" | "bad" | "info";
    readonly fact: string;
    readonly text: string;
  };
  readonly parts: readonly InspectedPart[];
}

/** Takes a token apart in this process: it is sent nowhere, stored nowhere and written into no log. */
export type TakeApart = (text: string) => Inspected;

export const inspectForm = z.strictObject({ token: z.string().max(20_000).default(""), csrf: z.string() });

/** The page that takes a token apart. The form posts, so that the token is in no address, and shows it never again whole. */
export function tokenInspectEndpoint(parts: TokenPageParts & { readonly takeApart: TakeApart }): Router {
  const router = Router();
  router.get(INSPECT_PATH, (request, response) => {
    const person = loggedIn(parts.replySender, request, response, INSPECT_PATH);
    if (person === undefined) return;
    sendTokenPage(parts, request, response, person, { view: "tokens/inspect", data: {} });
  });
  router.post(INSPECT_PATH, tokenForm(parts), (request: Request, response: Response) => {
    const person = loggedIn(parts.replySender, request, response, INSPECT_PATH);
    if (person === undefined) return;
    const { token } = readForm(formOf(request), inspectForm);
    // Copied out of a mail or a terminal, a long one has line breaks in it.
    const found = parts.takeApart(token.replaceAll(/\s+/g, ""));
    sendTokenPage(parts, request, response, person, { view: "tokens/inspect", data: { found } });
  });
  return router;
}
