import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { FLOW_PARAMETER, PATHS } from "../flow/endpoints.ts";
import type { PendingStep, SignOn } from "../flow/sign-on.ts";
import { staleFlow } from "../flow/sign-on-problems.ts";
import { browserOf } from "../http/browser.ts";
import { cookieName, readCookie } from "../http/cookies.ts";
import { type Csrf, csrfGuard } from "../http/csrf.ts";
import { formBody, formOf, queryOf } from "../http/form-body.ts";
import { AGAIN_PARAMETER } from "../http/fresh-login.ts";
import { readForm } from "../http/form-fields.ts";
import { resumePath } from "../http/pending-step.ts";
import type { Render } from "../http/render.ts";
import { type ReplySender, sendPage } from "../http/reply-sender.ts";
import { safePath } from "../http/safe-path.ts";
import type { Account } from "../model/account.ts";
import type { SignOnPolicy } from "../model/policy.ts";
import type { Clock } from "../platform/clock.ts";
import { DEVICE_KNOWN_MS } from "./known-devices.ts";
import { loginNotice } from "./login-notice.ts";
import type { LoginResult, PasswordLogin } from "./password-login.ts";

export interface LoginEndpointParts {
  readonly passwordLogin: PasswordLogin;
  readonly signOn: SignOn;
  readonly csrf: Csrf;
  readonly replySender: ReplySender;
  readonly render: Render;
  readonly policy: SignOnPolicy;
  readonly clock: Clock;
  /** The issuer is https: cookies are Secure and carry `__Host-`. */
  readonly secure: boolean;
}

const FORM_LIMIT_BYTES = 16_384;
const DAY_MS = 24 * 60 * 60_000;

/** Above any name and password that could be right; what is longer is refused before it costs anything. */
const loginForm = z.object({
  username: z.string().max(1_000).default(""),
  password: z.string().max(8_000).default(""),
  flow: z.string().max(100).optional(),
  next: z.string().max(200).optional(),
  stay: z.literal("on").optional(),
  cancel: z.literal("1").optional(),
});

type LoginForm = z.infer<typeof loginForm>;
type Failure = Exclude<LoginResult, { kind: "accepted" }>;

/** What the page shows beside the empty form. */
interface Shown {
  readonly form: LoginForm;
  readonly pending: PendingStep | undefined;
  readonly failure?: Failure | undefined;
  /** Somebody is logged in, and the page that they want asks for a login of this moment. */
  readonly again?: boolean | undefined;
}

/** The login page, and the plain login without an application. Works without a script. */
export function loginEndpoint(parts: LoginEndpointParts): Router {
  const router = Router();
  router.get(PATHS.login, async (request, response) => {
    await show(parts, request, response);
  });
  router.post(
    PATHS.login,
    formBody(FORM_LIMIT_BYTES),
    csrfGuard(parts.csrf, parts.replySender),
    async (request, response) => {
      await receive(parts, request, response);
    },
  );
  return router;
}

async function show(parts: LoginEndpointParts, request: Request, response: Response): Promise<void> {
  const query = queryOf(request);
  const browser = browserOf(request);
  const flow = query.get(FLOW_PARAMETER);
  const next = safePath(query.get("next"));
  if (flow === undefined) {
    const again = browser.session !== undefined && query.get(AGAIN_PARAMETER) !== undefined;
    const username = again ? browser.account?.username : undefined;
    if (again || browser.session === undefined)
      showForm(parts, request, response, { form: emptyForm({ next, username }), pending: undefined, again });
    else parts.replySender.outcome(request, response, { kind: "go", to: next ?? PATHS.home });
    return;
  }
  const pending = await parts.signOn.pending(flow, browser);
  if (pending === undefined) {
    parts.replySender.outcome(request, response, staleFlow());
    return;
  }
  // Another step is due, or none: the shell says which. "Another account" may come here from any step, because a login
  // proves more than it skips.
  if (pending.step.kind !== "login" && query.get("as") !== "another") {
    parts.replySender.outcome(request, response, { kind: "go", to: resumePath(flow) });
    return;
  }
  showForm(parts, request, response, {
    form: emptyForm({ flow, username: pending.request.loginHint }),
    pending,
  });
}

async function receive(parts: LoginEndpointParts, request: Request, response: Response): Promise<void> {
  const browser = browserOf(request);
  const form = readForm(formOf(request), loginForm);
  const pending = form.flow === undefined ? undefined : await parts.signOn.pending(form.flow, browser);
  if (form.flow !== undefined && pending === undefined) {
    parts.replySender.outcome(request, response, staleFlow());
    return;
  }
  if (form.cancel !== undefined && form.flow !== undefined) {
    const outcome = await parts.signOn.refuse(form.flow, browser, "login-cancelled");
    parts.replySender.outcome(request, response, outcome);
    return;
  }
  const { username, password } = form;
  const deviceToken = readCookie(request, deviceCookie(parts));
  const result = await parts.passwordLogin.attempt({
    username,
    password,
    address: browser.address,
    deviceToken,
  });
  if (result.kind !== "accepted") {
    showForm(parts, request, response, { form, pending, failure: result });
    return;
  }
  await logIn(parts, request, response, {
    form,
    pending,
    account: result.account,
    deviceToken: result.deviceToken,
  });
}

async function logIn(
  parts: LoginEndpointParts,
  request: Request,
  response: Response,
  login: { form: LoginForm; pending: PendingStep | undefined; account: Account; deviceToken: string },
): Promise<void> {
  const { form, pending, account } = login;
  // What proves to the shell that this login was made for this request, and not for another one of the same second.
  const servedRequestId = pending?.request.id;
  const instantMs = parts.clock.nowMs();
  await browserOf(request).logIn(
    account.id,
    { instantMs, methods: ["pwd"], context: "password", servedRequestId },
    form.stay !== undefined,
  );
  response.cookie(deviceCookie(parts), login.deviceToken, {
    httpOnly: true,
    sameSite: "lax",
    secure: parts.secure,
    path: "/",
    maxAge: DEVICE_KNOWN_MS,
  });
  const to = form.flow === undefined ? (safePath(form.next) ?? PATHS.home) : resumePath(form.flow);
  parts.replySender.outcome(request, response, { kind: "go", to });
}

function showForm(parts: LoginEndpointParts, request: Request, response: Response, shown: Shown): void {
  const { form, pending, failure } = shown;
  const browser = browserOf(request);
  const page = parts.render("login", {
    csrf: parts.csrf.token(browser),
    flow: form.flow,
    next: form.next,
    username: form.username,
    stay: form.stay !== undefined,
    application: pending?.application,
    notice: pending === undefined ? undefined : loginNotice(pending, browser.account),
    failure,
    again: shown.again,
    rememberedDays: Math.round(parts.policy.rememberedAbsoluteMs / DAY_MS),
  });
  if (failure?.kind === "wait") response.setHeader("Retry-After", Math.ceil(failure.waitMs / 1000));
  sendPage(response, statusOf(failure), page);
}

/** Not 200: a password manager must not offer to keep a wrong password. Not 401: that would need WWW-Authenticate. */
function statusOf(failure: Failure | undefined): number {
  if (failure === undefined) return 200;
  return failure.kind === "wrong" ? 403 : 429;
}

function emptyForm(given: {
  flow?: string;
  next?: string | undefined;
  username?: string | undefined;
}): LoginForm {
  return { username: given.username ?? "", password: "", flow: given.flow, next: given.next };
}

function deviceCookie(parts: LoginEndpointParts): string {
  return cookieName("gatehouse-device", parts.secure);
}
