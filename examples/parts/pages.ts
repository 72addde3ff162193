import { type Html, html } from "./html.ts";

/** How an application presents itself. */
export interface Appearance {
  readonly name: string;
  /** Class of the letter tile in the stylesheet, such as `c1`; empty for the first colour. */
  readonly tile: string;
  /** As a person reads it: `SAML 2.0`. */
  readonly protocol: string;
  readonly gatehouse: string;
  readonly otherName: string;
  readonly otherUrl: string;
}

/** A line of the page: what it is, and what came for it. `term` is the name on the wire. */
export interface Line {
  readonly label: string;
  readonly term?: string | undefined;
  readonly values: readonly string[];
}

/** What an application was given about the person who is logged in. */
export interface Visit {
  readonly name: string;
  readonly email: string;
  readonly loggedInAt: Date;
  /** Subject, session and the like. */
  readonly identity: readonly Line[];
  /** Every attribute or claim. */
  readonly values: readonly Line[];
  /** The message itself, as text. */
  readonly raw: string;
  readonly rawTitle: string;
}

/** The page of a person who is logged in: everything that the application was told, in a readable form. */
export function visitPage(look: Appearance, visit: Visit): string {
  return page(
    `${visit.name} · ${look.name}`,
    "inside",
    html`<a class="skip" href="#main">Skip to the content</a>
<header class="top"><a class="brand" href="/">${tile(look)}${look.name}</a>
<nav aria-label="Elsewhere"><a href="${look.otherUrl}/login">${look.otherName}</a><a href="${look.gatehouse}/">My applications</a></nav>
<form method="post" action="/logout"><button class="btn slim">Log out</button></form></header>
<main id="main">
<div class="pagehead"><div><h1>Hello, ${visit.name}</h1><p class="lead">Gatehouse logged you in to ${look.name} with ${look.protocol} on ${time(visit.loggedInAt)}. This is all that ${look.name} was told.</p></div></div>
<section class="card" aria-labelledby="who"><h2 id="who">Who you are</h2>
<dl class="kv">${[{ label: "Name", values: [visit.name] }, { label: "E-mail", values: [visit.email] }, ...visit.identity].map(definition)}</dl></section>
<section class="card flush" aria-labelledby="values"><header><h2 id="values">Everything that came with it</h2></header>
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">What</th><th scope="col" class="w">Name on the wire</th><th scope="col">Value</th></tr></thead>
<tbody>${visit.values.map(row)}</tbody></table></div></section>
<details class="more"><summary>${visit.rawTitle}</summary><pre tabindex="0">${visit.raw}</pre></details>
<div class="actions"><a class="btn" href="${look.otherUrl}/login">Open ${look.otherName}</a><a class="btn" href="${look.gatehouse}/">My applications</a></div>
</main>`,
  );
}

/** The page of a stranger: one thing to do. */
export function doorPage(look: Appearance, said: { title: string; text: string }): string {
  return page(
    `${said.title} · ${look.name}`,
    "door",
    html`<main>
<p class="brand">${look.name}</p>
<div class="card stack loose"><div class="named">${tile(look)}<div><h1>${said.title}</h1><p class="small muted">${said.text}</p></div></div>
<a class="btn primary full" href="/login">Log in with Gatehouse</a></div>
<p class="assure"><span>${look.name} speaks <b>${look.protocol}</b>. Your password stays with Gatehouse.</span></p>
</main>
<footer class="foot"><a href="${look.otherUrl}">${look.otherName}</a><a href="${look.gatehouse}/">My applications</a></footer>`,
  );
}

/** What goes where: nothing inline runs, nothing foreign loads. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
};

function page(title: string, shell: string, body: Html): string {
  return html`<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="/assets/logo.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/gatehouse.css">
</head>
<body class="${shell}">
${body}
</body>
</html>
`.text;
}

function tile(look: Appearance): Html {
  return html`<span class="tile s ${look.tile}" aria-hidden="true">${look.name.slice(0, 1)}</span>`;
}

function definition(line: Line): Html {
  const term = line.term === undefined ? undefined : html` <code>${line.term}</code>`;
  return html`<div><dt>${line.label}${term}</dt><dd>${list(line.values)}</dd></div>`;
}

function row(line: Line): Html {
  return html`<tr><th scope="row">${line.label}<small class="n"><code>${line.term}</code></small></th><td class="w"><code>${line.term}</code></td><td>${list(line.values)}</td></tr>`;
}

function list(values: readonly string[]): Html {
  if (values.length < 2) return html`<span class="mono">${values[0] ?? ""}</span>`;
  return html`<ul>${values.map((value) => html`<li class="mono">${value}</li>`)}</ul>`;
}

function time(at: Date): Html {
  const text = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "medium", timeZone: "UTC" });
  return html`<time datetime="${at.toISOString()}">${text.format(at)} UTC</time>`;
}
