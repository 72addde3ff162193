import assert from "node:assert/strict";
import type { AdminApp } from "./admin-app.ts";

/** What a page answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** Where a redirect leads, without the issuer. */
  readonly to: string | undefined;
}

export type Fields = Readonly<Record<string, string>>;

/** A browser that keeps cookies and follows nothing by itself. */
export class AdminBrowser {
  readonly #app: AdminApp;
  readonly #cookies = new Map<string, string>();
  #csrf = "";

  private constructor(app: AdminApp) {
    this.#app = app;
  }

  /** Logged in as `who`; undefined: a stranger. */
  static async as(app: AdminApp, who: keyof AdminApp["ids"] | undefined): Promise<AdminBrowser> {
    const browser = new AdminBrowser(app);
    // The first answer gives the browser the cookie that its forms' tokens hang on.
    await browser.get("/nowhere");
    if (who !== undefined) await browser.get(`/test/login/${app.ids[who]}`);
    if (who === "olga" || who === "otto") await browser.get("/admin/accounts/new");
    return browser;
  }

  /** The token that the last page's form had. */
  get csrf(): string {
    return this.#csrf;
  }

  async get(path: string): Promise<Answer> {
    const answer = await this.#send(path, {});
    this.#csrf = hidden(answer.body, "csrf") ?? this.#csrf;
    return answer;
  }

  /** Posts a form of ours, with the token that the last page had. */
  async post(path: string, fields: Fields, headers: Fields = {}): Promise<Answer> {
    return await this.postRaw(path, new URLSearchParams({ csrf: this.#csrf, ...fields }), headers);
  }

  async postRaw(path: string, body: URLSearchParams, headers: Fields = {}): Promise<Answer> {
    return await this.#send(path, { method: "POST", body, headers });
  }

  /** Hands over a file, byte for byte as Chromium sends the form; without a name and content: none was chosen. */
  async upload(
    path: string,
    file: { name: string; content: string | Uint8Array<ArrayBuffer> },
    fields: Fields = {},
  ): Promise<Answer> {
    const boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW";
    const parts = Object.entries({ csrf: this.#csrf, xml: "", ...fields }).map(
      ([name, value]) =>
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.name}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
    const body = Buffer.concat([
      Buffer.from(parts.join("") + head),
      Buffer.from(file.content),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
    return await this.#send(path, {
      method: "POST",
      body,
      headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    });
  }

  async #send(path: string, init: Omit<RequestInit, "headers"> & { headers?: Fields }): Promise<Answer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(this.#app.origin + path, {
      ...init,
      headers: { ...init.headers, cookie },
      redirect: "manual",
    });
    for (const text of response.headers.getSetCookie()) {
      const [pair = ""] = text.split(";");
      const cut = pair.indexOf("=");
      this.#cookies.set(pair.slice(0, cut), pair.slice(cut + 1));
    }
    const location = response.headers.get("location");
    return {
      status: response.status,
      headers: response.headers,
      body: await response.text(),
      to: location?.replace("http://localhost:4000", ""),
    };
  }
}

/** The value of a hidden field. */
export function hidden(page: string, name: string): string | undefined {
  return new RegExp(`<input type="hidden" name="${name}" value="([^"]*)">`).exec(page)?.[1];
}

/** The same, where the page must have it. */
export function hiddenField(page: string, name: string): string {
  const value = hidden(page, name);
  assert.ok(value !== undefined, `the page has no hidden field ${name}`);
  return value;
}
