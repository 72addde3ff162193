import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { suite, test } from "node:test";
import { BodyRefused } from "../../src/http/form-body.ts";
import { type MultipartForm, readMultipart } from "../../src/http/multipart.ts";

const LIMIT_BYTES = 4_096;
const TYPE = "multipart/form-data; boundary=xx";

/** A body as it comes in, in pieces of 7 bytes, so that every delimiter is cut somewhere. */
async function read(body: string | Buffer, type = TYPE, length?: number): Promise<MultipartForm> {
  const bytes = Buffer.from(body);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) =>
    bytes.subarray(i * 7, i * 7 + 7),
  );
  const headers = {
    "content-type": type,
    ...(length === undefined ? {} : { "content-length": String(length) }),
  };
  const stream = Readable.from(pieces, { objectMode: false });
  return await readMultipart({ headers, iterator: (options) => stream.iterator(options) }, LIMIT_BYTES);
}

function refusedWith(status: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof BodyRefused, String(error));
    assert.equal(error.status, status, error.message);
    return true;
  };
}

function part(header: string, content: string): string {
  return `--xx\r\n${header}\r\n\r\n${content}\r\n`;
}

function field(name: string, content: string): string {
  return part(`Content-Disposition: form-data; name="${name}"`, content);
}

function file(name: string, fileName: string, content: string): string {
  return part(
    `Content-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: text/xml`,
    content,
  );
}

suite("a form with a file", () => {
  test("as undici's FormData sends it is read, bytes and names unchanged", async () => {
    const form = new FormData();
    form.set("csrf", "töken");
    form.set("metadata", new File([new Uint8Array([0xef, 0xbb, 0xbf, 13, 10, 45, 45])], 'a "b".xml'));
    const sent = new Response(form);
    const type = sent.headers.get("content-type") ?? "";
    const got = await read(Buffer.from(await sent.arrayBuffer()), type);
    assert.deepEqual([...got.fields], [["csrf", "töken"]]);
    assert.equal(got.file?.name, 'a "b".xml');
    assert.deepEqual([...(got.file?.bytes ?? [])], [0xef, 0xbb, 0xbf, 13, 10, 45, 45]);
  });

  test("whose file input was left empty has no file", async () => {
    const form = await read(`${field("csrf", "a")}${file("metadata", "", "")}--xx--\r\n`, TYPE);
    assert.equal(form.file, undefined);
  });

  test("whose content looks like a shorter boundary keeps it", async () => {
    const form = await read(`${file("metadata", "a.xml", "x\r\n--x\r\ny")}--xx--`, TYPE);
    assert.equal(form.file?.bytes.toString(), "x\r\n--x\r\ny");
  });

  test("loses the folders and the control characters of the file's name", async () => {
    const form = await read(`${file("metadata", "..\\C:/x/\u202eevil.xml", "x")}--xx--`, TYPE);
    assert.equal(form.file?.name, "evil.xml");
  });
});

const REFUSED: readonly (readonly [name: string, body: string, status: number, type?: string])[] = [
  ["an urlencoded body", "a=b", 415, "application/x-www-form-urlencoded"],
  ["a boundary that is missing", "--xx--", 415, "multipart/form-data"],
  ["a boundary of 71 characters", "--xx--", 415, `multipart/form-data; boundary=${"x".repeat(71)}`],
  ["a second parameter beside the boundary", "--xx--", 415, `${TYPE}; charset=utf-16`],
  ["multipart/mixed", "--xx--", 415, "multipart/mixed; boundary=xx"],
  ["an empty body", "", 400],
  ["a preamble", `hello\r\n${field("a", "b")}--xx--`, 400],
  ["an epilogue", `${field("a", "b")}--xx--\r\nmore`, 400],
  ["no last delimiter", field("a", "b"), 400],
  ["a delimiter that is cut", `${field("a", "b")}--xx-`, 400],
  ["a repeated name", `${field("a", "b")}${field("a", "c")}--xx--`, 400],
  ["a field named as the file", `${file("a", "x.xml", "b")}${field("a", "c")}--xx--`, 400],
  ["a second file", `${file("a", "x.xml", "b")}${file("b", "y.xml", "c")}--xx--`, 400],
  ["a part without a name", `${part("Content-Disposition: form-data", "b")}--xx--`, 400],
  ["a part without a disposition", `${part("Content-Type: text/plain", "b")}--xx--`, 400],
  ["another disposition", `${part('Content-Disposition: attachment; name="a"', "b")}--xx--`, 400],
  [
    "two dispositions in one part",
    `${part('Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"', "b")}--xx--`,
    400,
  ],
  [
    "a transfer encoding, which browsers never send",
    `${part('Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64', "YQ==")}--xx--`,
    400,
  ],
  ["a folded header", `${part('Content-Disposition: form-data;\r\n name="a"', "b")}--xx--`, 400],
  ["an RFC 5987 name", `${part("Content-Disposition: form-data; name*=utf-8''a", "b")}--xx--`, 400],
  ["a header longer than 1 KiB", `${field("a".repeat(1_100), "b")}--xx--`, 400],
  ["a name longer than 64 characters", `${field("a".repeat(65), "b")}--xx--`, 400],
  ["21 parts", `${Array.from({ length: 21 }, (_, i) => field(`f${i}`, "")).join("")}--xx--`, 400],
  ["bare line feeds", '--xx\nContent-Disposition: form-data; name="a"\n\nb\n--xx--', 400],
  ["more bytes than allowed", `${field("a", "b".repeat(LIMIT_BYTES))}--xx--`, 413],
];

suite("a form with a file is refused for", () => {
  for (const [name, body, status, type] of REFUSED) {
    test(`${name} with ${status}`, async () => {
      await assert.rejects(read(body, type), refusedWith(status));
    });
  }

  test("a field that is not UTF-8 with 400", async () => {
    const head = '--xx\r\nContent-Disposition: form-data; name="a"\r\n\r\n';
    const body = Buffer.concat([Buffer.from(head), Buffer.from([0xc3, 0x28]), Buffer.from("\r\n--xx--")]);
    await assert.rejects(read(body), refusedWith(400));
  });

  test("a length that is too large with 413, before a byte is read", async () => {
    await assert.rejects(read("", TYPE, LIMIT_BYTES + 1), refusedWith(413));
  });
});
