import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { SamlRefusalCode } from "../../../src/saml/message-refused.ts";
import { DS, SAMLP } from "../../../src/saml/namespaces.ts";
import {
  type Answer,
  artifactOf,
  artifactResponse,
  idOf,
  ResolutionService,
  soapAnswer,
} from "./artifacts.ts";
import { openWorld, stateOf, type World } from "./corpus.ts";
import { authnRequest, signed } from "./service-provider.ts";
import { afterIssuer, atEnd, signatureOf, withoutSignature, WRAPPINGS } from "./wrappings.ts";

/** What the attacker has: each message that wiki ever signed, fresh, and the place between wiki and us. */
interface Material {
  /** wiki's AuthnRequest, signed. */
  readonly request: string;
  /** What shall be read instead: another reply address, unsigned. */
  readonly forged: string;
  /** wiki's ArtifactResponse to this very question, signed, around `request`. */
  readonly answer: string;
  /** wiki's ArtifactResponse to this very question, signed, around a request without a signature. */
  readonly bare: string;
  /** An unsigned ArtifactResponse to this very question, around a message. */
  readonly around: (content: string, afterIssuer?: string, id?: string) => string;
}

interface Shape {
  readonly name: string;
  readonly codes: readonly SamlRefusalCode[];
  readonly answer: (material: Material, world: World) => Answer;
}

const extensions = (content: string) => `<samlp:Extensions>${content}</samlp:Extensions>`;
const UNPROVEN: readonly SamlRefusalCode[] = ["saml.signature", "saml.unsigned"];
/** What stands in front of the signature check may see some of them first. */
const ANY: readonly SamlRefusalCode[] = [
  ...UNPROVEN,
  "saml.xml",
  "saml.malformed",
  "saml.artifact-unresolved",
];

const shapes: readonly Shape[] = [
  {
    name: "the signed request in Extensions, the forged one in its place",
    codes: UNPROVEN,
    answer: ({ request, forged, around }) => soapAnswer(around(forged, extensions(request))),
  },
  {
    name: "the signed request and the forged one side by side",
    codes: ["saml.malformed"],
    answer: ({ request, forged, around }) => soapAnswer(around(request + forged)),
  },
  {
    name: "the forged request and the signed one side by side",
    codes: ["saml.malformed"],
    answer: ({ request, forged, around }) => soapAnswer(around(forged + request)),
  },
  {
    name: "the signed request in a SOAP header, the forged one in the body",
    codes: UNPROVEN,
    answer: ({ request, forged, around }) => soapAnswer(around(forged), `<S:Header>${request}</S:Header>`),
  },
  {
    name: "the signed answer in a SOAP header, a forged one in the body",
    codes: UNPROVEN,
    answer: ({ answer, forged, around }) =>
      soapAnswer(around(forged, "", "_forged"), `<S:Header>${answer}</S:Header>`),
  },
  {
    name: "two answers in the body, the signed one first",
    codes: ["saml.artifact-unresolved"],
    answer: ({ answer, forged, around }) => soapAnswer(answer + around(forged, "", "_forged")),
  },
  {
    name: "two bodies, the forged answer in the second",
    codes: ["saml.artifact-unresolved"],
    answer: ({ answer, forged, around }) => {
      const { body, status } = soapAnswer(answer);
      const second = `<S:Body>${around(forged, "", "_forged")}</S:Body>`;
      return { status, body: body.replace("</S:Envelope>", () => `${second}</S:Envelope>`) };
    },
  },
  {
    name: "the request's signature moved up to the answer",
    codes: ["saml.signature"],
    answer: ({ request, around }) => soapAnswer(around(withoutSignature(request), signatureOf(request))),
  },
  {
    name: "the answer's signature moved down to the forged request",
    codes: ["saml.signature"],
    answer: ({ bare, forged, around }) => soapAnswer(around(afterIssuer(forged, signatureOf(bare)))),
  },
  {
    name: "the answer's signature around a forged request",
    codes: ["saml.signature"],
    answer: ({ bare, forged, around }) => soapAnswer(around(forged, signatureOf(bare))),
  },
  {
    name: "the signed answer inside a forged one, as its message",
    codes: ["saml.wrong-message"],
    answer: ({ answer, around }) => soapAnswer(around(answer, "", "_forged")),
  },
  {
    name: "the signed answer in Extensions of a forged one",
    codes: UNPROVEN,
    answer: ({ bare, forged, around }) => soapAnswer(around(forged, extensions(bare), "_forged")),
  },
  {
    name: "the forged request in front of Status, the signed one behind it",
    codes: ["saml.malformed"],
    answer: ({ request, forged, around }) => soapAnswer(around(request, forged)),
  },
  {
    name: "a second Status behind the forged request",
    codes: ["saml.malformed"],
    answer: ({ answer, forged }) =>
      soapAnswer(
        answer.replace("<samlp:Status>", () => `<samlp:Status>${forged}</samlp:Status><samlp:Status>`),
      ),
  },
  {
    name: "the forged request in the Status of the signed answer",
    codes: ["saml.signature"],
    answer: ({ bare, forged }) =>
      soapAnswer(
        bare.replace(
          "</samlp:Status>",
          () => `<samlp:StatusDetail>${forged}</samlp:StatusDetail></samlp:Status>`,
        ),
      ),
  },
  {
    name: "the forged request in the place of the one that was signed with the answer",
    codes: ["saml.signature"],
    answer: ({ bare, forged }) =>
      soapAnswer(bare.replace(/<samlp:AuthnRequest[\s\S]*<\/samlp:AuthnRequest>/, () => forged)),
  },
  {
    name: "the signed answer cut down to its envelope, with the forged request and the same ID",
    codes: ["saml.xml"],
    answer: ({ bare, forged, around }) => soapAnswer(around(forged), `<S:Header>${bare}</S:Header>`),
  },
  {
    name: "an answer that evil has signed around wiki's forged request",
    codes: ["saml.signature"],
    answer: ({ forged, around }, { evil }) => soapAnswer(signed(around(forged), evil)),
  },
  {
    name: "an answer that evil has signed around wiki's signed request",
    codes: ["saml.signature"],
    answer: ({ request, around }, { evil }) => soapAnswer(signed(around(request), evil)),
  },
  {
    name: "a signed answer around a request that is signed by evil",
    codes: ["saml.signature"],
    answer: ({ forged, around }, { wiki, evil }) => soapAnswer(signed(around(signed(forged, evil)), wiki)),
  },
  {
    name: "a signed answer whose request has an empty Signature",
    codes: ["saml.signature"],
    answer: ({ forged, around }, { wiki }) =>
      soapAnswer(signed(around(afterIssuer(forged, `<ds:Signature xmlns:ds="${DS}"/>`)), wiki)),
  },
  {
    name: "the Signature of the answer inside the content, and nothing of its own",
    codes: UNPROVEN,
    answer: ({ bare, forged, around }) => soapAnswer(around(atEnd(forged, signatureOf(bare)))),
  },
];

/** The eight shapes of wrapping and their neighbours, with the whole answer as what is signed, and with the request. */
const wrapped: readonly Shape[] = WRAPPINGS.flatMap(
  ({ id, name, wrap }) =>
    [
      {
        name: `${id} of the answer: ${name}`,
        codes: ANY,
        answer: ({ bare, forged, around }) => soapAnswer(wrap(bare, around(forged, "", "_forged"))),
      },
      {
        name: `${id} of the request: ${name}`,
        codes: ANY,
        answer: ({ request, forged, around }) => soapAnswer(around(wrap(request, forged))),
      },
    ] satisfies Shape[],
);

describe("an ArtifactResponse that was tampered with is refused, and nothing is changed", () => {
  let world: World;
  let service: ResolutionService;

  before(async () => {
    world = await openWorld();
    service = await ResolutionService.open();
    const { application } = world.wiki;
    world.landing.applications.set(application.id, service.of(application));
    world.landing.answerSoap = async (_url, body) => await service.answer(body);
  });
  after(async () => {
    await service.close();
    await world.landing.close();
  });

  function material(request: string): Material {
    const { wiki, id } = world;
    const question = idOf(request);
    const second = wiki.application.assertionConsumerServices[1]?.location;
    const around: Material["around"] = (content, afterIssuer = "", answerId = "_answer") =>
      artifactResponse(wiki, question, content, { afterIssuer, id: answerId });
    return {
      request: signed(authnRequest(wiki, id()), wiki),
      forged: authnRequest(wiki, id(), { attributes: { AssertionConsumerServiceURL: second } }),
      answer: signed(around(signed(authnRequest(wiki, id()), wiki)), wiki),
      bare: signed(around(authnRequest(wiki, id())), wiki),
      around,
    };
  }

  const deliver = async (answer: Shape["answer"]) => {
    service.answer = (request) => answer(material(request), world);
    const raw = `SAMLart=${encodeURIComponent(artifactOf(world.wiki))}`;
    return await world.landing.get("/saml/sso", raw);
  };
  // An artifact that the application answered is spent, whatever became of the answer.
  const unchanged = async () => ({ ...(await stateOf(world)), writes: 0 });

  for (const { name, codes, answer } of [...shapes, ...wrapped]) {
    test(`SA-09j ${name}`, async () => {
      const before = await unchanged();
      const landed = await deliver(answer);
      assert.equal(landed.kind, "problem", JSON.stringify(landed));
      assert.ok(
        codes.some((code) => code === landed.code),
        JSON.stringify(landed),
      );
      assert.deepEqual(await unchanged(), before);
    });
  }

  for (const [name, answer] of [
    ["signed around a signed request", ({ answer }) => soapAnswer(answer)],
    ["signed around a request without a signature", ({ bare }) => soapAnswer(bare)],
    ["without a signature around a signed request", ({ request, around }) => soapAnswer(around(request))],
    [
      "signed, with Extensions that nobody knows",
      ({ request, around }, { wiki }) => soapAnswer(signed(around(request, extensions("<x/>")), wiki)),
    ],
    [
      "signed, its prefix declared on the envelope",
      ({ bare }) => {
        const declaration = ` xmlns:samlp="${SAMLP}"`;
        const { status, body } = soapAnswer(bare.replace(declaration, ""));
        return { status, body: body.replace("<S:Envelope", `<S:Envelope${declaration}`) };
      },
    ],
  ] as const satisfies readonly (readonly [string, Shape["answer"]])[]) {
    test(`the genuine one is accepted: ${name}`, async () => {
      const { started } = world.landing;
      const count = started.length;
      const landed = await deliver(answer);
      assert.equal(landed.kind, "go", JSON.stringify(landed));
      assert.equal(started.length, count + 1);
      assert.equal(
        started.at(-1)?.request.replyTo,
        world.wiki.application.assertionConsumerServices[0]?.location,
      );
    });
  }
});
