"""The lab's managed identities and certificates against azure-identity, Microsoft's own client, and against PyJWT."""

import os
import subprocess
import tempfile
import time
import unittest
from unittest import mock

import jwt
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError, ManagedIdentityCredential

from program import PROGRAM, Server, tenant

CATALOG = "api://northwind-catalog/.default"
NAMES = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET", "IMDS_ENDPOINT",
         "AZURE_POD_IDENTITY_AUTHORITY_HOST"]


class ManagedIdentity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server([PROGRAM, "serve", "--json", "--http-port", "0"])
        cls.base = cls.server.ready["http"].rstrip("/")
        stock = tenant()
        cls.identities = {one["kind"]: one for one in stock["managed_identities"]}
        cls.audience = next(one for one in stock["applications"] if one["key"] == "catalog-api")["client_id"]
        metadata = f"{cls.base}/{stock['tenants'][0]['id']}/v2.0/.well-known/openid-configuration"
        cls.metadata = requests.get(metadata, timeout=10).json()
        cls.keys = jwt.PyJWKClient(cls.metadata["jwks_uri"])

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def on(self, host):
        """The environment of a program on that kind of machine."""
        clean = {name: value for name, value in os.environ.items() if name not in NAMES}
        return mock.patch.dict(os.environ, {**clean, **self.server.ready["managed_identity"][host]}, clear=True)

    def verified(self, token):
        key = self.keys.get_signing_key_from_jwt(token).key
        return jwt.decode(token, key, algorithms=["RS256"], audience=self.audience, issuer=self.metadata["issuer"])

    def test_each_host_gives_a_token_for_the_machines_own_identity(self):
        for host in ["app_service", "virtual_machine"]:
            with self.subTest(host), self.on(host):
                token = ManagedIdentityCredential().get_token(CATALOG)
                claims = self.verified(token.token)
                self.assertEqual(claims["oid"], self.identities["system"]["object_id"])
                self.assertEqual(claims["roles"], ["Catalog.Read.All"])
                self.assertAlmostEqual(token.expires_on, claims["exp"], delta=5)  # it counts from its own clock

    def test_each_host_gives_a_token_for_an_assigned_identity(self):
        user = self.identities["user"]
        ways = [{"client_id": user["client_id"]}, {"identity_config": {"object_id": user["object_id"]}},
                {"identity_config": {"resource_id": user["resource_id"]}}]
        for host in ["app_service", "virtual_machine"]:
            for way in ways:
                with self.subTest(host, way=way), self.on(host):
                    claims = self.verified(ManagedIdentityCredential(**way).get_token(CATALOG).token)
                    self.assertEqual(claims["sub"], user["object_id"])

    def test_an_identity_that_is_not_assigned_is_refused(self):
        nobody = "11111111-2222-3333-4444-555555555555"
        for host in ["app_service", "virtual_machine"]:
            with self.subTest(host), self.on(host):
                with self.assertRaises((ClientAuthenticationError, CredentialUnavailableError)) as refused:
                    ManagedIdentityCredential(client_id=nobody).get_token(CATALOG)
                self.assertIn("Identity not found", str(refused.exception))

    def test_another_host_name_gets_nothing(self):
        answer = requests.get(
            f"{self.base}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=api://northwind-catalog",
            headers={"Metadata": "true", "Host": "elsewhere.example"}, timeout=10,
        )
        self.assertEqual(answer.status_code, 421)


class Pipeline(unittest.TestCase):
    def test_a_pipelines_token_verifies_and_takes_the_place_of_a_secret(self):
        server = Server([PROGRAM, "serve", "--json", "--http-port", "0"])
        self.addCleanup(server.close)
        issuer = server.ready["pipeline"]
        audience = "api://AzureADTokenExchange"
        document = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
        token = requests.get(f"{issuer}/token", params={"audience": audience}, timeout=10).json()["value"]
        key = jwt.PyJWKClient(document["jwks_uri"]).get_signing_key_from_jwt(token).key
        jwt.decode(token, key, algorithms=["RS256"], audience=audience, issuer=issuer)
        stock = tenant()
        app = next(one for one in stock["applications"] if one["key"] == "pipeline")
        answer = requests.post(
            f"{server.ready['http']}{stock['tenants'][0]['id']}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": app["client_id"],
                "scope": CATALOG,
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": token,
            },
            timeout=10,
        )
        self.assertEqual(answer.status_code, 200, answer.text)


class Certificate(unittest.TestCase):
    def test_an_assertion_by_pyjwt_with_a_key_made_here_is_taken(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                [PROGRAM, "certificate", "new", "--name", "Interop", "--out-dir", folder], check=True,
                capture_output=True, timeout=60,
            )
            certificate = os.path.join(folder, "interop.cert.pem")
            with open(os.path.join(folder, "interop.key.pem"), encoding="ascii") as file:
                key = file.read()
            server = Server(
                [PROGRAM, "serve", "--json", "--http-port", "0", "--certificate", f"price-feed={certificate}"]
            )
            self.addCleanup(server.close)
        stock = tenant()
        app = next(one for one in stock["applications"] if one["key"] == "price-feed")["client_id"]
        endpoint = f"{server.ready['http']}{stock['tenants'][0]['id']}/oauth2/v2.0/token"
        now = time.time()
        claims = {"aud": endpoint, "iss": app, "sub": app, "iat": now, "exp": now + 600}
        header = {"x5t#S256": server.ready["certificates"][0]["x5t#S256"]}
        for algorithm in ["PS256", "RS256"]:
            answer = requests.post(
                endpoint,
                data={
                    "grant_type": "client_credentials",
                    "client_id": app,
                    "scope": CATALOG,
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    "client_assertion": jwt.encode(claims | {"jti": algorithm}, key, algorithm=algorithm, headers=header),
                },
                timeout=10,
            )
            self.assertEqual(answer.status_code, 200, answer.text)


if __name__ == "__main__":
    unittest.main()
