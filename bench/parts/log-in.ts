/** The login page's cookies and hidden fields. */
export interface LoginForm {
  readonly cookies: Map<string, string>;
  readonly fields: URLSearchParams;
}

/** What any number of login forms can be sent with. */
export async function openLoginForm(origin: string): Promise<LoginForm> {
  const cookies = new Map<string, string>();
  const page = await fetch(`${origin}/login`);
  keepCookies(page, cookies);
  const hidden = [...(await page.text()).matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  const fields = new URLSearchParams(
    hidden.map(([, name = "", value = ""]): [string, string] => [name, value]),
  );
  return { cookies, fields };
}

/** Logs in through the login page, as a browser without JavaScript does, and returns the Cookie header. */
export async function logIn(origin: string, username: string, password: string): Promise<string> {
  const form = await openLoginForm(origin);
  const fields = new URLSearchParams([...form.fields, ["username", username], ["password", password]]);
  const answer = await fetch(`${origin}/login`, {
    method: "POST",
    redirect: "manual",
    headers: { cookie: header(form.cookies), origin, "content-type": "application/x-www-form-urlencoded" },
    body: fields.toString(),
  });
  const { cookies } = form;
  keepCookies(answer, cookies);
  await answer.body?.cancel();
  if (answer.status !== 303) throw new Error(`the login was answered with ${answer.status}`);
  return header(cookies);
}

function keepCookies(response: Response, cookies: Map<string, string>): void {
  for (const line of response.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) cookies.set(name, value);
  }
}

/** The Cookie header. */
export function header(cookies: ReadonlyMap<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}
