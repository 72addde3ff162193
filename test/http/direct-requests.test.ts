import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test, type TestContext } from "node:test";
import { readConfig } from "../../src/config.ts";
import { directEndpoint, directFirst } from "../../src/http/direct-endpoint.ts";
import { directFailure } from "../../src/http/error-handler.ts";
import { readForm } from "../../src/http/form-body.ts";
import { listener } from "../../src/http/listener.ts";
import { readMultipart } from "../../src/http/multipart.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { TestClock } from "../fixtures/clock.ts";
import { breakOff, converse } from "./conversation.ts";
import { keptLog, testRenderer } from "./site.ts";

const LIMIT = 1_000;
const FORM = "Content-Type: application/x-www-form-urlencoded\r\n";
const POST = `POST /oauth2/token HTTP/1.1\r\nHost: x\r\n${FORM}`;
/** Shows what became of the connection: it is answered, or it is not there any more. */
const NEXT = "GET /keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/** The server with the limits that it has, before it an endpoint for forms, one for documents and one for files. */
async function serving(t: TestContext) {
  const log = keptLog();
  const forms: string[] = [];
  const endpoints = [
    directEndpoint(["/oauth2/token"], {
      POST: async (request, response) => {
        const form = await readForm(request, LIMIT);
        forms.push(form.raw);
        response.end(`token ${form.raw}`);
      },
    }),
    directEndpoint(["/keys"], { GET: (_request, response) => void response.end("keys") }),
    directEndpoint(["/file"], {
      POST: async (request, response) => {
        const { fields } = await readMultipart(request, LIMIT);
        response.end(`${fields.size} fields`);
      },
    }),
  ];
  const config = readConfig({
    GATEHOUSE_ISSUER: "http://localhost:4000",
    GATEHOUSE_SECRET: "a-secret-of-this-test-0123456789abcdef",
  });
  const failed = directFailure({ render: testRenderer(), log, random: systemRandom, clock: new TestClock() });
  const rest = directFirst({ endpoints, base: "", before: () => undefined, failed }, (request, response) => {
    response.end(`the rest: ${request.url}`);
  });
  const server = listener(config, rest).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { port: address.port, log, forms };
}

describe("the target of a request", () => {
  const whole: [target: string, answered: string][] = [
    ["http://gatehouse.example.org/keys", "keys"],
    ["HTTPS://somebody@elsewhere.example:1/keys?a=/b", "keys"],
    ["http://gatehouse.example.org/saml/sso?SAMLRequest=a%2Fb", "the rest: /saml/sso?SAMLRequest=a%2Fb"],
    ["http://gatehouse.example.org", "the rest: /"],
    ["http://gatehouse.example.org?next=/keys", "the rest: /?next=/keys"],
  ];
  for (const [target, answered] of whole) {
    test(`${target}, as a proxy sends it, is that path of ours (RFC 9112 3.2.2)`, async (t) => {
      const { port } = await serving(t);
      const { text } = await converse(port, NEXT.replace("/keys", target));
      assert.match(text, /^HTTP\/1\.1 200 /);
      assert.equal(text.split("\r\n\r\n")[1], answered);
    });
  }

  for (const target of ["*", "http://", "http://?a=b", "http:/keys", "ftp://gatehouse.example.org/keys"]) {
    test(`${target} is no address of ours: 400, and nothing runs`, async (t) => {
      const { port } = await serving(t);
      const { statuses, text } = await converse(port, NEXT.replace("/keys", target));
      assert.deepEqual(statuses, [400]);
      assert.doesNotMatch(text, /the rest|keys/);
    });
  }

  test("* is answered to OPTIONS, which asks for no address (RFC 9110 9.3.7)", async (t) => {
    const { port } = await serving(t);
    const { statuses } = await converse(port, NEXT.replace("GET /keys", "OPTIONS *"));
    assert.deepEqual(statuses, [204]);
  });

  test("of 60 KB is read, and one that is larger than all headers may be is 431", async (t) => {
    const { port } = await serving(t);
    const long = (bytes: number) => NEXT.replace("/keys", `/keys?${"a".repeat(bytes)}`);
    assert.deepEqual((await converse(port, long(60_000))).statuses, [200]);
    assert.deepEqual((await converse(port, long(70_000))).statuses, [431]);
  });
});

describe("a body whose end can be read in two ways", () => {
  const refused: [name: string, request: string][] = [
    ["with a length beside its chunks", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["with chunks beside its length", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"],
    ["with two lengths", "Content-Length: 3\r\nContent-Length: 0\r\n\r\na=1"],
    ["with a list of lengths", "Content-Length: 3, 3\r\n\r\na=1"],
    ["with a length that is not digits", "Content-Length: +3\r\n\r\na=1"],
    ["in an encoding behind the chunks", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"],
    ["in an encoding that nobody knows", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
    ["with a blank before the colon", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"],
    ["with bare line feeds in its chunks", "Transfer-Encoding: chunked\r\n\r\n3\na=1\n0\n\n"],
    ["with a chunk of no length", "Transfer-Encoding: chunked\r\n\r\nzz\r\na=1\r\n0\r\n\r\n"],
  ];
  for (const [name, request] of refused) {
    test(`${name} is refused, and what follows on the connection is not answered`, async (t) => {
      const { port, forms } = await serving(t);
      const { statuses } = await converse(port, `${POST}${request}${NEXT}`);
      assert.deepEqual(statuses, [400]);
      assert.deepEqual(forms, []);
    });
  }

  test("is not one that ends early: what follows is no request, and the connection ends", async (t) => {
    const { port, forms } = await serving(t);
    const { statuses } = await converse(port, `${POST}Content-Length: 3\r\n\r\na=1&b=2`);
    assert.equal(statuses.at(-1), 400);
    assert.ok(forms.every((form) => form === "a=1"));
  });
});

describe("the connection", () => {
  const goesOn: [name: string, request: string, status: number][] = [
    ["a form", `${POST}Content-Length: 3\r\n\r\na=1`, 200],
    ["a form in chunks", `${POST}Transfer-Encoding: chunked\r\n\r\n3;x=y\r\na=1\r\n0\r\nX: y\r\n\r\n`, 200],
    ["no body at all", `${POST}\r\n`, 200],
    ["a body of another kind", `${POST.replace(FORM, "")}Content-Length: 3\r\n\r\na=1`, 415],
    [
      "a body that is compressed on the way",
      `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n`,
      415,
    ],
    [
      "a large body of another kind",
      `${POST.replace(FORM, "")}Content-Length: 2000\r\n\r\n${"x".repeat(2_000)}`,
      415,
    ],
    ["a method that is not there", `${POST.replace("POST", "PUT")}Content-Length: 3\r\n\r\na=1`, 405],
    ["a GET that has a body", "GET /keys HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=1", 200],
  ];
  for (const [name, request, status] of goesOn) {
    test(`serves the next request after ${name}`, async (t) => {
      const { port } = await serving(t);
      const { statuses, text } = await converse(port, request + NEXT);
      assert.deepEqual(statuses, [status, 200]);
      assert.ok(text.endsWith("keys"));
    });
  }

  const tooLarge = "a".repeat(LIMIT + 1);
  for (const [name, body] of [
    ["by its length", `Content-Length: ${LIMIT + 1}\r\n\r\n${tooLarge}`],
    [
      "in its chunks",
      `Transfer-Encoding: chunked\r\n\r\n${(LIMIT + 1).toString(16)}\r\n${tooLarge}\r\n0\r\n\r\n`,
    ],
  ]) {
    test(`ends after a body that is too large ${name}: 413, and what follows is not answered`, async (t) => {
      const { port, forms } = await serving(t);
      const { statuses, text } = await converse(port, `${POST}${body}${NEXT}`);
      assert.deepEqual(statuses, [413]);
      assert.match(text, /\r\nConnection: close\r\n/i);
      assert.deepEqual(forms, []);
    });
  }

  test("is not kept for headers that never end: 408 after ten seconds", async (t) => {
    const { port } = await serving(t);
    assert.deepEqual((await converse(port, POST)).statuses, [408]);
  });

  test("brings the body of a client that asks first", async (t) => {
    const { port } = await serving(t);
    const asks = `${POST}Connection: close\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`;
    const { statuses, text } = await converse(port, asks, "a=1");
    assert.deepEqual(statuses, [100, 200]);
    assert.ok(text.endsWith("token a=1"));
  });

  test("ends with the answer where the client speaks HTTP/1.0", async (t) => {
    const { port } = await serving(t);
    const { text } = await converse(
      port,
      `POST /oauth2/token HTTP/1.0\r\n${FORM}Content-Length: 3\r\n\r\na=1`,
    );
    assert.match(text, /\r\nConnection: close\r\n/i);
    assert.ok(text.endsWith("token a=1"));
  });

  test("brings the pieces of a request at their own pace", async (t) => {
    const { port } = await serving(t);
    const head = `${POST}Connection: close\r\nContent-Length: 8\r\n\r\n`;
    const { text } = await converse(port, head.slice(0, 30), head.slice(30), "a=%C", "3%A4");
    assert.ok(text.endsWith("token a=%C3%A4"));
  });
});

describe("a body that is broken off", () => {
  const multipart = `POST /file HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n`;
  const broken: [name: string, request: string, how: "fin" | "reset"][] = [
    ["a form, by a FIN", `${POST}Content-Length: 100\r\n\r\na=1`, "fin"],
    ["a form, by a reset", `${POST}Content-Length: 100\r\n\r\na=1`, "reset"],
    ["a form in chunks", `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\na=`, "reset"],
    [
      "a form with a chunk that is none",
      `${POST}Transfer-Encoding: chunked\r\n\r\n3\r\na=1\r\nzz\r\n`,
      "fin",
    ],
    ["a file", `${multipart}Content-Length: 100\r\n\r\n--b\r\n`, "reset"],
  ];
  for (const [name, request, how] of broken) {
    test(`${name}: stands in the log as the client's doing, not as a fault of ours`, async (t) => {
      const { port, log, forms } = await serving(t);
      await breakOff(port, request, how);
      const endMs = Date.now() + 20_000;
      while (log.lines.length === 0 && Date.now() < endMs)
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual(
        log.lines.map(({ level }) => level),
        ["warn"],
      );
      assert.deepEqual(forms, []);
      assert.deepEqual((await converse(port, NEXT)).statuses, [200]);
    });
  }
});
