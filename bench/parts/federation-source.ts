import { once } from "node:events";
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { federationFile, member } from "../../test/fixtures/saml/federation-file.ts";
import { bareCertificate, type BenchKeys, privateKeyOf } from "./keys.ts";

/** Attributes that each member asks for, so that it is about as long as those of real federations. */
const REQUESTED = 7;

export function memberId(number: number): string {
  return `https://sp-${number}.example.org/shibboleth`;
}

/** A federation's file with `members` service providers, signed by the provider's key. */
export function federationPieces(members: number, { provider }: BenchKeys): Iterable<string> {
  const certificate = bareCertificate(provider);
  const more = attributesAsked();
  const entities = function* (): Generator<string> {
    for (let number = 0; number < members; number += 1) {
      yield member({ entityId: memberId(number), name: `Service ${number}`, certificate, more });
    }
  };
  return federationFile(entities, { key: privateKeyOf(provider) });
}

/** Writes such a file and returns its bytes. */
export async function writeFederation(path: string, members: number, keys: BenchKeys): Promise<number> {
  await pipeline(Readable.from(federationPieces(members, keys)), createWriteStream(path));
  return statSync(path).size;
}

/** Serves one file on loopback. */
export async function serveFile(path: string): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/samlmetadata+xml" });
    pipeline(createReadStream(path), response).catch(() => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the file is not served on a port");
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${address.port}/metadata.xml`, [Symbol.asyncDispose]: close };
}

function attributesAsked(): string {
  const asked = Array.from(
    { length: REQUESTED },
    (_, index) =>
      `<md:RequestedAttribute FriendlyName="attribute${index}" Name="urn:oid:1.3.6.1.4.1.5923.1.1.1.${index}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri" isRequired="true"></md:RequestedAttribute>`,
  );
  return `<md:AttributeConsumingService index="1"><md:ServiceName xml:lang="en">Service</md:ServiceName>${asked.join("")}</md:AttributeConsumingService>`;
}
