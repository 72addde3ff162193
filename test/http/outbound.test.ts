import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTcpServer, type Server as NetServer } from "node:net";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { validatorsOf } from "../../src/http/validators.ts";
import { Outbound, OutboundFailed, type ResolvedAddress } from "../../src/http/outbound.ts";
import { PublicAddresses } from "../../src/http/public-address.ts";

const servers: Server[] = [];
const outbounds: Outbound[] = [];

after(async () => {
  for (const outbound of outbounds) await outbound.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  return await listen(server);
}

async function listen(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

function outbound(options: Partial<ConstructorParameters<typeof Outbound>[0]> = {}): Outbound {
  const made = new Outbound({ allowPrivateAddresses: true, ...options });
  outbounds.push(made);
  return made;
}

/** With the public rules, and a resolver that answers with these addresses. */
function guarded(...addresses: string[]): { outbound: Outbound; asked: string[] } {
  const asked: string[] = [];
  const resolve = async (host: string): Promise<ResolvedAddress[]> => {
    asked.push(host);
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  return { outbound: outbound({ allowPrivateAddresses: false, resolve }), asked };
}

const GET = { limitBytes: 1_000 };
const REFUSED = { name: "OutboundFailed", message: "the address could not be fetched" };

async function whyRefused(made: Outbound, url: string): Promise<string> {
  try {
    await made.fetch({ ...GET, url });
  } catch (error) {
    assert.ok(error instanceof OutboundFailed);
    assert.equal(error.message, REFUSED.message);
    return String(error.cause instanceof Error ? error.cause.message : error.cause);
  }
  return "it was fetched";
}

describe("PublicAddresses", () => {
  const addresses = new PublicAddresses();

  for (const address of [
    "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1",
    "169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.168.1.1 198.18.0.1 198.19.255.255 192.0.2.1",
    "224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255",
    ":: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::7f00:1 64:ff9b::7f00:1 64:ff9b::808:808 fc00::1 fd12::1",
    "fe80::1 fec0::1 ff02::1 2002:7f00:1:: 2001::1 2001:db8::1 100::1 fe80::1%eth0",
    "127.1 2130706433 0x7f.1 localhost",
  ].flatMap((line) => line.split(" "))) {
    test(`${address} is refused`, () => assert.equal(addresses.has(address), false));
  }

  for (const address of ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]) {
    test(`${address} is allowed`, () => assert.equal(addresses.has(address), true));
  }
});

describe("Outbound with the public rules", () => {
  for (const host of [
    "127.0.0.1 0x7f.1 2130706433 017700000001 127.1 0 [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1]",
    "169.254.169.254 10.0.0.1 [fd00::1] [fe80::1] [64:ff9b::7f00:1] [2002:7f00:1::] 127。0。0。1",
  ].flatMap((line) => line.split(" "))) {
    test(`a host written as ${host} is refused before anything is connected`, async () => {
      const { outbound, asked } = guarded("8.8.8.8");
      assert.equal(await whyRefused(outbound, `https://${host}/`), "not a public address");
      assert.deepEqual(asked, []);
    });
  }

  for (const found of ["127.0.0.1", "::1", "::ffff:10.0.0.1", "169.254.169.254", "fd00::1"]) {
    test(`a name that resolves to ${found} is refused`, async () => {
      const { outbound, asked } = guarded(found);
      assert.equal(await whyRefused(outbound, "https://rp.example.org/"), "not a public address");
      assert.deepEqual(asked, ["rp.example.org"]);
    });
  }

  test("one private address among public ones is enough to refuse the name", async () => {
    const { outbound } = guarded("8.8.8.8", "2606:4700::1111", "192.168.0.1");
    assert.equal(await whyRefused(outbound, "https://rp.example.org/"), "not a public address");
  });

  test("a name without an address is refused", async () => {
    assert.equal(await whyRefused(guarded().outbound, "https://rp.example.org/"), "no address");
  });

  for (const url of ["http://rp.example.org/", "ftp://rp.example.org/", "file:///etc/passwd", "data:,x"]) {
    test(`${url} is refused: only https`, async () => {
      assert.equal(await whyRefused(guarded("8.8.8.8").outbound, url), "not https");
    });
  }

  for (const port of [22, 25, 80, 6379, 5432, 8443]) {
    test(`port ${port} is refused`, async () => {
      const why = await whyRefused(guarded("8.8.8.8").outbound, `https://rp.example.org:${port}/`);
      assert.equal(why, "a port that is not allowed");
    });
  }

  test("a user name in the address is refused", async () => {
    const why = await whyRefused(guarded("8.8.8.8").outbound, "https://a:b@rp.example.org/");
    assert.equal(why, "a user name in the address");
  });

  test("what is not an address at all is refused with the same error", async () => {
    await assert.rejects(guarded("8.8.8.8").outbound.fetch({ ...GET, url: "no address" }), REFUSED);
  });
});

describe("Outbound", () => {
  test("connects to the address that was checked, and asks the resolver once", async () => {
    const port = await serve((request, response) => response.end(request.headers.host));
    let asked = 0;
    const made = outbound({
      resolve: async () => [{ address: ++asked === 1 ? "127.0.0.1" : "127.0.0.99", family: 4 }],
    });
    const answer = await made.fetch({ ...GET, url: `http://rebind.test:${port}/` });
    assert.deepEqual(
      { status: answer.status, body: answer.body },
      { status: 200, body: `rebind.test:${port}` },
    );
    assert.equal(asked, 1);
  });

  test("posts a form, and asks for no compression", async () => {
    const port = await serve((request, response) => {
      const { "content-type": type, "accept-encoding": encoding } = request.headers;
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => response.end(`${request.method} ${type} ${encoding} ${body}`));
    });
    const { body } = await outbound().fetch({
      ...GET,
      url: `http://127.0.0.1:${port}/`,
      form: { a: "b c&" },
    });
    assert.equal(body, "POST application/x-www-form-urlencoded identity a=b+c%26");
  });

  test("an answer of any status is an answer", async () => {
    const port = await serve((_, response) => response.writeHead(500).end("no"));
    assert.equal((await outbound().fetch({ ...GET, url: `http://127.0.0.1:${port}/` })).status, 500);
  });

  test("a redirect is not followed unless that was asked for", async () => {
    const port = await serve((_, response) => response.writeHead(302, { location: "/next" }).end());
    const { status } = await outbound().fetch({ ...GET, url: `http://127.0.0.1:${port}/` });
    assert.equal(status, 302);
  });

  test("three redirects are followed, a fourth is not", async () => {
    const port = await serve((request, response) => {
      const hop = Number(request.url?.slice(1));
      response.writeHead(302, { location: `/${hop + 1}` }).end(`hop ${hop}`);
    });
    const answer = await outbound().fetch({ ...GET, url: `http://127.0.0.1:${port}/0`, redirects: 9 });
    assert.deepEqual({ status: answer.status, body: answer.body }, { status: 302, body: "hop 3" });
  });

  test("each address on a chain of redirects is checked", async () => {
    const port = await serve((_, response) => response.writeHead(302, { location: "gopher://x/" }).end());
    const url = `http://127.0.0.1:${port}/`;
    await assert.rejects(outbound().fetch({ ...GET, url, redirects: 3 }), REFUSED);
  });

  test("a form is not posted on to where a redirect points", async () => {
    let seen = 0;
    const port = await serve((_, response) => {
      seen += 1;
      response.writeHead(307, { location: "/next" }).end();
    });
    const url = `http://127.0.0.1:${port}/`;
    assert.equal((await outbound().fetch({ ...GET, url, form: { a: "b" }, redirects: 3 })).status, 307);
    assert.equal(seen, 1);
  });

  test("a body above the limit is refused, with a length and without one", async () => {
    const port = await serve((request, response) => {
      if (request.url === "/length") response.setHeader("content-length", 2_000);
      response.end("x".repeat(2_000));
    });
    for (const path of ["length", "chunked"]) {
      const url = `http://127.0.0.1:${port}/${path}`;
      assert.equal(await whyRefused(outbound(), url), "too large");
    }
  });

  test("a compressed answer is refused, whatever it would unfold to", async () => {
    const port = await serve((_, response) => {
      response.setHeader("content-encoding", "gzip").end(gzipSync("x".repeat(100_000)));
    });
    assert.equal(await whyRefused(outbound(), `http://127.0.0.1:${port}/`), "a content encoding");
  });

  test("headers above 16 KiB are refused", async () => {
    const port = await serve((_, response) => response.setHeader("x", "y".repeat(20_000)).end());
    await assert.rejects(outbound().fetch({ ...GET, url: `http://127.0.0.1:${port}/` }), REFUSED);
  });

  test("a body that is not UTF-8 is refused", async () => {
    const port = await serve((_, response) => response.end(Buffer.from([0xff, 0xfe])));
    await assert.rejects(outbound().fetch({ ...GET, url: `http://127.0.0.1:${port}/` }), REFUSED);
  });

  test("a closed port fails with the same error as a refused address", async () => {
    const server = createTcpServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await assert.rejects(outbound().fetch({ ...GET, url: `http://127.0.0.1:${port}/` }), REFUSED);
  });

  test("a server that answers one byte a second is given up after five seconds", async () => {
    const port = await serve((_, response) => {
      const timer = setInterval(() => response.write("x"), 1_000);
      response.on("close", () => clearInterval(timer));
    });
    const startedAtMs = Date.now();
    await assert.rejects(outbound().fetch({ ...GET, url: `http://127.0.0.1:${port}/` }), REFUSED);
    const tookMs = Date.now() - startedAtMs;
    assert.ok(tookMs > 4_000 && tookMs < 15_000, `it took ${tookMs} ms`);
  });
});

describe("a file that is known already", () => {
  const ETAG = '"v1"';
  const DATE = "Tue, 24 Nov 2026 12:00:00 GMT";

  test("is asked for with what its server said of it, and what is said now is handed on", async () => {
    const seen: unknown[] = [];
    const port = await serve((request, response) => {
      seen.push([request.headers["if-none-match"], request.headers["if-modified-since"]]);
      response.writeHead(304, { etag: ETAG, "last-modified": DATE }).end();
    });
    const known = { etag: ETAG, lastModified: DATE };
    const url = `http://127.0.0.1:${port}/`;
    const { status, validators } = await outbound().fetch({ ...GET, url, known });
    assert.deepEqual([status, validators], [304, known]);
    const wanted = { url, limitBytes: 10, known };
    assert.deepEqual(
      await outbound().download(wanted, async (answer) => await Promise.resolve(answer.status)),
      304,
    );
    await outbound().fetch({ ...GET, url });
    assert.deepEqual(seen, [
      [ETAG, DATE],
      [ETAG, DATE],
      [undefined, undefined],
    ]);
  });

  const odd: readonly (readonly [string, string | string[] | undefined])[] = [
    ["no quotes", "v1"],
    ["a blank", '"v 1"'],
    ["more than anybody needs", `"${"x".repeat(201)}"`],
    ["another character set", '"\u00fc"'],
    ["a line break", '"v\n1"'],
    ["two values", ['"v1"', '"v2"']],
  ];
  for (const [name, etag] of odd) {
    test(`is not asked for by an ETag with ${name}`, () => {
      assert.equal(validatorsOf({ etag }).etag, undefined);
    });
  }

  test("is asked for by a weak ETag, and by a date of the one form alone", () => {
    assert.equal(validatorsOf({ etag: 'W/"v1"' }).etag, 'W/"v1"');
    for (const date of [
      "yesterday",
      "Tuesday, 24-Nov-26 12:00:00 GMT",
      "2026-11-24T12:00:00Z",
      `${DATE}\r\nX: y`,
    ]) {
      assert.equal(validatorsOf({ "last-modified": date }).lastModified, undefined, date);
    }
    assert.equal(validatorsOf({ "last-modified": DATE }).lastModified, DATE);
  });
});

describe("a large file is downloaded as it comes", () => {
  const gather = async (made: Outbound, url: string, limitBytes: number) =>
    await made.download({ url, limitBytes }, async ({ status, body }) => {
      let text = "";
      for await (const bytes of body) text += Buffer.from(bytes).toString();
      return { status, text };
    });

  test("whole, in pieces, with its status", async () => {
    const port = await serve((_, response) => {
      response.writeHead(200).write("one ");
      setTimeout(() => response.end("two"), 5);
    });
    assert.deepEqual(await gather(outbound(), `http://127.0.0.1:${port}/`, 100), {
      status: 200,
      text: "one two",
    });
  });

  test("and given up where it is too large, packed or broken off", async () => {
    const large = await serve((_, response) => response.end("x".repeat(101)));
    const packed = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("x")),
    );
    const broken = await serve((request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("x");
      setTimeout(() => request.socket.destroy(), 5);
    });
    for (const port of [large, packed, broken]) {
      await assert.rejects(gather(outbound(), `http://127.0.0.1:${port}/`, 100), REFUSED);
    }
  });

  test("from public addresses alone, as everything else", async () => {
    await assert.rejects(gather(guarded("10.0.0.1").outbound, "https://a.example/", 100), REFUSED);
    await assert.rejects(gather(guarded("192.0.2.1").outbound, "http://a.example/", 100), REFUSED);
  });

  test("and what its taker throws comes out as it is", async () => {
    const port = await serve((_, response) => response.end("x"));
    const take = async () => await Promise.reject(new Error("not what I want"));
    const wanted = { url: `http://127.0.0.1:${port}/`, limitBytes: 10 };
    await assert.rejects(outbound().download(wanted, take), /not what I want/);
  });
});
