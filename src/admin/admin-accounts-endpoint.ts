import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { formOf, queryOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { Account } from "../model/account.ts";
import type { Page } from "../storage/stores.ts";
import { addAccount } from "./acts/add-account.ts";
import type { Refused } from "./acts/act.ts";
import { switchAccount } from "./acts/switch-account.ts";
import { readGroups } from "./group-names.ts";
import {
  type AdminParts,
  actorOf,
  adminForm,
  answerAct,
  line,
  ownerOf,
  ownForm,
  sendAdminPage,
} from "./owner-endpoint.ts";
import { noSuch } from "./problems.ts";

const PAGE_SIZE = 25;

type OneAccount = Request<{ id: string }>;

const listQuery = z.object({ q: z.string().max(200).catch(""), after: z.string().optional() });
const switchForm = adminForm({ enabled: z.enum(["on", "off"]) });
const newForm = adminForm({
  username: line(),
  email: line(300),
  name: line(),
  groups: line(20_000),
  role: z.enum(["person", "owner"]),
  password: line(1_000),
});

type NewForm = z.infer<typeof newForm>;

/** The list of accounts, each of them, and new ones; off, which is out everywhere at once, and on again. */
export function adminAccountsEndpoint(parts: AdminParts): Router {
  const router = Router();
  router.get("/accounts", async (request, response) => {
    await showList(parts, request, response);
  });
  router.get("/accounts/new", (request, response) => {
    showNew(parts, request, response);
  });
  router.post("/accounts/new", ownForm(parts), async (request: Request, response: Response) => {
    await receiveNew(parts, request, response);
  });
  router.get("/accounts/:id", async (request, response) => {
    await showOne(parts, request, response);
  });
  router.post("/accounts/:id/switch", ownForm(parts), async (request: OneAccount, response: Response) => {
    const { enabled } = readForm(formOf(request), switchForm);
    const { id } = request.params;
    const result = await switchAccount(parts.acts, actorOf(request), id, enabled === "on");
    answerAct(parts, request, response, result, `/accounts/${id}`);
  });
  return router;
}

async function showList(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const { q, after } = readForm(queryOf(request), listQuery);
  const page = await listOrFirstPage(parts, q, after);
  const rows = page.items.map(({ id, username, name, email, role, enabled, groups }) => ({
    id,
    username,
    name,
    email,
    role,
    enabled,
    groups,
  }));
  sendAdminPage(parts, request, response, {
    view: "accounts",
    data: { rows, q, after, next: page.next, total: page.total },
  });
}

/** A cursor that is not one of ours (an old bookmark, a guess) shows the first page. */
async function listOrFirstPage(
  parts: AdminParts,
  search: string,
  after: string | undefined,
): Promise<Page<Account>> {
  const { accounts } = parts.acts.store;
  try {
    return await accounts.list({ search, after, limit: PAGE_SIZE });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return await accounts.list({ search, limit: PAGE_SIZE });
  }
}

function showNew(
  parts: AdminParts,
  request: Request,
  response: Response,
  wrong?: { readonly form: NewForm; readonly refused: Refused },
): void {
  // What was typed is kept, except the password.
  const { username, email, name, groups, role = "person" } = wrong?.form ?? {};
  sendAdminPage(parts, request, response, {
    view: "account-new",
    status: wrong === undefined ? 200 : 400,
    data: {
      typed: { username, email, name, groups, role },
      wrong: wrong === undefined ? {} : { [wrong.refused.field ?? "username"]: wrong.refused.message },
    },
  });
}

async function receiveNew(parts: AdminParts, request: Request, response: Response): Promise<void> {
  const form = readForm(formOf(request), newForm);
  const result = await addAccount(parts.acts, actorOf(request), {
    username: form.username ?? "",
    email: form.email,
    name: form.name,
    groups: readGroups(form.groups ?? ""),
    role: form.role,
    // An empty one is a password that is too short, not an account without one.
    password: form.password ?? "",
  });
  if (!result.ok) {
    showNew(parts, request, response, { form, refused: result });
    return;
  }
  answerAct(parts, request, response, result, `/accounts/${result.account.id}`);
}

async function showOne(parts: AdminParts, request: OneAccount, response: Response): Promise<void> {
  const account = await parts.acts.store.accounts.get(request.params.id);
  if (account === undefined) {
    parts.replySender.problem(request, response, noSuch("account"));
    return;
  }
  const sessions = await parts.sessions.listByAccount(account.id);
  const { id, username, email, emailVerified, name, groups, role, enabled, createdAtMs } = account;
  sendAdminPage(parts, request, response, {
    view: "account",
    data: {
      account: { id, username, email, emailVerified, name, groups, role, enabled, createdAtMs },
      sessions: sessions.map(({ startedAtMs }) => ({ startedAtMs })),
      yourself: ownerOf(request).id === id,
    },
  });
}
