"""Our client against oidc-provider, an OpenID provider that none of us wrote."""

import os
import pathlib
import secrets
import tempfile
import unittest

import jwt

from program import Server, run


class OidcProvider(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.secret = secrets.token_urlsafe(24)
        environment = {"DAEMON_SECRET": cls.secret, "COOKIE_KEY": secrets.token_urlsafe(24)}
        cls.server = Server(["node", os.environ["PROVIDER"]], environment)
        cls.issuer = cls.server.ready["issuer"]
        cls.files = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.files.cleanup()
        cls.server.close()

    def verified(self, token, audience="native-tool"):
        keys = jwt.PyJWKClient(f"{self.issuer}/jwks")
        key = keys.get_signing_key_from_jwt(token).key
        return jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=self.issuer)

    def file(self, name, text):
        path = pathlib.Path(self.files.name, name)
        path.write_text(text)
        return str(path)

    def signing(self, *more):
        key = self.file("key.pem", self.server.ready["privateKey"])
        return ["--issuer", self.issuer, "--client-id", "signing-daemon", "--key", key, "--key-id", "signing-daemon-1", *more]

    def person(self, *more):
        return ["--sign-in", "builtin", "--username", "mina", "--password-env", "PASSWORD", *more]

    def test_authorization_code_with_pkce(self):
        done = run(
            "authorization_code", "--issuer", self.issuer, "--client-id", "native-tool",
            "--redirect-uri", "http://localhost/callback", "--scope", "openid",
            *self.person(), environment={"PASSWORD": "anything"},
        )
        self.assertEqual(done["outcome"], "tokens")
        self.assertEqual(self.verified(done["tokens"]["id_token"])["sub"], "mina")
        self.assertEqual([one for one in done["findings"] if one["severity"] == "error"], [])

    def test_pkce_is_demanded_and_the_refusal_is_read_from_the_redirect(self):
        done = run(
            "authorization_code", "--issuer", self.issuer, "--client-id", "native-tool",
            "--redirect-uri", "http://localhost/callback", "--scope", "openid", "--pkce", "none",
            *self.person(), environment={"PASSWORD": "anything"}, expect=3,
        )
        self.assertEqual(done["outcome"], "refused")
        self.assertEqual(done["refusal"]["surface"], "redirect")
        self.assertEqual(done["refusal"]["error"], "invalid_request")

    def test_a_wrong_redirect_uri_is_read_from_the_error_page(self):
        done = run(
            "authorization_code", "--issuer", self.issuer, "--client-id", "native-tool",
            "--redirect-uri", "http://localhost/elsewhere", "--scope", "openid",
            *self.person(), environment={"PASSWORD": "anything"}, expect=3,
        )
        self.assertEqual((done["outcome"], done["refusal"]["surface"]), ("refused", "page"))

    def test_client_credentials(self):
        done = run(
            "client_credentials", "--issuer", self.issuer, "--client-id", "daemon",
            "--client-secret-env", "SECRET", "--drop", "scope", environment={"SECRET": self.secret},
        )
        self.assertEqual(done["outcome"], "tokens")

    def test_a_wrong_secret_is_refused(self):
        done = run(
            "client_credentials", "--issuer", self.issuer, "--client-id", "daemon",
            "--client-secret-env", "SECRET", "--drop", "scope", environment={"SECRET": "wrong"}, expect=3,
        )
        self.assertEqual(done["refusal"]["error"], "invalid_client")

    def test_a_secret_in_the_header_is_encoded_as_the_standard_says(self):
        done = run(
            "client_credentials", "--issuer", self.issuer, "--client-id", "basic daemon:1",
            "--client-secret-env", "SECRET", "--secret-method", "basic", "--drop", "scope",
            environment={"SECRET": self.secret},
        )
        self.assertEqual(done["outcome"], "tokens")

    def test_an_assertion_signed_with_either_algorithm_is_taken(self):
        for algorithm in ["RS256", "PS256"]:
            done = run("client_credentials", *self.signing("--signing-algorithm", algorithm, "--drop", "scope"))
            self.assertEqual(done["outcome"], "tokens", algorithm)

    def test_a_bent_assertion_is_refused(self):
        for bend, error in [
            ("assert.aud=https://else.example", "invalid_client"),
            ("assert.exp=1772615727", "invalid_client"),
            ("assert.sub=native-tool", "invalid_request"),
        ]:
            done = run("client_credentials", *self.signing("--drop", "scope", "--set", bend), expect=3)
            self.assertEqual(done["refusal"]["error"], error, bend)

    def test_a_client_that_signs_proves_itself_at_every_poll(self):
        done = run(
            "device_code", *self.signing("--scope", "openid"), *self.person(), environment={"PASSWORD": "anything"},
        )
        self.assertEqual(done["outcome"], "tokens")
        self.assertEqual(self.verified(done["tokens"]["id_token"], "signing-daemon")["sub"], "mina")

    def test_a_refresh_token_brings_new_tokens_and_works_once(self):
        client = ["--issuer", self.issuer, "--client-id", "native-tool"]
        done = run(
            "authorization_code", *client, "--redirect-uri", "http://localhost/callback",
            "--scope", "openid offline_access", "--set", "authorize.prompt=consent",
            *self.person(), environment={"PASSWORD": "anything"},
        )
        token = self.file("refresh", done["tokens"]["refresh_token"])
        again = ["refresh_token", *client, "--scope", "openid", "--refresh-token-file", token]
        fresh = run(*again)
        self.assertEqual(fresh["outcome"], "tokens")
        self.assertEqual(self.verified(fresh["tokens"]["id_token"])["sub"], "mina")
        self.assertNotEqual(fresh["tokens"]["refresh_token"], done["tokens"]["refresh_token"])
        self.assertEqual([one for one in fresh["findings"] if one["severity"] == "error"], [])
        self.assertEqual(run(*again, expect=3)["refusal"]["error"], "invalid_grant")

    def test_device_code(self):
        done = run(
            "device_code", "--issuer", self.issuer, "--client-id", "native-tool", "--scope", "openid",
            *self.person(), environment={"PASSWORD": "anything"},
        )
        self.assertEqual(done["outcome"], "tokens")
        self.assertEqual(self.verified(done["tokens"]["id_token"])["sub"], "mina")


if __name__ == "__main__":
    unittest.main()
