import express, { type Router } from "express";
import { PATHS } from "../flow/endpoints.ts";
import { formBody, formOf } from "../http/form-body.ts";
import { type PushedAuthorizationParts, pushAuthorization } from "./pushed-authorization.ts";

const FORM_LIMIT_BYTES = 65_536;

/** POST /oauth2/par (RFC 9126 2.1). For clients' servers: no cookies, no CORS; any other method is 405. */
export function parEndpoint(parts: PushedAuthorizationParts): Router {
  const router = express.Router();
  router
    .route(PATHS.oidcPar)
    .post(formBody(FORM_LIMIT_BYTES), async (request, response) => {
      const { authorization } = request.headers;
      const answer = await pushAuthorization(parts, { authorization, parameters: formOf(request) });
      response.status(answer.status).set(answer.headers).json(answer.body);
    })
    .all((_request, response) => {
      response.status(405).set("Allow", "POST").end();
    });
  return router;
}
