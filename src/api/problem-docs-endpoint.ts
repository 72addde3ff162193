import { Router } from "express";
import type { Render } from "../http/render.ts";
import { sendPage } from "../http/reply-sender.ts";
import { isProblemName, PROBLEM_DOCS_PATH, PROBLEMS } from "./problems.ts";

/** What the `type` of a problem leads to: a page that says what it means. One page for all, without a name. */
export function problemDocsEndpoint(render: Render): Router {
  const router = Router();
  const all = Object.entries(PROBLEMS).map(([name, problem]) => ({ name, ...problem }));
  router.get(PROBLEM_DOCS_PATH, (_request, response) => {
    sendPage(response, 200, render("api-problems", { problems: all, title: "Problems of the API" }));
  });
  router.get(`${PROBLEM_DOCS_PATH}/:name`, (request, response, next) => {
    const { name } = request.params;
    if (!isProblemName(name)) {
      next();
      return;
    }
    const problems = all.filter((problem) => problem.name === name);
    sendPage(response, 200, render("api-problems", { problems, title: PROBLEMS[name].title }));
  });
  return router;
}
