import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import {
  freshlyLoggedIn,
  ownToken,
  sendRefused,
  sendTokenPage,
  tokenActorOf,
  tokenForm,
  type TokenPageParts,
  TOKENS_PATH,
} from "./token-page-endpoint.ts";

const PATH = `${TOKENS_PATH}/:id/rotate`;

/** How long the old secret may go on, in seconds, with the words of the page. */
export const OVERLAPS: readonly (readonly [seconds: number, words: string])[] = [
  [0, "Not at all: it stops at once"],
  [3_600, "An hour"],
  [86_400, "A day"],
  [7 * 86_400, "A week"],
];

/** `version`: as the page showed it. A reload of the answer finds another one, and makes no second secret. */
export const rotateForm = z.strictObject({
  overlap: z.enum(OVERLAPS.map(([seconds]) => String(seconds))),
  version: z.string().regex(/^[1-9]\d{0,14}$/),
  csrf: z.string(),
});

/** A new secret for a token, after a fresh login; in the answer of the POST, once, and nowhere else. */
export function tokenRotateEndpoint(parts: TokenPageParts): Router {
  const router = Router();
  router.get(PATH, async (request, response) => {
    await ask(parts, request, response);
  });
  router.post(PATH, tokenForm(parts), async (request: Request, response: Response) => {
    await rotate(parts, request, response);
  });
  return router;
}

function pathOf({ params }: Request): string {
  return `${TOKENS_PATH}/${typeof params["id"] === "string" ? params["id"] : ""}/rotate`;
}

async function ask(parts: TokenPageParts, request: Request, response: Response): Promise<void> {
  const person = freshlyLoggedIn(parts, request, response, pathOf(request));
  if (person === undefined) return;
  const token = await ownToken(parts, request, response, person);
  if (token === undefined) return;
  sendTokenPage(parts, request, response, person, {
    view: "tokens/rotate",
    data: { token, overlaps: OVERLAPS, wrong: undefined },
  });
}

async function rotate(parts: TokenPageParts, request: Request, response: Response): Promise<void> {
  const person = freshlyLoggedIn(parts, request, response, pathOf(request));
  if (person === undefined) return;
  const { overlap, version } = readForm(formOf(request), rotateForm);
  const token = await ownToken(parts, request, response, person);
  if (token === undefined) return;
  const overlapSeconds = Number(overlap);
  const result = await parts.tokens.rotate(
    tokenActorOf(person),
    token.id,
    { overlapSeconds },
    Number(version),
  );
  if (result.ok) {
    const nowMs = parts.clock.nowMs();
    const oldEndsAtMs = Math.min(token.expiresAtMs, nowMs + overlapSeconds * 1_000);
    sendTokenPage(parts, request, response, person, {
      view: "tokens/made",
      data: { token: result.token, secret: result.secret, oldEndsAtMs, nowMs },
    });
    return;
  }
  if (result.code === "invalid") {
    sendTokenPage(parts, request, response, person, {
      view: "tokens/rotate",
      status: 400,
      data: { token, overlaps: OVERLAPS, wrong: result.message },
    });
    return;
  }
  sendRefused(parts, request, response, result, pathOf(request));
}
