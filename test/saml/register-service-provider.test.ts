import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BINDING, MD, MDUI, NAME_ID, SAMLP } from "../../src/saml/namespaces.ts";
import { NOW_MS } from "../fixtures/saml/installation.ts";
import {
  ACS,
  acs,
  CERTIFICATE,
  complaints,
  entityDescriptor,
  keyDescriptor,
  read,
  registered,
  slo,
} from "./sp-metadata-file.ts";

const LOGOUT = slo(BINDING.redirect, "https://pay.example.org/slo");

describe("an ordinary metadata file becomes a registration", () => {
  test("with addresses, keys, formats and the protection that it asks for", () => {
    const application = registered(
      entityDescriptor({
        descriptor: ' AuthnRequestsSigned="true"',
        keys: keyDescriptor(CERTIFICATE, "signing") + keyDescriptor(CERTIFICATE, "encryption"),
        services: `${LOGOUT}<md:NameIDFormat>${NAME_ID.transient}</md:NameIDFormat>${ACS}`,
      }),
    );
    assert.equal(application.entityId, "https://pay.example.org/sp");
    assert.equal(application.name, "pay.example.org");
    assert.deepEqual(application.assertionConsumerServices, [
      { binding: BINDING.post, location: "https://pay.example.org/acs", index: 1 },
    ]);
    assert.deepEqual(application.singleLogoutServices, [
      { binding: BINDING.redirect, location: "https://pay.example.org/slo" },
    ]);
    assert.deepEqual(application.signingCertificates, [CERTIFICATE]);
    assert.deepEqual(application.encryptionKeys, [{ certificate: CERTIFICATE, methods: [] }]);
    assert.deepEqual(application.nameIdFormats, [NAME_ID.transient]);
    assert.deepEqual(
      [
        application.requestsMustBeSigned,
        application.encryptAssertion,
        application.signAssertion,
        application.signResponse,
      ],
      [true, true, true, false],
    );
  });

  test("without keys it asks for no protection, and the report says what that means", () => {
    const reading = read(entityDescriptor());
    assert.ok(reading.ok);
    assert.deepEqual(
      [reading.application.requestsMustBeSigned, reading.application.encryptAssertion],
      [false, false],
    );
    assert.deepEqual(complaints(reading), [
      "warning - SingleLogoutService: There is none. Logging out of Gatehouse will leave people logged in there, and their receipt will say so.",
    ]);
  });

  test("what the administrator says goes before what the file says", () => {
    const file = entityDescriptor({
      descriptor: ' AuthnRequestsSigned="true"',
      keys: keyDescriptor(CERTIFICATE),
    });
    const application = registered(file, {
      name: "Payroll",
      requestsMustBeSigned: false,
      encryptAssertion: false,
      signResponse: true,
    });
    assert.deepEqual(
      [
        application.name,
        application.requestsMustBeSigned,
        application.encryptAssertion,
        application.signResponse,
      ],
      ["Payroll", false, false, true],
    );
  });

  test("every element has its line in the report", () => {
    const { report } = read(entityDescriptor({ keys: keyDescriptor(CERTIFICATE, "signing") }));
    const lines = report.map(({ line, element, verdict }) => `${line ?? "-"} ${element} ${verdict}`);
    assert.deepEqual(lines, [
      "1 EntityDescriptor accepted",
      '3 KeyDescriptor use="signing" accepted',
      '4 AssertionConsumerService index="1" accepted',
      "- SingleLogoutService warning",
      "2 SPSSODescriptor accepted",
    ]);
  });
});

describe("odd files that are right are read", () => {
  const whole = registered(entityDescriptor());
  for (const [name, file] of [
    ["a byte order mark", `\ufeff${entityDescriptor()}`],
    ["an XML declaration", `<?xml version="1.0" encoding="utf-8"?>\n${entityDescriptor()}`],
    [
      "B32 a default namespace instead of a prefix",
      entityDescriptor().replaceAll("md:", "").replace("xmlns:md", "xmlns"),
    ],
    ["another prefix", entityDescriptor().replaceAll("md:", "x:").replace("xmlns:md", "xmlns:x")],
    ["CR LF", entityDescriptor().replaceAll("\n", "\r\n")],
    ["comments", entityDescriptor().replaceAll("\n", "\n<!-- here -->")],
    [
      "white space around the address",
      entityDescriptor({ services: acs("\n https://pay.example.org/acs ", 1) }),
    ],
    [
      "several protocols",
      entityDescriptor().replace(SAMLP, `urn:oasis:names:tc:SAML:1.1:protocol\n ${SAMLP}`),
    ],
  ] as const) {
    test(name, () => {
      const application = registered(file);
      assert.equal(application.entityId, whole.entityId);
      assert.deepEqual(application.assertionConsumerServices, whole.assertionConsumerServices);
    });
  }

  test("bytes are read like text", () => {
    assert.equal(registered(Buffer.from(entityDescriptor())).entityId, whole.entityId);
  });

  test("a descriptor for an older version beside the one for SAML 2.0 is passed over", () => {
    const old = `<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol">${acs("https://old.example.org/", 1)}</md:SPSSODescriptor>`;
    const file = entityDescriptor().replace("<md:SPSSODescriptor", () => `${old}<md:SPSSODescriptor`);
    assert.deepEqual(registered(file).assertionConsumerServices, whole.assertionConsumerServices);
  });
});

describe("B32 a file with several entities", () => {
  const wiki = entityDescriptor({ entityId: "https://wiki.example.org/sp" });
  const inner = `<md:EntitiesDescriptor validUntil="2026-03-05T00:00:00Z">${entityDescriptor()}</md:EntitiesDescriptor>`;
  const idp = `<md:EntityDescriptor entityID="https://idp.example.org"><md:IDPSSODescriptor protocolSupportEnumeration="${SAMLP}"/></md:EntityDescriptor>`;
  const file = `<md:EntitiesDescriptor xmlns:md="${MD}">${idp}${inner}${wiki}</md:EntitiesDescriptor>`;

  test("is asked which one is meant", () => {
    const reading = read(file);
    assert.ok(!reading.ok);
    assert.deepEqual(reading.entityIds, ["https://pay.example.org/sp", "https://wiki.example.org/sp"]);
    assert.match(complaints(reading)[0] ?? "", /2 service providers: https:\/\/pay.*, https:\/\/wiki/);
  });

  test("is read for the one that is named, however deep it lies, and only that one is kept", () => {
    const application = registered(file, { entityId: "https://pay.example.org/sp" });
    assert.equal(application.entityId, "https://pay.example.org/sp");
    assert.doesNotMatch(application.metadataXml, /wiki/);
    assert.equal(registered(application.metadataXml).entityId, "https://pay.example.org/sp");
  });

  test("is refused for one that is not in it, with those that are", () => {
    assert.match(
      complaints(read(file, { entityId: "urn:x" }))[0] ?? "",
      /urn:x is not in it. It describes https:\/\/pay/,
    );
  });

  test("with one service provider among identity providers needs no question", () => {
    const one = `<md:EntitiesDescriptor xmlns:md="${MD}">${idp}${wiki}</md:EntitiesDescriptor>`;
    assert.equal(registered(one).entityId, "https://wiki.example.org/sp");
  });

  test("is as old as the oldest descriptor around it", () => {
    const later = { entityId: "https://pay.example.org/sp", nowMs: NOW_MS + 86_400_000 };
    assert.ok(!read(file, later).ok);
    assert.ok(read(file, { ...later, acceptExpired: true }).ok);
  });
});

describe("names", () => {
  const uiInfo = (names: string) =>
    `<md:Extensions><u:UIInfo xmlns:u="${MDUI}">${names}</u:UIInfo></md:Extensions>`;
  const service =
    '<md:AttributeConsumingService index="1"><md:ServiceName xml:lang="de">Lohn</md:ServiceName></md:AttributeConsumingService>';
  const organization =
    '<md:Organization><md:OrganizationDisplayName xml:lang="en">Example</md:OrganizationDisplayName></md:Organization>';

  for (const [name, keys, services, after, expected] of [
    [
      "in English where there is one",
      uiInfo(
        '<u:DisplayName xml:lang="de">Lohn</u:DisplayName><u:DisplayName xml:lang="en-GB">Pay</u:DisplayName>',
      ),
      ACS,
      "",
      "Pay",
    ],
    [
      "in the first language otherwise",
      uiInfo('<u:DisplayName xml:lang="de">Lohn</u:DisplayName>'),
      ACS,
      "",
      "Lohn",
    ],
    ["of the service where there is no display name", "", ACS + service, organization, "Lohn"],
    ["of the organisation where there is neither", "", ACS, organization, "Example"],
    ["of the host where there is nothing", "", ACS, "", "pay.example.org"],
    [
      "on one line, without what turns it around, whole in CDATA",
      uiInfo('<u:DisplayName xml:lang="en"><![CDATA[Pay\n & \u202eroll]]></u:DisplayName>'),
      ACS,
      "",
      "Pay & roll",
    ],
  ] as const) {
    test(`the name is the one ${name}`, () => {
      assert.equal(registered(entityDescriptor({ keys, services, after })).name, expected);
    });
  }

  test("an application without an address in its entityID is called by it", () => {
    assert.equal(registered(entityDescriptor({ entityId: "urn:example:pay" })).name, "urn:example:pay");
  });
});

describe("SA-77 files that are refused as a whole", () => {
  for (const [name, file, says] of [
    ["a DOCTYPE", `<!DOCTYPE x>${entityDescriptor()}`, /DOCTYPE/],
    ["nested entities", `<!DOCTYPE x [<!ENTITY a "b">]>${entityDescriptor()}`, /DOCTYPE/],
    ["a file that is cut off", entityDescriptor().slice(0, -30), /well-formed/],
    ["a web page", "<html><body>Not found</body></html>", /no SAML 2.0 metadata/],
    ["nothing", "", /well-formed/],
    [
      "an identity provider",
      entityDescriptor().replaceAll("SPSSODescriptor", "IDPSSODescriptor"),
      /no service provider/,
    ],
    [
      "SAML 1.1 alone",
      entityDescriptor().replace(SAMLP, "urn:oasis:names:tc:SAML:1.1:protocol"),
      /no service provider/,
    ],
    ["no entityID", entityDescriptor().replace(/ entityID="[^"]*"/, ""), /no entityID/],
    [
      "an entityID with white space",
      entityDescriptor({ entityId: "https://pay.example.org/ sp" }),
      /no entityID/,
    ],
    [
      "validUntil in the past",
      entityDescriptor({ entity: ' validUntil="2026-01-01T00:00:00Z"' }),
      /valid until 1 January 2026/,
    ],
    [
      "the same entity twice",
      `<md:EntitiesDescriptor xmlns:md="${MD}">${entityDescriptor()}${entityDescriptor()}</md:EntitiesDescriptor>`,
      /2 service providers/,
    ],
  ] as const) {
    test(name, () => {
      const reading = read(file);
      assert.ok(!reading.ok);
      assert.match(complaints(reading).join("\n"), says);
    });
  }

  test("UTF-16", () => {
    const reading = read(Buffer.from(`\ufeff${entityDescriptor()}`, "utf16le"));
    assert.match(complaints(reading).join("\n"), /not in UTF-8/);
  });

  test("more than 10 MB", () => {
    assert.match(complaints(read(Buffer.alloc(10 * 1024 * 1024 + 1, 0x20))).join("\n"), /larger than 10 MB/);
  });
});
