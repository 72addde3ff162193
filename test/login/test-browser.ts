/** A page as the test's browser got it. */
export interface Page {
  readonly status: number;
  readonly path: string;
  readonly text: string;
  readonly headers: Headers;
}

/** A browser without scripts: keeps cookies, follows redirects, fills in forms. */
export class TestBrowser {
  readonly #origin: string;
  readonly #cookies = new Map<string, string>();
  page: Page = { status: 0, path: "", text: "", headers: new Headers() };

  constructor(origin: string) {
    this.#origin = origin;
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  setCookie(name: string, value: string | undefined): void {
    if (value === undefined) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }

  async get(path: string): Promise<Page> {
    return await this.#send(path, { method: "GET" });
  }

  async post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Record<string, string> = {},
  ): Promise<Page> {
    const body = new URLSearchParams(fields).toString();
    return await this.#send(path, {
      method: "POST",
      body,
      headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
    });
  }

  /** The hidden fields of the page's first form, as a browser would send them. */
  hidden(): Record<string, string> {
    const form = /<form[^>]*method="post"[\s\S]*?<\/form>/.exec(this.page.text)?.[0] ?? "";
    const fields = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g);
    return Object.fromEntries([...fields].map(([, name = "", value = ""]) => [name, value]));
  }

  /** Sends the page's first form with these fields besides its hidden ones. */
  async submit(fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    const action = /<form[^>]*method="post" action="([^"]+)"/.exec(this.page.text)?.[1] ?? "";
    return await this.post(action, { ...this.hidden(), ...fields });
  }

  async logIn(
    username = "alice",
    password = "open-the-gate",
    more: Record<string, string> = {},
  ): Promise<Page> {
    return await this.submit({ username, password, ...more });
  }

  async #send(
    path: string,
    init: { method: string; body?: string; headers?: Record<string, string> },
  ): Promise<Page> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...init.headers, ...(cookie === "" ? {} : { cookie }) };
    const answer = await fetch(this.#origin + path, { ...init, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    const location = answer.headers.get("location");
    if (location !== null) return await this.get(location.slice(this.#origin.length));
    this.page = { status: answer.status, path, text: await answer.text(), headers: answer.headers };
    return this.page;
  }

  #keep(line: string): void {
    const [pair = ""] = line.split(";");
    const cut = pair.indexOf("=");
    this.#cookies.set(pair.slice(0, cut), pair.slice(cut + 1));
  }
}
