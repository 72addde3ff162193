"""A service provider on pysaml2, with xmlsec1 behind it: sign-on by Redirect, POST and Artifact, logout.

Usage: pysaml2-provider.py SETTINGS.json, with base, entityId, metadata (a file with ours), key, certificate and xmlsec1.
Its addresses are those of saml-provider.ts.
"""
import base64
import json
import re
import secrets
import sys
import traceback
import urllib.parse
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from saml2 import (
    class_name,
    BINDING_HTTP_ARTIFACT,
    BINDING_HTTP_POST,
    BINDING_HTTP_REDIRECT,
    BINDING_SOAP,
)
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.sigver import pre_signature_part, signed_instance_factory

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
# The service that pysaml2 puts into its metadata first has the index 1.
ARTIFACT_SERVICE = 1

with open(sys.argv[1], encoding="utf8") as file:
    SETTINGS = json.load(file)
BASE = SETTINGS["base"]


def client():
    config = SPConfig().load({
        "entityid": SETTINGS["entityId"],
        "service": {"sp": {
            "endpoints": {
                "assertion_consumer_service": [
                    (BASE + "/acs", BINDING_HTTP_POST),
                    (BASE + "/acs/artifact", BINDING_HTTP_ARTIFACT),
                ],
                "single_logout_service": [(BASE + "/slo", BINDING_HTTP_REDIRECT)],
                "artifact_resolution_service": [(BASE + "/artifact", BINDING_SOAP)],
            },
            "authn_requests_signed": True,
            "logout_requests_signed": True,
            "want_response_signed": False,
            "want_assertions_signed": True,
            "allow_unsolicited": False,
            "name_id_policy_format": None,
            "signing_algorithm": RSA_SHA256,
            "digest_algorithm": SHA256,
        }},
        "metadata": {"local": [SETTINGS["metadata"]]},
        "key_file": SETTINGS["key"],
        "cert_file": SETTINGS["certificate"],
        "allow_unknown_attributes": True,
        "xmlsec_binary": SETTINGS["xmlsec1"],
    })
    return Saml2Client(config=config)


CLIENT = client()
IDP = next(iter(CLIENT.metadata.identity_providers()))
OUTSTANDING = {}
SESSIONS = {}


def sign_on_address(binding):
    services = CLIENT.metadata.single_sign_on_service(IDP, binding)
    return services[0]["location"]


def ask(how, answer):
    """Where the browser goes, or the page with a form, for a request that travels in this way."""
    wanted = BINDING_HTTP_ARTIFACT if answer == "artifact" else BINDING_HTTP_POST
    binding = {"redirect": BINDING_HTTP_REDIRECT, "post": BINDING_HTTP_POST}.get(how, BINDING_HTTP_ARTIFACT)
    address = sign_on_address(binding)
    alone = how == "artifact"
    request_id, request = CLIENT.create_authn_request(
        address, binding=wanted, sign=how == "post", sign_alg=RSA_SHA256, digest_alg=SHA256)
    OUTSTANDING[request_id] = "/"
    if alone:
        artifact = CLIENT.use_artifact(request, ARTIFACT_SERVICE)
        return CLIENT.use_http_artifact(artifact, address, "from pysaml2")["url"], None
    sent = CLIENT.apply_binding(
        binding, str(request), address, relay_state="from pysaml2", sign=how == "redirect", sigalg=RSA_SHA256)
    location = dict(sent["headers"]).get("Location")
    return (location, None) if location else (None, "".join(sent["data"]))


def resolve(envelope):
    """Answers an ArtifactResolve with the request that was kept, in an ArtifactResponse that is signed."""
    question = CLIENT.parse_artifact_resolve(envelope)
    # pysaml2 does not look at the signature by itself.
    CLIENT.sec.verify_signature(
        re.search(r"<(\w+):ArtifactResolve.*</\1:ArtifactResolve>", envelope, re.S).group(0),
        node_name="urn:oasis:names:tc:SAML:2.0:protocol:ArtifactResolve",
        cert_file=idp_certificate(), cert_type="pem")
    # Told to sign, create_artifact_response fails: it makes a text first and then wants to put the message into it.
    answer = CLIENT.create_artifact_response(question, question.artifact.text, sign=False, issuer=CLIENT._issuer())
    answer.signature = pre_signature_part(
        answer.id, CLIENT.sec.my_cert, 1, sign_alg=RSA_SHA256, digest_alg=SHA256)
    answer = signed_instance_factory(answer, CLIENT.sec, [(class_name(answer), answer.id)])
    return CLIENT.use_soap(answer)["data"]


def idp_certificate():
    found = CLIENT.metadata.certs(IDP, "idpsso", "signing")[0]
    text = found[1] if isinstance(found, tuple) else found
    path = SETTINGS["metadata"] + ".pem"
    lines = re.sub(r"\s", "", text)
    body = "\n".join(lines[at:at + 64] for at in range(0, len(lines), 64))
    with open(path, "w", encoding="ascii") as out:
        out.write(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
    return path


def fetch(artifact):
    """The Response behind an artifact of the identity provider; the ArtifactResponse's signature must fit."""
    got = CLIENT.artifact2message(artifact, "idpsso", sign=True, sign_alg=RSA_SHA256, digest_alg=SHA256)
    body = re.search(r"<saml2p:ArtifactResponse.*</saml2p:ArtifactResponse>", got.text, re.S).group(0)
    CLIENT.sec.verify_signature(
        body, node_name="urn:oasis:names:tc:SAML:2.0:protocol:ArtifactResponse",
        cert_file=idp_certificate(), cert_type="pem")
    inner = re.search(r"<samlp:Response .*</samlp:Response>", body, re.S).group(0)
    return base64.b64encode(inner.encode()).decode()


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def say(self, status, body, content_type="application/json", **headers):
        octets = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(octets)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(octets)

    def go(self, location, **headers):
        self.say(303, "", Location=location, **headers)

    def session_id(self):
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("pysaml2")
        return cookie.value if cookie else None

    def do_GET(self):
        self.handle_one(urllib.parse.urlsplit(self.path).query)

    def do_POST(self):
        self.handle_one(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())

    def handle_one(self, raw):
        try:
            self.answer(urllib.parse.urlsplit(self.path).path, raw)
        except Exception as error:  # What pysaml2 refuses comes in many classes; the test reads which.
            traceback.print_exc()
            self.say(400, json.dumps({"error": type(error).__name__, "detail": str(error)}))

    def answer(self, path, raw):
        fields = dict(urllib.parse.parse_qsl(raw))
        if path == "/":
            self.say(200, json.dumps({"person": SESSIONS.get(self.session_id(), {}).get("person")}))
        elif path == "/metadata":
            from saml2.metadata import create_metadata_string
            self.say(200, create_metadata_string(None, config=CLIENT.config, sign=False).decode(), "text/xml")
        elif path == "/login":
            location, page = ask(fields.get("by", "redirect"), fields.get("answer", "post"))
            self.go(location) if location else self.say(200, page, "text/html")
        elif path == "/artifact":
            self.say(200, resolve(raw), "text/xml")
        elif path == "/acs":
            self.enter(fields["SAMLResponse"], BINDING_HTTP_POST, fields.get("RelayState"))
        elif path == "/acs/artifact":
            self.enter(fetch(fields["SAMLart"]), BINDING_HTTP_ARTIFACT, fields.get("RelayState"))
        elif path == "/logout":
            self.leave()
        elif path == "/slo":
            self.told(fields)
        else:
            self.say(404, "{}")

    def enter(self, message, binding, relay_state):
        response = CLIENT.parse_authn_request_response(message, binding, outstanding=OUTSTANDING)
        session_id = secrets.token_urlsafe(16)
        person = {
            "subject": response.name_id.text,
            "format": response.name_id.format,
            "attributes": response.ava,
            "relayState": relay_state,
        }
        SESSIONS[session_id] = {"person": person, "name_id": response.name_id}
        self.go("/", Set_Cookie=f"pysaml2={session_id}; Path=/; HttpOnly; SameSite=Lax")

    def leave(self):
        session = SESSIONS.pop(self.session_id(), None)
        if session is None:
            self.say(200, json.dumps({"person": None}))
            return
        for _, (_, sent) in CLIENT.global_logout(session["name_id"], sign=True, sign_alg=RSA_SHA256).items():
            self.go(dict(sent["headers"])["Location"])

    def told(self, fields):
        if "SAMLResponse" in fields:
            answer = CLIENT.parse_logout_request_response(fields["SAMLResponse"], BINDING_HTTP_REDIRECT)
            self.say(200, json.dumps({"loggedOut": bool(answer and answer.status_ok())}))
            return
        session = SESSIONS.pop(self.session_id(), None)
        request = CLIENT.parse_logout_request(fields["SAMLRequest"], BINDING_HTTP_REDIRECT)
        name_id = session["name_id"] if session else request.message.name_id
        sent = CLIENT.handle_logout_request(
            fields["SAMLRequest"], name_id, BINDING_HTTP_REDIRECT,
            sign=True, sign_alg=RSA_SHA256, relay_state=fields.get("RelayState", ""))
        self.go(dict(sent["headers"])["Location"])


ThreadingHTTPServer(("127.0.0.1", urllib.parse.urlsplit(BASE).port), Handler).serve_forever()
