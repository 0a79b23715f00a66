"""Our client against oidc-provider, an OpenID provider that none of us wrote."""

import os
import secrets
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

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def verified(self, token):
        keys = jwt.PyJWKClient(f"{self.issuer}/jwks")
        key = keys.get_signing_key_from_jwt(token).key
        return jwt.decode(token, key, algorithms=["RS256"], audience="native-tool", issuer=self.issuer)

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

    def test_device_code(self):
        done = run(
            "device_code", "--issuer", self.issuer, "--client-id", "native-tool", "--scope", "openid",
            *self.person(), environment={"PASSWORD": "anything"},
        )
        self.assertEqual(done["outcome"], "tokens")
        self.assertEqual(self.verified(done["tokens"]["id_token"])["sub"], "mina")


if __name__ == "__main__":
    unittest.main()
