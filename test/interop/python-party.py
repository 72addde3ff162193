"""A relying party in Python's standard library: authorization code with PKCE, refresh, userinfo, both ways of logout.

Usage: python-party.py SETTINGS.json, with issuer, clientId, clientSecret, base and scope. Its addresses are those of
relying-party.ts. Signatures are verified here, with nothing but integers: RS256 is one power and one comparison.
"""
import base64
import hashlib
import hmac
import json
import re
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EVENT = "http://schemas.openid.net/event/backchannel-logout"
# DER of "this is a SHA-256 digest" (RFC 8017 9.2, note 1).
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
SKEW_SECONDS = 30
# Everything is on this machine, whatever proxy the surroundings name.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(Exception):
    """What came is not what it should be."""


def demand(condition, why):
    if not condition:
        raise Refused(why)


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def verify_rs256(jwk, signed, signature):
    """RSASSA-PKCS1-v1_5: the whole padded block is compared, so nothing can hide behind the digest."""
    n = int.from_bytes(unb64(jwk["n"]), "big")
    e = int.from_bytes(unb64(jwk["e"]), "big")
    size = (n.bit_length() + 7) // 8
    demand(len(signature) == size and size >= 256, "the signature has another length than the key")
    block = pow(int.from_bytes(signature, "big"), e, n).to_bytes(size, "big")
    digest = SHA256_PREFIX + hashlib.sha256(signed).digest()
    expected = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    demand(hmac.compare_digest(block, expected), "the signature does not fit")


class Provider:
    """The identity provider, as its discovery document describes it."""

    def __init__(self, settings):
        self.settings = settings
        self.metadata = fetch_json(settings["issuer"] + "/.well-known/openid-configuration")
        demand(self.metadata["issuer"] == settings["issuer"], "discovery names another issuer")

    def token(self, form):
        """One token request; the client proves itself in the body (client_secret_post)."""
        form = {
            **form,
            "client_id": self.settings["clientId"],
            "client_secret": self.settings["clientSecret"],
        }
        return fetch_json(self.metadata["token_endpoint"], form)

    def userinfo(self, access_token, subject):
        claims = fetch_json(self.metadata["userinfo_endpoint"], None, access_token)
        demand(claims["sub"] == subject, "userinfo is about somebody else")
        return claims

    def claims_of(self, token, typ):
        """The claims of a JWT that the provider signed for this client (OpenID Connect Core 3.1.3.7)."""
        head, payload, signature = token.split(".")
        header = json.loads(unb64(head))
        demand(header["alg"] == "RS256", "another algorithm than RS256")
        demand(header.get("typ", "JWT") in typ, "another kind of token")
        keys = [key for key in fetch_json(self.metadata["jwks_uri"])["keys"] if key["kid"] == header["kid"]]
        demand(len(keys) == 1 and keys[0]["kty"] == "RSA", "no such key")
        verify_rs256(keys[0], f"{head}.{payload}".encode(), unb64(signature))
        claims = json.loads(unb64(payload))
        demand(claims["iss"] == self.settings["issuer"], "of another issuer")
        demand(claims["aud"] == self.settings["clientId"], "for another client")
        demand(claims["exp"] > time.time() - SKEW_SECONDS, "expired")
        demand(claims["iat"] < time.time() + SKEW_SECONDS, "from the future")
        return claims


def fetch_json(url, form=None, bearer=None):
    request = urllib.request.Request(url)
    if form is not None:
        request.data = urllib.parse.urlencode(form).encode()
    if bearer is not None:
        request.add_header("Authorization", "Bearer " + bearer)
    try:
        with DIRECT.open(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        demand(error.code in (400, 401), f"HTTP status {error.code}")
        return json.load(error)


class Party:
    """Who is logged in here, by the value of the cookie."""

    def __init__(self, settings):
        self.settings = settings
        self.provider = Provider(settings)
        self.begun, self.people, self.gone, self.heard = {}, {}, {}, []

    def begin(self, key, wanted):
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        self.begun[key] = (state, nonce, verifier)
        query = {
            "client_id": self.settings["clientId"],
            "response_type": "code",
            "redirect_uri": self.settings["base"] + "/callback",
            "scope": self.settings["scope"],
            "state": state,
            "nonce": nonce,
            "code_challenge": b64(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
            **wanted,
        }
        return self.provider.metadata["authorization_endpoint"] + "?" + urllib.parse.urlencode(query)

    def finish(self, key, answer):
        state, nonce, verifier = self.begun.pop(key)
        demand("error" not in answer, answer.get("error", ""))
        demand(hmac.compare_digest(answer.get("state", ""), state), "another state")
        demand(answer.get("iss") == self.settings["issuer"], "the answer of another issuer (RFC 9207)")
        tokens = self.provider.token({
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": self.settings["base"] + "/callback",
            "code_verifier": verifier,
        })
        demand("error" not in tokens, tokens.get("error", ""))
        claims = self.provider.claims_of(tokens["id_token"], ["JWT"])
        demand(claims["nonce"] == nonce, "another nonce")
        userinfo = self.provider.userinfo(tokens["access_token"], claims["sub"])
        self.people[key] = {"claims": claims, "userinfo": userinfo, "tokens": tokens}

    def refresh(self, key):
        """Works after the logout too: what the refresh token is still worth then is what a test asks."""
        person = self.people.get(key) or self.gone[key]
        old = person["tokens"]["refresh_token"]
        tokens = self.provider.token({"grant_type": "refresh_token", "refresh_token": old})
        if "error" in tokens:
            return {"error": tokens["error"]}
        person["tokens"] = {**person["tokens"], **tokens}
        userinfo = self.provider.userinfo(tokens["access_token"], person["claims"]["sub"])
        return {"sub": userinfo["sub"], "rotated": tokens.get("refresh_token", old) != old}

    def forget(self, key):
        if key in self.people:
            self.gone[key] = self.people.pop(key)
        return self.gone.get(key)

    def end_session(self, key):
        person = self.forget(key)
        query = {
            "client_id": self.settings["clientId"],
            "post_logout_redirect_uri": self.settings["base"] + "/bye",
            "state": "bye-state",
        }
        if person is not None:
            query["id_token_hint"] = person["tokens"]["id_token"]
        return self.provider.metadata["end_session_endpoint"] + "?" + urllib.parse.urlencode(query)

    def backchannel(self, form):
        """Back-Channel Logout 2.6."""
        claims = self.provider.claims_of(form["logout_token"], ["logout+jwt"])
        demand(claims["events"] == {EVENT: {}}, "another event")
        demand("nonce" not in claims and claims["jti"] and claims["sid"], "claims that must not be, or must")
        for key in [key for key, one in self.people.items() if one["claims"]["sid"] == claims["sid"]]:
            self.forget(key)
        self.heard.append({"sub": claims.get("sub"), "sid": claims["sid"]})


class Handler(BaseHTTPRequestHandler):
    party = None

    def do_GET(self):
        self.answer(self.get)

    def do_POST(self):
        self.answer(self.post)

    def answer(self, work):
        url = urllib.parse.urlsplit(self.path)
        try:
            work(url.path, dict(urllib.parse.parse_qsl(url.query)))
        except (Refused, KeyError, ValueError) as error:
            self.json(400, {"error": repr(error)})

    def get(self, path, query):
        party, key = self.party, self.key()
        if path == "/login":
            key = secrets.token_urlsafe(32)
            self.redirect(party.begin(key, query), f"{self.cookie()}={key}; Path=/; HttpOnly; SameSite=Lax")
        elif path == "/callback":
            party.finish(key, query)
            self.redirect(party.settings["base"] + "/")
        elif path == "/logout":
            self.redirect(party.end_session(key))
        elif path == "/refresh":
            self.json(200, party.refresh(key))
        elif path == "/bye":
            self.json(200, {"bye": query.get("state")})
        elif path == "/heard":
            self.json(200, party.heard)
        else:
            person = party.people.get(key, {"claims": None})
            self.json(200, {name: person[name] for name in ("claims", "userinfo") if name in person})

    def post(self, path, _query):
        demand(path == "/backchannel", "nothing is posted there")
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.party.backchannel(dict(urllib.parse.parse_qsl(body)))
        self.json(200, {})

    def cookie(self):
        return f"rp_{self.server.server_port}"

    def key(self):
        found = re.search(self.cookie() + r"=([\w-]+)", self.headers.get("Cookie", ""))
        return found.group(1) if found else ""

    def redirect(self, location, cookie=None):
        self.send_response(303)
        self.send_header("Location", location)
        if cookie is not None:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def json(self, status, body):
        octets = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, *_):
        """Nothing: the test reads the answers."""


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf8") as file:
        Handler.party = Party(json.load(file))
    port = urllib.parse.urlsplit(Handler.party.settings["base"]).port
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
