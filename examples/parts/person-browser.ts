/** A page as it came, after its redirects. */
export interface Page {
  readonly status: number;
  readonly path: string;
  readonly text: string;
}

/** A person's browser without scripts: keeps cookies, follows redirects and sends forms, from an address of its own. */
export class PersonBrowser {
  readonly #origin: string;
  readonly #address: string;
  readonly #cookies = new Map<string, string>();
  #page: Page = { status: 0, path: "", text: "" };

  /** `address`: what the proxy in front of Gatehouse says that the person comes from. */
  constructor(origin: string, address: string) {
    this.#origin = origin;
    this.#address = address;
  }

  async get(path: string): Promise<Page> {
    return await this.#send(path, {});
  }

  /** Sends the form of this page whose action ends so, with its hidden fields and these. */
  async submit(actionEnd: string, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    const forms = this.#page.text.match(/<form[^>]*method="post"[^]*?<\/form>/g) ?? [];
    const form = forms.find((one) => actionOf(one).endsWith(actionEnd));
    if (form === undefined) throw new Error(`${this.#page.path} has no form for ${actionEnd}`);
    const hidden = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g);
    const body = new URLSearchParams([...hidden].map(([, name = "", value = ""]) => [name, value]));
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return await this.#send(actionOf(form), { method: "POST", body });
  }

  async #send(path: string, init: { method?: string; body?: URLSearchParams }): Promise<Page> {
    const cookie = [...this.#cookies].map((pair) => pair.join("=")).join("; ");
    const url = new URL(path, this.#origin);
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      headers: { cookie, "x-forwarded-for": this.#address },
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get("location");
    if (location !== null) return await this.get(location);
    this.#page = { status: response.status, path: url.pathname + url.search, text: await response.text() };
    return this.#page;
  }

  #keep(line: string): void {
    const [pair = ""] = line.split(";", 1);
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    this.#cookies.set(name, value);
  }
}

function actionOf(form: string): string {
  return /action="([^"]*)"/.exec(form)?.[1] ?? "";
}
