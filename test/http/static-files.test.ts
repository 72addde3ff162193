import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { VIEWS_FOLDER } from "../../src/http/render.ts";
import { loadAssets } from "../../src/http/static-files.ts";
import { serve } from "./serve.ts";

test("the stylesheet, the mark and the script are served under an address with their hash, for good", async (t) => {
  const { site, router } = loadAssets(VIEWS_FOLDER, "");
  const url = await serve(t, router);
  const kinds = {
    css: "text/css; charset=utf-8",
    logo: "image/svg+xml",
    script: "text/javascript; charset=utf-8",
  };
  for (const name of ["css", "logo", "script"] as const) {
    assert.match(site[name], /^\/assets\/\w+-[0-9a-f]{10}\.(css|svg|js)$/);
    const answer = await fetch(url + site[name]);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), kinds[name]);
    assert.equal(answer.headers.get("cache-control"), "public, max-age=31536000, immutable");
    const file = site[name].replace(/.*\/(\w+)-\w+(\.\w+)$/, "$1$2");
    assert.equal(await answer.text(), readFileSync(join(VIEWS_FOLDER, file), "utf8"));
  }
});

test("a browser that has the file already gets 304 without it", async (t) => {
  const { site, router } = loadAssets(VIEWS_FOLDER, "");
  const url = await serve(t, router);
  const etag = (await fetch(url + site.css)).headers.get("etag") ?? "";
  const again = await fetch(url + site.css, { headers: { "if-none-match": etag } });
  assert.equal(again.status, 304);
  assert.equal(await again.text(), "");
});

test("an issuer with a path has it in the addresses of its assets", () => {
  assert.match(loadAssets(VIEWS_FOLDER, "/idp").site.css, /^\/idp\/assets\//);
});

test("the script has no syntax that an old browser cannot parse, which would cost it the form that posts itself", () => {
  const script = readFileSync(join(VIEWS_FOLDER, "gatehouse.js"), "utf8").replaceAll(/^\s*\/\/.*$/gm, "");
  for (const young of [
    /\?\?/,
    /\?\./,
    /\basync\b/,
    /\bawait\b/,
    /\{\s*\.\.\./,
    /\*\*/,
    /catch\s*\{/,
    /\bimport\b/,
    /\d_\d/,
    /\.#|^\s*#/m,
  ]) {
    assert.doesNotMatch(script, young);
  }
});

test("no other file of the views can be fetched, by no spelling of its path", async (t) => {
  const url = await serve(t, loadAssets(VIEWS_FOLDER, "").router);
  for (const path of [
    "/assets/login.eta",
    "/assets/../login.eta",
    "/assets/%2e%2e/login.eta",
    "/assets/README.md",
    "/assets/",
  ]) {
    assert.equal((await fetch(url + path)).status, 404, path);
  }
});
