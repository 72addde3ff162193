import { type Request, type Response, Router } from "express";
import { OVERLAPS, rotateForm } from "../account/token-rotate-endpoint.ts";
import { formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { TokenFacts } from "../tokens/token-act.ts";
import { adminTokenActor, isFreshOwner, sendTokenRefused, tokenOf } from "./admin-token-page-endpoint.ts";
import { type AdminParts, ownForm, sendAdminPage } from "./owner-endpoint.ts";

const PATH = "/tokens/:id/rotate";

type OneToken = Request<{ id: string }>;

/** A new secret for an API key or a service token, after a fresh login. */
export function adminTokenRotateEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get(PATH, async (request, response) => {
    if (!isFreshOwner(parts, request, response, pathOf(request))) return;
    const token = await tokenOf(parts, request, response);
    if (token !== undefined) show(parts, request, response, token);
  });
  router.post(PATH, ownForm(parts), async (request: OneToken, response: Response) => {
    await rotate(parts, request, response);
  });
  return router;
}

function pathOf({ params }: OneToken): string {
  return `/tokens/${params.id}/rotate`;
}

function show(
  parts: AdminParts,
  request: Request,
  response: Response,
  token: TokenFacts,
  wrong?: string,
): void {
  sendAdminPage(parts, request, response, {
    view: "token-rotate",
    status: wrong === undefined ? 200 : 400,
    data: { token, overlaps: OVERLAPS, wrong },
  });
}

async function rotate(parts: AdminParts, request: OneToken, response: Response): Promise<void> {
  if (!isFreshOwner(parts, request, response, pathOf(request))) return;
  const { overlap, version } = readForm(formOf(request), rotateForm);
  const token = await tokenOf(parts, request, response);
  if (token === undefined) return;
  const overlapSeconds = Number(overlap);
  const result = await parts.tokenPages.tokens.rotate(
    adminTokenActor(request),
    token.id,
    { overlapSeconds },
    Number(version),
  );
  if (result.ok) {
    const nowMs = parts.acts.clock.nowMs();
    const oldEndsAtMs = Math.min(token.expiresAtMs, nowMs + overlapSeconds * 1_000);
    sendAdminPage(parts, request, response, {
      view: "token-made",
      data: { token: result.token, secret: result.secret, oldEndsAtMs, nowMs },
    });
    return;
  }
  if (result.code === "invalid") show(parts, request, response, token, result.message);
  else sendTokenRefused(parts, request, response, result, pathOf(request));
}
