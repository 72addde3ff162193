import type { Router } from "express";
import { loggedIn } from "../http/logged-in.ts";
import { tokenChangeEndpoint } from "./token-change-endpoint.ts";
import {
  ownToken,
  sendTokenPage,
  tokenActorOf,
  tokenForm,
  type TokenPageParts,
  TOKENS_PATH,
} from "./token-page-endpoint.ts";

/** Changes of a person's own tokens. */
export function ownTokenChangeEndpoint(parts: TokenPageParts): Router {
  return tokenChangeEndpoint({
    ...parts,
    at: TOKENS_PATH,
    path: TOKENS_PATH,
    guards: tokenForm(parts),
    open: async (request, response, path) => {
      const person = loggedIn(parts.replySender, request, response, path);
      const token = person && (await ownToken(parts, request, response, person));
      if (person === undefined || token === undefined) return undefined;
      const { account, session } = person;
      return { token, actor: tokenActorOf(person), accountId: account.id, session };
    },
    send: (request, response, { view, status, data }) => {
      const person = loggedIn(parts.replySender, request, response, TOKENS_PATH);
      if (person === undefined) return;
      sendTokenPage(parts, request, response, person, { view: `tokens/${view}`, status, data });
    },
  });
}
