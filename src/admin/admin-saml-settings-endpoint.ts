import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { printSource } from "../flow/release-expression.ts";
import { formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import type { SamlApplication } from "../model/application.ts";
import { NAME_ID_FORMATS } from "../saml/name-id.ts";
import { isPinLost } from "../saml/signers.ts";
import { weakSettings } from "../saml/weak-settings.ts";
import type { Refused } from "./acts/act.ts";
import { changeSamlSettings, encryptionOf, type SamlSettingsChanges } from "./acts/change-saml-settings.ts";
import { keyChoice } from "./key-view.ts";
import {
  type AdminParts,
  actorOf,
  adminForm,
  answerAct,
  checkBox,
  line,
  ownForm,
  sendAdminPage,
} from "./owner-endpoint.ts";
import { noSuch } from "./problems.ts";

type OneApplication = Request<{ id: string }>;

const settingsForm = adminForm({
  requestsMustBeSigned: checkBox,
  signAssertion: checkBox,
  signResponse: checkBox,
  encryption: z.enum(["none", "assertion", "name-id"]),
  signatureAlgorithm: z.enum(["rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256", "rsa-sha1"]),
  signingKeyId: line(),
  allowSha1: checkBox,
  allowCbc: checkBox,
  nameIdFormat: z.enum(NAME_ID_FORMATS).optional(),
  nameIdSource: line(1000),
  audiences: line(20_000),
});
type SettingsForm = z.output<typeof settingsForm>;

/** /admin/applications/:id/settings: what an administrator decides about a SAML application. */
export function adminSamlSettingsEndpoint(parts: AdminParts): Router {
  const router = Router();
  const path = "/applications/:id/settings";
  router.get(path, async (request: OneApplication, response: Response) => {
    await show(parts, request, response);
  });
  router.post(path, ownForm(parts), async (request: OneApplication, response: Response) => {
    const form = readForm(formOf(request), settingsForm);
    const { id } = request.params;
    const acts = { ...parts.acts, keyRing: parts.keyRing };
    const result = await changeSamlSettings(acts, actorOf(request), id, changesOf(form));
    if (!result.ok && result.code === "invalid") await show(parts, request, response, form, result);
    else answerAct(parts, request, response, result, `/applications/${id}`);
  });
  return router;
}

function changesOf(form: SettingsForm): SamlSettingsChanges {
  const { nameIdFormat, nameIdSource = "", audiences, signingKeyId = "" } = form;
  return {
    requestsMustBeSigned: form.requestsMustBeSigned,
    signAssertion: form.signAssertion,
    signResponse: form.signResponse,
    encryption: form.encryption,
    signatureAlgorithm: form.signatureAlgorithm,
    allowSha1: form.allowSha1,
    allowCbc: form.allowCbc,
    nameIdFormat: nameIdFormat ?? null,
    nameIdSource: nameIdSource.trim() === "" ? null : nameIdSource,
    audiences: wordsOf(audiences),
    signingKeyId: signingKeyId === "" ? null : signingKeyId,
  };
}

async function show(
  parts: AdminParts,
  request: OneApplication,
  response: Response,
  typed?: SettingsForm,
  wrong?: Refused,
): Promise<void> {
  const application = await parts.acts.store.applications.get(request.params.id);
  if (application?.protocol !== "saml") {
    parts.replySender.problem(request, response, noSuch("application"));
    return;
  }
  sendAdminPage(parts, request, response, {
    view: "saml-settings",
    status: wrong === undefined ? 200 : 400,
    data: {
      application: { id: application.id, name: application.name },
      settings: typed ?? settingsOf(application),
      weak: weakSettings(application),
      keys: keysOf(parts),
      lostKey: isPinLost(application, parts.keyRing),
      formats: NAME_ID_FORMATS.map((urn) => ({ urn, word: urn.replace(/.*:/, "") })),
      wrong: wrong === undefined ? {} : { [wrong.field ?? "signAssertion"]: `${sentence(wrong.message)}.` },
    },
  });
}

function settingsOf(application: SamlApplication): Omit<SettingsForm, "csrf"> {
  const { nameIdFormat, nameIdSource, audiences = [] } = application;
  return {
    requestsMustBeSigned: application.requestsMustBeSigned,
    signAssertion: application.signAssertion,
    signResponse: application.signResponse,
    encryption: encryptionOf(application),
    signatureAlgorithm: application.signatureAlgorithm ?? "rsa-sha256",
    signingKeyId: application.signingKeyId ?? "",
    allowSha1: application.allowSha1 === true,
    allowCbc: application.allowCbc === true,
    nameIdFormat: NAME_ID_FORMATS.find((known) => known === nameIdFormat),
    nameIdSource: nameIdSource === undefined ? "" : printSource(nameIdSource),
    audiences: audiences.join("\n"),
  };
}

/** The published keys that SAML signs with, for staying with one of them through a rollover. */
function keysOf({ keyRing }: AdminParts): readonly object[] {
  return keyRing
    .published()
    .filter(({ type }) => type === "RSA-2048" || type === "P-256")
    .map(keyChoice);
}

function wordsOf(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter((part) => part !== "");
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, "");
}
