"""The lab tenant against PyJWT and requests-oauthlib, which none of us wrote."""

import os
import unittest

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the lab tenant speaks http, on loopback only
os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"  # as Entra, it leaves the OIDC scopes out of the echo

import jwt
import requests
from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error
from requests_oauthlib import OAuth2Session

from browser import Browser
from program import application, direct, environment, lab, person, run


class LabTenant(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab()
        directly = environment(direct())
        directly.start()
        cls.addClassCleanup(directly.stop)
        cls.base, cls.tenant = cls.lab.http, cls.lab.tenant
        metadata = f"{cls.base}/{cls.tenant}/v2.0/.well-known/openid-configuration"
        cls.metadata = requests.get(metadata, timeout=10).json()
        cls.keys = jwt.PyJWKClient(cls.metadata["jwks_uri"])

    def verified(self, token, audience):
        key = self.keys.get_signing_key_from_jwt(token).key
        return jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=self.metadata["issuer"])

    def target(self, app):
        return ["--authority", self.base, "--tenant", self.tenant, "--client-id", app["client_id"]]

    def signed_in_by(self, key="mina"):
        return ["--sign-in", "builtin", "--username", person(key)["username"], "--password-env", "PASSWORD"]

    def test_tokens_of_the_code_flow_verify(self):
        app, api = application("desktop"), application("catalog-api")
        done = run(
            "authorization_code", *self.target(app), "--scope",
            f"openid profile offline_access {api['identifier_uri']}/Catalog.Read",
            *self.signed_in_by(), environment={"PASSWORD": person("mina")["password"]},
        )
        claims = self.verified(done["tokens"]["id_token"], app["client_id"])
        self.assertEqual(claims["preferred_username"], person("mina")["username"])
        self.assertEqual(self.verified(done["tokens"]["access_token"], api["client_id"])["scp"], "Catalog.Read")
        self.assertIn("refresh_token", done["tokens"])

    def test_tokens_of_the_device_flow_verify(self):
        app = application("kiosk")
        done = run(
            "device_code", *self.target(app), "--scope", "openid profile",
            *self.signed_in_by(), environment={"PASSWORD": person("mina")["password"]},
        )
        self.verified(done["tokens"]["id_token"], app["client_id"])

    def test_requests_oauthlib_gets_a_token_for_the_daemon(self):
        app, api = application("inventory-sync"), application("catalog-api")
        session = OAuth2Session(client=BackendApplicationClient(client_id=app["client_id"]))
        token = session.fetch_token(
            self.metadata["token_endpoint"],
            client_id=app["client_id"],
            client_secret=app["client_secret"],
            include_client_id=True,
            scope=[f"{api['identifier_uri']}/.default"],
        )
        claims = self.verified(token["access_token"], api["client_id"])
        self.assertNotIn("scp", claims)
        self.assertTrue(claims["roles"])

    def test_the_apis_take_tokens_that_verify_and_refuse_id_tokens(self):
        app, api = application("desktop"), application("catalog-api")
        scopes = ["openid profile User.Read", f"openid profile {api['identifier_uri']}/Catalog.Read"]
        for_graph, for_catalog = (
            run(
                "authorization_code", *self.target(app), "--scope", scope, *self.signed_in_by(),
                environment={"PASSWORD": person("mina")["password"]},
            )["tokens"]
            for scope in scopes
        )

        def call(path, token):
            return requests.get(f"{self.base}/{path}", headers={"authorization": f"Bearer {token}"}, timeout=10)

        me = call("v1.0/me", for_graph["access_token"]).json()
        self.assertEqual(me["userPrincipalName"], person("mina")["username"])
        told = call("oidc/userinfo", for_graph["access_token"]).json()
        self.assertEqual(told["sub"], self.verified(for_graph["id_token"], app["client_id"])["sub"])
        # Only Graph can verify what is made for Graph.
        with self.assertRaises(jwt.InvalidSignatureError):
            self.verified(for_graph["access_token"], "https://graph.microsoft.com")
        self.assertEqual(call("api/catalog/products", for_catalog["access_token"]).status_code, 200)
        refused = call("api/catalog/products", for_catalog["id_token"])
        self.assertEqual((refused.status_code, refused.json()["checks"]["failed"]), (401, "token.kind"))
        self.assertIn('error="invalid_token"', refused.headers["www-authenticate"])

    def test_requests_oauthlib_reads_the_refusal_of_a_wrong_secret(self):
        app, api = application("inventory-sync"), application("catalog-api")
        session = OAuth2Session(client=BackendApplicationClient(client_id=app["client_id"]))
        with self.assertRaises(OAuth2Error) as refused:
            session.fetch_token(
                self.metadata["token_endpoint"],
                client_id=app["client_id"],
                client_secret="wrong",
                include_client_id=True,
                scope=[f"{api['identifier_uri']}/.default"],
            )
        self.assertEqual(refused.exception.error, "invalid_client")
        self.assertIn("AADSTS7000215", refused.exception.description)

    def test_requests_oauthlib_walks_the_code_flow_with_pkce(self):
        app = application("desktop")
        redirect_uri = "http://localhost:53999"
        session = OAuth2Session(app["client_id"], redirect_uri=redirect_uri, scope=["openid", "profile"], pkce="S256")
        url, state = session.authorization_url(self.metadata["authorization_endpoint"])
        returned = Browser(person("mina")).visit(url, until=redirect_uri)
        self.assertEqual(returned["state"], state)
        token = session.fetch_token(
            self.metadata["token_endpoint"], code=returned["code"], include_client_id=True
        )
        self.verified(token["id_token"], app["client_id"])


if __name__ == "__main__":
    unittest.main()
