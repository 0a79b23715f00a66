"""Verdicts on tokens against PyJWT: some hundreds of tokens, good and broken in one way each, judged by `authwright verify`
and by PyJWT with the same expectations. They agree, save where `STRICTER` says why we refuse what PyJWT takes.

The tokens come from a seeded generator, so that a failure can be seen again; keys are made anew, since no verdict depends
on which key it was."""

import base64
import collections
import concurrent.futures
import copy
import hashlib
import hmac
import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest
import warnings
from datetime import datetime, timezone
from unittest import mock

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

PROGRAM = os.environ["AUTHWRIGHT"]
NOW = 1_772_615_427
LEEWAY = 300
TENANT = "3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40"
CLIENT = "8d1f0b7c-52a3-4f6e-9b18-0c2f7a6d3e55"
API = "c2a4d9f0-61b7-4e38-8a55-7f90d3e1b246"
API_URI = "api://northwind-catalog"
ISSUER = f"https://login.example/{TENANT}/v2.0"
OLD_ISSUER = f"https://sts.example/{TENANT}/"
NONCE = "n-0S6_WzA2Mj"
SECRET = b"a secret of the tests, as long as HS512 wants: 64 bytes, or more"
random_source = random.Random(7515)

# The ways of breaking a token that PyJWT lets pass and we do not, each with the reason. A way that stands here and is taken
# by us, or refused by PyJWT, fails the test as well.
STRICTER = {
    "member twice": "RFC 7515 §4 lets a reader refuse them, and readers differ on which one counts",
    "milliseconds": "a life of fifty thousand years is a mistake of the issuer's (RFC 7519 §2 counts seconds)",
    "fraction beyond the calendar": "a time that no calendar holds is no time",
    "short key": "RFC 7518 §3.3 demands 2048 bits; PyJWT only warns",
    "short secret": "RFC 7518 §3.2 demands as many bits as the hash has; PyJWT only warns",
    "not for signatures": "the key's own members say that it is not for signatures (RFC 7517 §4.2, §4.3)",
    "several audiences of a client": "OpenID Connect Core §3.1.3.7: an ID token for strangers as well is refused",
    "no subject": "OpenID Connect Core §2: an ID token says who signed in",
    "nonce": "PyJWT leaves the nonce to the application (OpenID Connect Core §3.1.3.7)",
    "kind": "RFC 8725 §3.11: an ID token is no access token and the other way round; PyJWT knows no kinds",
    "tenant": "which tenants are let in is no part of JWT; Entra's documents demand the check",
    "permission": "which scopes and roles are enough is no part of JWT",
    "string member": "RFC 7515 §4.1 gives these header members the type of a string",
    "critical": "RFC 7515 §4.1.11: an extension that is not understood; PyJWT knows b64, we know none",
}
# And what we take and PyJWT does not.
LAXER = {
    "white space": "people paste tokens with blanks and line breaks, which are taken out before anything is judged",
}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, length=None):
    return encode(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


class Key:
    """A key pair under a name, with the JWK that is published."""

    def __init__(self, kid, private, algorithms):
        self.kid, self.private, self.algorithms = kid, private, algorithms
        public = private.public_key()
        if isinstance(private, rsa.RSAPrivateKey):
            numbers = public.public_numbers()
            self.jwk = {"kty": "RSA", "use": "sig", "n": number(numbers.n), "e": number(numbers.e)}
        elif isinstance(private, ec.EllipticCurvePrivateKey):
            numbers, size = public.public_numbers(), (private.curve.key_size + 7) // 8
            curve = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}[private.curve.name]
            self.jwk = {"kty": "EC", "crv": curve, "x": number(numbers.x, size), "y": number(numbers.y, size)}
        else:
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode(raw)}
        self.jwk["kid"] = kid
        self.public = public

    def sign(self, algorithm, message):
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(message)
        hash_ = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}.get(algorithm[2:], hashes.SHA256)()
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            r, s = utils.decode_dss_signature(self.private.sign(message, ec.ECDSA(hash_)))
            size = (self.private.curve.key_size + 7) // 8
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        if algorithm.startswith("PS"):
            return self.private.sign(message, padding.PSS(padding.MGF1(hash_), hash_.digest_size), hash_)
        return self.private.sign(message, padding.PKCS1v15(), hash_)


RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
KEYS = {
    "rsa": Key("rsa", rsa.generate_private_key(65537, 2048), RSA_ALGORITHMS),
    "second": Key("second", rsa.generate_private_key(65537, 3072), RSA_ALGORITHMS),
    "p256": Key("p256", ec.generate_private_key(ec.SECP256R1()), ["ES256"]),
    "p384": Key("p384", ec.generate_private_key(ec.SECP384R1()), ["ES384"]),
    "p521": Key("p521", ec.generate_private_key(ec.SECP521R1()), ["ES512"]),
    "ed": Key("ed", ed25519.Ed25519PrivateKey.generate(), ["EdDSA"]),
}
STRANGER = Key("stranger", rsa.generate_private_key(65537, 2048), RSA_ALGORITHMS)
SHORT = Key("short", rsa.generate_private_key(65537, 1024), RSA_ALGORITHMS)
ENCRYPTING = Key("encrypting", rsa.generate_private_key(65537, 2048), RSA_ALGORITHMS)
ENCRYPTING.jwk["use"] = "enc"
PUBLISHED = [*KEYS.values(), SHORT, ENCRYPTING]
HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def access_claims():
    return {
        "aud": API, "iss": ISSUER, "iat": NOW - 60, "nbf": NOW - 60, "exp": NOW + 3600, "azp": CLIENT, "azpacr": "0",
        "name": "Mina Okafor", "oid": "4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d", "scp": "Catalog.Read", "sub": "pZ1x",
        "tid": TENANT, "ver": "2.0",
    }


def id_claims():
    claims = access_claims()
    for name in ["azp", "azpacr", "scp"]:
        del claims[name]
    return {**claims, "aud": CLIENT, "nonce": NONCE}


class Token:
    """A token in the making: every part can be bent before or after it is signed."""

    def __init__(self, seat="api", kid="rsa", algorithm=None):
        self.seat = seat
        self.key = KEYS.get(kid)
        self.header = {"typ": "JWT", "alg": algorithm or self.key.algorithms[0], "kid": kid}
        self.claims = access_claims() if seat == "api" else id_claims()
        self.header_text = self.claims_text = None
        self.spell = encode
        self.secret = None
        self.after = lambda text: text

    def text(self):
        header = self.header_text or json.dumps(self.header)
        claims = self.claims_text or json.dumps(self.claims, ensure_ascii=False)
        raw = [part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass") for part in (header, claims)]
        message = ".".join(map(self.spell, raw))
        algorithm = self.header.get("alg")
        if self.secret is not None:
            signature = hmac.new(self.secret, message.encode(), HASHES.get(algorithm, hashlib.sha256)).digest()
        elif algorithm == "none" or self.key is None:
            signature = b""
        else:
            signature = self.key.sign(str(algorithm), message.encode())
        return self.after(f"{message}.{self.spell(signature)}")


Case = collections.namedtuple("Case", "way detail token with_secret")


def cases():
    """Every way of breaking a token, and tokens that are good, by a generator that begins the same each time."""
    found = []

    def add(way, detail, token, with_secret=None):
        found.append(Case(way, str(detail), token, with_secret))

    def each(way, bend, details, seats=("api", "client"), kids=("rsa",)):
        for detail in details:
            for seat in seats:
                for kid in kids:
                    token = Token(seat, kid)
                    bend(token, copy.deepcopy(detail))
                    add(way, f"{kid} {detail!r:.60}", token)

    # Good ones: every algorithm in both seats, with whatever else a token may hold.
    for kid, key in KEYS.items():
        for algorithm in key.algorithms:
            for seat in ["api", "client"]:
                for _ in range(3):
                    token = Token(seat, kid, algorithm)
                    token.claims |= harmless()
                    add("good", f"{kid} {algorithm}", token)
    each("good", lambda t, d: t.claims.update(d), [
        {"aud": [API], "seat": "api"}, {"aud": API_URI}, {"aud": [API_URI, "other"]}, {"iss": OLD_ISSUER},
    ], seats=["api"])
    each("good", lambda t, d: t.claims.update(aud=d), [[CLIENT]], seats=["client"])
    each("good", lambda t, d: t.header.update(d), [
        {"typ": "at+jwt"} , {"x5t": "rsa"}, {"cty": "JSON"}, {"jwk": STRANGER.jwk}, {"jku": "https://evil.example/"},
        {"x-own": [1, {"a": None}]}, {"typ": "jwt"},
    ], seats=["api"])
    each("good", lambda t, d: t.claims.update(d), [
        {"jti": "7"}, {"name": "Zoë Çelik 名前 🧭"}, {"note": "line\nbreak\ttab\0nul"}, {"empty": {}, "list": [], "no": None},
        {"big": 2**60, "small": -1, "half": 0.5}, {"deep": [[[[[[["x"]]]]]]]}, {"": "nameless"}, {"long": "x" * 5000},
    ])

    # The algorithm.
    for spelled in ["none", "None", "NONE", "nOnE", "rs256", "RS255", "", "RS256 ", "HS256", "ES256", "EdDSA", "PS256\0", "A128KW"]:
        for seat in ["api", "client"]:
            token = Token(seat)
            token.header["alg"] = spelled
            add("algorithm", spelled, token)
            unsigned = Token(seat)
            unsigned.header["alg"] = spelled
            unsigned.key = None
            add("algorithm", f"{spelled}, unsigned", unsigned)
    for kid, other in [("p256", "ES384"), ("p384", "ES256"), ("p521", "ES256"), ("ed", "RS256"), ("rsa", "ES256")]:
        token = Token("api", kid)
        token.header["alg"] = other
        add("algorithm", f"{kid} says {other}", token)
    token = Token()
    del token.header["alg"]
    add("algorithm", "missing", token)
    each("algorithm", lambda t, d: t.header.update(alg=d), [None, 7, ["RS256"], True])
    for form, secret in published():
        for algorithm in HASHES:
            token = Token("api", "rsa", algorithm)
            token.secret = secret
            add("confusion", f"{form} {algorithm}", token)

    # The key.
    each("key", lambda t, d: t.header.update(kid=d), ["other", "RSA", "", "rsa ", "../../dev/null", "p256", "rsa\0"])
    each("key", lambda t, d: setattr(t, "key", d), [STRANGER, KEYS["second"]])
    for brought in [{"jwk": STRANGER.jwk}, {"jwk": STRANGER.jwk, "kid": "stranger"}, {"jku": "https://evil.example/k"},
                    {"x5c": [encode(b"x")]}, {"x5u": "https://evil.example/c"}]:
        token = Token()
        token.key = STRANGER
        token.header |= brought
        add("key", f"brings {sorted(brought)}", token)
    each("string member", lambda t, d: t.header.update(d), [{"x5t": 7}, {"typ": 7}, {"cty": ["JWT"]}], seats=["api"])
    each("key", lambda t, d: t.header.update(kid=d), [7, ["rsa"], {"rsa": 1}])
    for kid, way in [(SHORT, "short key"), (ENCRYPTING, "not for signatures")]:
        token = Token()
        token.key = kid
        token.header["kid"] = kid.kid
        add(way, kid.kid, token)

    # The signature: altered at places of the generator's choice, cut, empty, of another token, psychic.
    for kid in KEYS:
        for _ in range(6):
            place = random_source.randrange(2**16)
            each("signature", lambda t, d: setattr(t, "after", lambda text: flip(text, d)), [place], kids=[kid])
        size = {"p256": 64, "p384": 96, "p521": 132, "ed": 64}.get(kid, 256)
        for psychic in [bytes(size), b"\xff" * size, bytes(size - 1) + b"\1", b"", bytes(size - 1), bytes(size + 1)]:
            each("signature", lambda t, d: setattr(t, "after", lambda text: signed_by(text, d)), [psychic],
                 seats=["api"], kids=[kid])
    each("signature", lambda t, d: setattr(t, "after", lambda text: text[:-d]), [1, 2, 3, 4, 5, 40, 342, 343])
    each("signature", lambda t, d: setattr(t, "after", lambda text: text + d), ["A", "AA", "AAAA", "-", "_"])
    each("signature", lambda t, d: setattr(t, "after", lambda text: signed_by(text, other_signature(d))), ["api", "client"])

    # The form.
    for seat in ["api", "client"]:
        for name in ["aud", "exp", "name", "sub"]:
            token = Token(seat)
            token.claims_text = json.dumps(token.claims)[:-1] + f', "{name}": {json.dumps(token.claims[name])}}}'
            add("member twice", name, token)
        token = Token(seat)
        token.header_text = json.dumps(token.header)[:-1] + ', "kid": "rsa"}'
        add("member twice", "kid", token)
        for text in ["", "7", "[]", '"text"', "null", "{", '{"aud": }', "{}", b"\xff\xfe{}", b'{"aud": "\xc3"}', "{'aud': 1}"]:
            token = Token(seat)
            token.claims_text = text or "\n"
            add("payload", text, token)
        for text in ["7", "[]", "null", "{", b'{"alg": "RS256", "kid": "\xff"}']:
            token = Token(seat)
            token.header_text = text
            add("header", text, token)
        for more in ["..", ".AAAA", ".AAAA.AAAA"]:
            token = Token(seat)
            token.after = lambda text, more=more: text + more
            add("parts", more, token)
        for cut in [1, 2]:
            token = Token(seat)
            token.after = lambda text, cut=cut: ".".join(text.split(".")[:cut])
            add("parts", f"{cut} of 3", token)
        token = Token(seat)
        token.spell = lambda data: base64.urlsafe_b64encode(data).decode()
        add("good", "padded", token)
        token = Token(seat)
        token.after = loose_end
        add("spelling", "stray bits at the end", token)
        token = Token(seat)
        token.claims["note"] = "???>>>~~~"
        token.spell = lambda data: base64.b64encode(data).rstrip(b"=").decode()
        add("spelling", "standard alphabet", token)
        for odd in "*!%\u00e9":
            token = Token(seat)
            token.after = lambda text, odd=odd: text[:-8] + odd + text[-7:]
            add("spelling", odd, token)
        for white in ["\n", " ", "\r\n\t"]:
            token = Token(seat)
            token.after = lambda text, white=white: text[:300] + white + text[300:]
            add("white space", repr(white), token)
    each("critical", lambda t, d: t.header.update(d), [{"crit": ["b64"], "b64": True}], seats=["api"])
    each("crit", lambda t, d: t.header.update(d), [
        {"crit": ["exp"], "exp": 1}, {"crit": ["x"], "x": 1}, {"crit": []}, {"crit": "b64"}, {"crit": ["b64"], "b64": False},
        {"b64": False}, {"crit": [7]}, {"crit": None},
    ])

    # The claims: who, for whom, in which tenant.
    each("issuer", lambda t, d: t.claims.update(iss=d), [
        ISSUER + "/", ISSUER[:-1], ISSUER.upper(), ISSUER.replace("https", "http"), "", "https://login.example/{tenantid}/v2.0",
        ISSUER.replace(TENANT, CLIENT), OLD_ISSUER[:-1], None, 7, [ISSUER], {"iss": ISSUER}, True, ISSUER + "\0", " " + ISSUER,
    ])
    each("audience", lambda t, d: t.claims.update(aud=d), [
        API.upper(), f"api://{API}", API_URI + "/", "", [], ["other"], None, 7, {API: 1}, [[API]], [API, 7], [None, API],
        API + " ", API[:-1], True, [API.upper()], "https://graph.microsoft.com", "*", [CLIENT, None],
    ])
    each("audience", lambda t, d: t.claims.update(aud=d), [CLIENT], seats=["api"])
    each("audience", lambda t, d: t.claims.update(aud=d), [API, API_URI], seats=["client"])
    each("several audiences of a client", lambda t, d: t.claims.update(aud=d), [[CLIENT, API], ["x", CLIENT]], seats=["client"])
    each("tenant", lambda t, d: t.claims.update(tid=d), [CLIENT, "", None, 7, "common"])
    each("subject", lambda t, d: t.claims.update(sub=d), [7, ["pZ1x"], {"a": 1}, True, None])
    each("no subject", lambda t, d: t.claims.pop("sub"), [0], seats=["client"])
    each("identifier", lambda t, d: t.claims.update(jti=d), [7, ["x"], None])
    for name, seats in [("iss", ["api", "client"]), ("aud", ["api", "client"]), ("exp", ["api", "client"])]:
        each("missing", lambda t, d: t.claims.pop(d), [name], seats=seats, kids=["rsa", "p256"])
    each("good", lambda t, d: [t.claims.pop(name) for name in d], [["iat"], ["nbf"], ["iat", "nbf"], ["name"]])
    each("nonce", lambda t, d: t.claims.update(nonce=d), ["other", NONCE.upper(), NONCE + " ", "", 7, None, [NONCE]], seats=["client"])
    each("nonce", lambda t, d: t.claims.pop("nonce"), [0], seats=["client"])
    each("kind", lambda t, d: setattr(t, "claims", {**id_claims(), "aud": API}), ["ID token"], seats=["api"])
    each("kind", lambda t, d: t.claims.update(aud=CLIENT, scp="Catalog.Read", azp=CLIENT, azpacr="1"), ["access token"],
         seats=["client"])
    each("permission", lambda t, d: t.claims.update(scp=d), ["Catalog.Write", "", "catalog.read", "Catalog.Read.All"], seats=["api"])

    # The times: around now, around the leeway, and in every type.
    late = [-LEEWAY - 3600, -LEEWAY - 1, -LEEWAY, -LEEWAY + 1, -1, 0, 1, LEEWAY, 10**6]
    early = [-10**6, -1, 0, 1, LEEWAY - 1, LEEWAY, LEEWAY + 1, LEEWAY + 3600]
    for seconds in late:
        each("expiry", lambda t, d: t.claims.update(exp=NOW + d), [seconds])
    for name in ["nbf", "iat"]:
        for seconds in early:
            each("start", lambda t, d, name=name: t.claims.update({name: NOW + d}), [seconds])
        each("start", lambda t, d, name=name: t.claims.update({name: d}), ["soon", None, [], {}, "", [NOW], 1e300, "1e3"])
        each("start", lambda t, d, name=name: t.claims.update({name: d}), [str(NOW), NOW + 0.5, -1, 0])
    each("expiry", lambda t, d: t.claims.update(exp=d), [
        "soon", None, [], {}, "", [NOW + 60], 0, -1, str(NOW + 60), str(NOW - 900), NOW + 60.5, NOW - 900.5, True, False,
    ])
    each("milliseconds", lambda t, d: t.claims.update(exp=d), [(NOW + 3600) * 1000])
    each("fraction beyond the calendar", lambda t, d: t.claims.update(exp=d), [1e17, 10**18])

    # Shared secrets, which a person gave.
    for algorithm in HASHES:
        for secret, given, way in [(SECRET, SECRET, "good"), (SECRET[:-1], SECRET, "secret"), (b"", SECRET, "secret"),
                                   (b"short", b"short", "short secret")]:
            for seat in ["api", "client"]:
                token = Token(seat, "rsa", algorithm)
                token.secret = secret
                add(way, f"{algorithm} {secret[:5]}", token, given)
    token = Token()
    add("secret", "RS256 where a secret was given", token, SECRET)
    for place in range(5):
        token = Token("api", "rsa", "HS256")
        token.secret = SECRET
        token.after = lambda text, place=place: flip(text, place * 7)
        add("secret", f"altered {place}", token, SECRET)
    return found


def harmless():
    """Claims that change nothing, of the generator's choice."""
    letters = "abcdefghij ÄÖß名🧭\u202e\u0007\"\\/"
    word = lambda: "".join(random_source.choices(letters, k=random_source.randrange(1, 12)))
    values = [word, lambda: random_source.randrange(-10**9, 10**9), lambda: [word(), None, True], lambda: {word(): word()}]
    return {f"x_{word()}": random_source.choice(values)() for _ in range(random_source.randrange(0, 5))}


def flip(text, place):
    """One bit of one digit of the signature changed."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    start = text.rindex(".") + 1
    at = start + place % (len(text) - start)
    return text[:at] + digits[digits.index(text[at]) ^ 32] + text[at + 1:]


def loose_end(text):
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + digits[digits.index(text[-1]) + 1]


def signed_by(text, signature):
    return text[: text.rindex(".") + 1] + encode(signature)


def other_signature(seat):
    token = Token(seat)
    token.claims["other"] = True
    text = token.text()
    signature = text[text.rindex(".") + 1:]
    return base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))


def published():
    key = KEYS["rsa"]
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    yield "PEM", key.public.public_bytes(serialization.Encoding.PEM, info)
    yield "DER", key.public.public_bytes(serialization.Encoding.DER, info)
    yield "JWK", json.dumps(key.jwk).encode()
    yield "modulus", key.jwk["n"].encode()
    yield "nothing", b""


def by_pyjwt(case):
    """Whether PyJWT takes it: the key by its kid, the algorithms by the key, never by the token."""
    text = case.token.text()
    audience = [API, API_URI] if case.token.seat == "api" else [CLIENT]
    moment = datetime.fromtimestamp(NOW, timezone.utc)
    try:
        if case.with_secret is not None:
            key, algorithms = case.with_secret, list(HASHES)
        else:
            kid = jwt.get_unverified_header(text).get("kid")
            found = next((key for key in PUBLISHED if key.kid == kid), None)
            if found is None:
                return False, "no such key"
            key, algorithms = found.public, found.algorithms
        with mock.patch("jwt.api_jwt.datetime") as clock, warnings.catch_warnings():
            clock.now.return_value = moment
            warnings.simplefilter("ignore")
            jwt.decode(
                text, key, algorithms=algorithms, audience=audience, issuer=[ISSUER, OLD_ISSUER], leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud"]},
            )
    except jwt.PyJWTError as why:
        return False, repr(why)
    return True, ""


class Verdicts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls._folder.cleanup)
        folder = pathlib.Path(cls._folder.name)
        cls.jwks = folder / "keys.json"
        cls.jwks.write_text(json.dumps({"keys": [key.jwk for key in PUBLISHED]}))
        cls.secrets = {}
        for index, secret in enumerate([SECRET, b"short"]):
            cls.secrets[secret] = folder / f"secret{index}"
            cls.secrets[secret].write_bytes(secret)

    def by_us(self, case):
        """What `authwright verify` says, as its own program, from standard input."""
        seat = case.token.seat
        expected = ["--audience", API, "--audience", API_URI, "--scope", "Catalog.Read"] if seat == "api" else [
            "--client-id", CLIENT, "--nonce", NONCE]
        keys = ["--jwks", str(self.jwks)] if case.with_secret is None else ["--shared-key", str(self.secrets[case.with_secret])]
        done = subprocess.run(
            [PROGRAM, "verify", "-", "--as", seat, *expected, *keys, "--issuer", ISSUER, "--issuer", OLD_ISSUER,
             "--tenant", TENANT, "--at", str(NOW), "--offline", "--json"],
            input=case.token.text().encode("utf-8", "surrogatepass"), capture_output=True, timeout=60,
        )
        said = json.loads(done.stdout)
        status = {"accepted": 0}.get(said["answer"], 2 if said["token"]["kind"] == "not_a_token" else 3)
        assert done.returncode == status, (done.returncode, said["answer"], done.stderr)
        return said

    def test_verdicts_agree(self):
        made = cases()
        self.assertGreaterEqual(len(made), 500)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            ours = list(pool.map(self.by_us, made))
        wrong, stricter, laxer = [], collections.Counter(), collections.Counter()
        accepted = 0
        for case, said in zip(made, ours):
            us, (them, why) = said["answer"] == "accepted", by_pyjwt(case)
            accepted += us
            named = f"{case.way} ({case.token.seat}, {case.detail}): we say {said['answer']} {said['because']}, PyJWT {them} {why}"
            if us == them:
                # A way of breaking that stands in a table must make a difference, or the table says too much.
                if case.way == "good" and not us:
                    wrong.append("not even good: " + named)
            elif them and case.way in STRICTER:
                stricter[case.way] += 1
            elif us and case.way in LAXER:
                laxer[case.way] += 1
            else:
                wrong.append(named)
        self.assertEqual(wrong, [], "\n".join(["", *wrong]))
        self.assertEqual(set(stricter), set(STRICTER), "each reason is needed")
        self.assertEqual(set(laxer), set(LAXER), "each reason is needed")
        self.assertGreater(accepted, 100)
        print(f"\n{len(made)} tokens, {accepted} accepted; stricter {dict(stricter)}, laxer {dict(laxer)}")

    def test_every_refusal_names_a_light_and_an_api_answers_it(self):
        for way, seat, bend, light, status in [
            ("audience", "api", {"aud": "other"}, "check.audience", 401),
            ("expiry", "api", {"exp": NOW - 4000}, "check.expiry", 401),
            ("permission", "api", {"scp": "Other"}, "check.permission", 403),
            ("nonce", "client", {"nonce": "other"}, "check.nonce", None),
        ]:
            token = Token(seat)
            token.claims |= bend
            said = self.by_us(Case(way, "", token, None))
            self.assertEqual((said["because"], said["status"]), ([light], status))
            self.assertEqual(said["other"]["answer"], "rejected")


if __name__ == "__main__":
    unittest.main()
