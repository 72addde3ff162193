import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { HttpBrowser } from "./http-browser.ts";
import { startInstallation, type TestInstallation } from "./installation.ts";
import { assertKnowsNobody, assertShowsAlice, enter, logInAt, logOutAt, throughFrames } from "./walk.ts";

describe("one login for both demo applications, on the embedded stores", () => {
  let installation: TestInstallation;
  const undo: (() => Promise<void>)[] = [];

  before(async () => {
    installation = await startInstallation({ processes: 1 });
    undo.push(async () => await installation.stop());
  });
  after(async () => {
    for (const step of undo.toReversed()) await step();
  });

  test("alice types her password at the SAML application and enters the OpenID Connect one without", async () => {
    const browser = new HttpBrowser();
    assertShowsAlice(await logInAt(browser, installation.wiki));
    assertShowsAlice(await enter(browser, installation.planner));
  });

  test("alice types her password at the OpenID Connect application and enters the SAML one without", async () => {
    const browser = new HttpBrowser();
    assertShowsAlice(await logInAt(browser, installation.planner));
    assertShowsAlice(await enter(browser, installation.wiki));
  });

  test("a logout at the SAML application is a logout at the OpenID Connect one and at Gatehouse", async () => {
    const browser = await loggedInEverywhere();
    const end = await logOutAt(browser, installation.wiki);
    assert.equal(end.url, `${installation.wiki}/logged-out`);
    await assertOutEverywhere(browser);
  });

  test("a logout at the OpenID Connect application is a logout at the SAML one and at Gatehouse", async () => {
    const browser = await loggedInEverywhere();
    const end = await logOutAt(browser, installation.planner);
    assert.equal(new URL(end.url).pathname, "/logged-out");
    assert.equal(new URL(end.url).origin, installation.planner);
    assert.ok(new URL(end.url).searchParams.has("state"));
    await assertOutEverywhere(browser);
  });

  test("a logout at Gatehouse ends with a receipt that names both applications as logged out", async () => {
    const browser = await loggedInEverywhere();
    const asked = await browser.open(`${installation.gatehouse}/logout`);
    const page = await throughFrames(browser, await browser.send(asked, {}, 'method="post"'));
    assert.match(page.text, /You are logged out of Gatehouse/);
    assert.match(page.text, /LO-[2-9A-Z]{4}-[2-9A-Z]{4}/);
    assert.equal(page.text.match(/Confirmed at/g)?.length, 2, page.text);
    await assertOutEverywhere(browser);
  });

  test("the session of one browser is nothing to another one, and its logout does not touch it", async () => {
    const [first, second] = [await loggedInEverywhere(), await loggedInEverywhere()];
    await logOutAt(first, installation.wiki);
    await assertOutEverywhere(first);
    assertShowsAlice(await second.open(`${installation.wiki}/`));
    assertShowsAlice(await second.open(`${installation.planner}/`));
  });

  test("bob is bob, also in both", async () => {
    const browser = new HttpBrowser();
    const wiki = await logInAt(browser, installation.wiki, "bob");
    assert.match(wiki.text, /Hello, Bob Builder/);
    assert.match((await enter(browser, installation.planner)).text, /bob@example\.org/);
  });

  async function loggedInEverywhere(): Promise<HttpBrowser> {
    const browser = new HttpBrowser();
    await logInAt(browser, installation.wiki);
    await enter(browser, installation.planner);
    return browser;
  }

  async function assertOutEverywhere(browser: HttpBrowser): Promise<void> {
    await assertKnowsNobody(browser, installation.wiki);
    await assertKnowsNobody(browser, installation.planner);
    assert.match((await browser.open(`${installation.wiki}/login`)).text, /name="password"/);
  }
});
