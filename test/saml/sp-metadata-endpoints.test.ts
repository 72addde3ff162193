import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BINDING } from "../../src/saml/namespaces.ts";
import { chooseReplyAddress } from "../../src/saml/reply-address.ts";
import { samlApplication } from "../fixtures/saml/installation.ts";
import { ACS, acs, complaints, entityDescriptor, read, registered, slo } from "./sp-metadata-file.ts";

const LOGOUT = slo(BINDING.redirect, "https://pay.example.org/slo");

describe("addresses", () => {
  for (const location of [
    "ERROR:ENDPOINT_NOT_SET",
    "javascript:alert(1)",
    "data:text/html,x",
    "/acs",
    "//pay.example.org/acs",
    "https:/pay.example.org",
    "https://",
    "ftp://pay.example.org/acs",
    "https://user:x@pay.example.org/acs",
    "https://pay.example.org/acs#x",
    "https://pay.example.org/a cs",
    "https:\\\\pay.example.org\\acs",
    "",
  ]) {
    test(`B36 SA-41 ${JSON.stringify(location)} is refused with its line; the other address stays`, () => {
      const reading = read(entityDescriptor({ services: LOGOUT + ACS + acs(location, 2) }));
      assert.ok(reading.ok);
      assert.equal(reading.application.assertionConsumerServices.length, 1);
      assert.match(
        complaints(reading).join(),
        /^refused 4 AssertionConsumerService index="2": Its Location is not an absolute/,
      );
    });

    test(`B36 ${JSON.stringify(location)} as the only address fails the file`, () => {
      const reading = read(entityDescriptor({ services: acs(location, 1) }));
      assert.ok(!reading.ok);
      assert.match(complaints(reading).join("\n"), /nobody could be logged in/);
    });
  }

  test("plain http is taken with a warning, on this machine without one", () => {
    const far = read(entityDescriptor({ services: LOGOUT + acs("http://pay.example.org/acs", 1) }));
    assert.ok(far.ok);
    assert.match(complaints(far).join(), /Without https anyone on the way can read/);
    const near = read(entityDescriptor({ services: LOGOUT + acs("http://localhost:4001/acs", 1) }));
    assert.ok(near.ok);
    assert.deepEqual(complaints(near), []);
  });

  test("B13 the default is the one marked, else the first that is not marked as none, else the first", () => {
    const where = (services: string) =>
      String(
        chooseReplyAddress(samlApplication({ ...registered(entityDescriptor({ services })), id: "a" }), {
          assertionConsumerServiceUrl: undefined,
          assertionConsumerServiceIndex: undefined,
          protocolBinding: undefined,
        }).replyTo,
      );
    const at = (path: string, more = "") => acs(`https://pay.example.org/${path}`, path.length, more);
    assert.match(where(at("1") + at("22", ' isDefault="true"')), /22$/);
    assert.match(where(at("1", ' isDefault="false"') + at("22")), /22$/);
    assert.match(where(at("1", ' isDefault="0"') + at("22", ' isDefault="false"')), /\/1$/);
    assert.match(
      where(acs("https://pay.example.org/ecp", 9, ' isDefault="1"', BINDING.paos) + at("1")),
      /\/1$/,
    );
  });

  test("addresses that we do not answer by are kept and reported as ignored", () => {
    const services = ACS + acs("https://pay.example.org/ecp", 2, "", BINDING.paos);
    const { report } = read(entityDescriptor({ services }));
    assert.ok(
      report.some(
        ({ verdict, text }) => verdict === "ignored" && /by PAOS, which we do not answer by/.test(text),
      ),
    );
  });

  test("an address for PAOS alone fails the file", () => {
    const services = acs("https://pay.example.org/ecp", 1, "", BINDING.paos);
    assert.ok(!read(entityDescriptor({ services })).ok);
  });

  test("ResponseLocation is kept, a wrong one refused, a logout by artifact ignored", () => {
    const application = registered(
      entityDescriptor({
        services:
          slo(
            BINDING.redirect,
            "https://pay.example.org/slo",
            ' ResponseLocation="https://pay.example.org/done"',
          ) +
          slo(BINDING.post, "https://pay.example.org/slo", ' ResponseLocation="javascript:x"') +
          slo(BINDING.artifact, "https://pay.example.org/slo") +
          slo(BINDING.soap, "https://pay.example.org/soap") +
          ACS,
      }),
    );
    assert.deepEqual(application.singleLogoutServices, [
      {
        binding: BINDING.redirect,
        location: "https://pay.example.org/slo",
        responseLocation: "https://pay.example.org/done",
      },
      { binding: BINDING.post, location: "https://pay.example.org/slo" },
      { binding: BINDING.soap, location: "https://pay.example.org/soap" },
    ]);
  });

  test("ArtifactResolutionServices are kept where an artifact can name them by their index", () => {
    const ars = (binding: string, location: string, index: string) =>
      `<md:ArtifactResolutionService Binding="${binding}" Location="${location}"${index}/>`;
    const reading = read(
      entityDescriptor({
        services:
          ars(BINDING.soap, "https://pay.example.org/artifact", ' index="3"') +
          ars(BINDING.soap, "https://pay.example.org/twin", ' index="3"') +
          ars(BINDING.soap, "https://pay.example.org/nameless", "") +
          ars(BINDING.redirect, "https://pay.example.org/redirect", ' index="4"') +
          ars(BINDING.soap, "javascript:x", ' index="5"') +
          ACS,
      }),
    );
    assert.ok(reading.ok);
    assert.deepEqual(reading.application.artifactResolutionServices, [
      { binding: BINDING.soap, location: "https://pay.example.org/artifact", index: 3 },
    ]);
    const verdicts = reading.report
      .filter(({ element }) => element.startsWith("ArtifactResolutionService"))
      .map(({ verdict }) => verdict);
    assert.deepEqual(verdicts, ["accepted", "ignored", "ignored", "ignored", "refused"]);
  });
});
