import assert from "node:assert/strict";
import { DEMO_PASSWORD } from "../../examples/parts/demo-installation.ts";
import { framesOf, type HttpBrowser, type Page } from "./http-browser.ts";

/** Opens an application's login, types name and password, and is back at the application. */
export async function logInAt(browser: HttpBrowser, application: string, username = "alice"): Promise<Page> {
  const form = await browser.open(`${application}/login`);
  assert.match(form.text, /name="password"/, `no login form at ${form.url}`);
  const sent = await browser.send(form, { username, password: DEMO_PASSWORD }, 'name="password"');
  return await throughForm(browser, sent, application);
}

/** Opens an application's login, where nothing must be typed any more. */
export async function enter(browser: HttpBrowser, application: string): Promise<Page> {
  const page = await browser.open(`${application}/login`);
  assert.doesNotMatch(page.text, /name="password"/, "it asks for the password again");
  return await throughForm(browser, page, application);
}

/** The SAML answer is a form, which a browser without scripts sends with a visible button. */
async function throughForm(browser: HttpBrowser, page: Page, application: string): Promise<Page> {
  const there = page.text.includes('name="SAMLResponse"')
    ? await browser.send(page, {}, 'name="SAMLResponse"')
    : page;
  assert.equal(new URL(there.url).origin, application, there.text.slice(0, 1_000));
  return there;
}

/** Logs out at an application and goes through the logout's frames and pages to its end. */
export async function logOutAt(browser: HttpBrowser, application: string): Promise<Page> {
  return await throughFrames(
    browser,
    await browser.send(await browser.open(`${application}/`), {}, "Log out"),
  );
}

/** What the logout page does by itself where scripts run: it loads its frames and goes on. */
export async function throughFrames(browser: HttpBrowser, page: Page): Promise<Page> {
  const frames = framesOf(page);
  if (frames.length === 0) return page;
  for (const frame of frames) await browser.open(frame);
  return await throughFrames(browser, await browser.send(page, {}, "Continue"));
}

/** Alice's name and address stand on the application's page. */
export function assertShowsAlice(page: Page): void {
  assert.match(page.text, /Hello, Alice Example/);
  assert.match(page.text, /alice@example\.org/);
}

export async function assertKnowsNobody(browser: HttpBrowser, application: string): Promise<void> {
  assert.match((await browser.open(`${application}/`)).text, /Nobody is logged in here yet/);
}
