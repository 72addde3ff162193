import assert from "node:assert/strict";

/** What a browser shows: the address that it ended at, and the page. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  /** Every address on the way, the last one included. */
  readonly visited: readonly string[];
}

/** A form of a page as it would be sent: hidden fields and what the page had filled in. */
export interface Form {
  readonly action: string;
  readonly method: string;
  readonly fields: ReadonlyMap<string, string>;
}

const MOST_REDIRECTS = 20;

/**
 * A browser without JavaScript: it keeps cookies, follows redirects and sends forms. Cookies are kept for each host
 * without regard to the port, as browsers do. SameSite is not judged: test/browser/ has a real browser for that.
 */
export class HttpBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** Opens an address and follows where it leads. */
  async open(url: string): Promise<Page> {
    return await this.#follow(url, { method: "GET" }, []);
  }

  /** Fills in a form of the page and sends it. `which` is a part of the form's markup; the first form if it is left out. */
  async send(page: Page, fields: Readonly<Record<string, string>> = {}, which = ""): Promise<Page> {
    const form = formsOf(page).find((one) => one.markup.includes(which))?.form;
    assert.ok(form, `no such form at ${page.url}: ${page.text.slice(0, 500)}`);
    const body = new URLSearchParams([...form.fields, ...Object.entries(fields)]);
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    if (form.method === "get") return await this.open(`${form.action}?${body.toString()}`);
    return await this.#follow(
      form.action,
      { method: "POST", body, headers: { Origin: originOf(page.url) } },
      [],
    );
  }

  /** One request without following; the journeys that must not go on alone use it. */
  async request(url: string, init: RequestInit = {}): Promise<Response> {
    const jar = this.#jarOf(url);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set("Cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) keep(jar, line);
    return response;
  }

  /** A second window of the same browser: it shares the cookies. */
  cookiesOf(url: string): ReadonlyMap<string, string> {
    return this.#jarOf(url);
  }

  async #follow(url: string, init: RequestInit, visited: readonly string[]): Promise<Page> {
    assert.ok(visited.length < MOST_REDIRECTS, `a circle of redirects: ${visited.slice(-4).join(" -> ")}`);
    const response = await this.request(url, init);
    const location = response.headers.get("location");
    const trail = [...visited, url];
    if (location !== null && response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      return await this.#follow(new URL(location, url).href, { method: "GET" }, trail);
    }
    return { url, status: response.status, text: await response.text(), visited: trail };
  }

  #jarOf(url: string): Map<string, string> {
    const { hostname } = new URL(url);
    const jar = this.#cookies.get(hostname) ?? new Map<string, string>();
    this.#cookies.set(hostname, jar);
    return jar;
  }
}

/** The text of an attribute or of an element, its character references resolved. */
export function unescaped(text: string): string {
  return text
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll(/&#x([\da-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}

/** The addresses of the page's frames, absolute. */
export function framesOf(page: Page): readonly string[] {
  return [...page.text.matchAll(/<iframe\b[^>]*\bsrc="([^"]*)"/g)].map(
    ([, source]) => new URL(unescaped(source ?? ""), page.url).href,
  );
}

function formsOf(page: Page): readonly { readonly markup: string; readonly form: Form }[] {
  return [...page.text.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([markup, head, body]) => ({
    markup,
    form: {
      action: new URL(attributeOf(head ?? "", "action") ?? page.url, page.url).href,
      method: (attributeOf(head ?? "", "method") ?? "get").toLowerCase(),
      fields: fieldsOf(body ?? ""),
    },
  }));
}

function fieldsOf(markup: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [input] of markup.matchAll(/<input\b[^>]*>/g)) {
    const name = attributeOf(input, "name");
    const type = attributeOf(input, "type") ?? "text";
    const unchecked = (type === "checkbox" || type === "radio") && !/\schecked\b/.test(input);
    if (name !== undefined && !unchecked) fields.set(name, attributeOf(input, "value") ?? "");
  }
  const button = /<button\b[^>]*\bname="[^"]*"[^>]*>/.exec(markup)?.[0];
  const buttonName = button === undefined ? undefined : attributeOf(button, "name");
  if (button !== undefined && buttonName !== undefined) {
    fields.set(buttonName, attributeOf(button, "value") ?? "");
  }
  return fields;
}

function attributeOf(markup: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(markup)?.[1];
  return value === undefined ? undefined : unescaped(value);
}

function keep(jar: Map<string, string>, line: string): void {
  const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  if (name === undefined || value === undefined) return;
  if (value === "" || /;\s*Max-Age=0\b/i.test(line)) jar.delete(name);
  else jar.set(name, value);
}

function originOf(url: string): string {
  return new URL(url).origin;
}
