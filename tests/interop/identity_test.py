"""The lab tenant against azure-identity, Microsoft's own client, as it is: every credential that fits, with and without
asyncio, over https; and certificates and the pipeline's tokens against PyJWT."""

import asyncio
import contextlib
import http.server
import json
import logging
import os
import pathlib
import sys
import tempfile
import threading
import time
import unittest
from urllib.parse import urlencode

import jwt
import requests
from azure import identity
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError, ManagedIdentityCredential

from browser import Browser, Opened
from program import application, client_id, environment, lab, person, tenant
from proxy import Proxy

CATALOG = "api://northwind-catalog/.default"
GRAPH = "https://graph.microsoft.com/User.Read"
EXCHANGE = "api://AzureADTokenExchange"
logging.getLogger("azure.identity").setLevel(logging.CRITICAL)  # refusals are part of the tests

NAMES = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET", "IMDS_ENDPOINT",
         "AZURE_POD_IDENTITY_AUTHORITY_HOST"]


class WithLab(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab()
        trusting = environment({**dict.fromkeys(NAMES, ""), **cls.lab.trust()})
        trusting.start()
        cls.addClassCleanup(trusting.stop)
        keys = requests.get(f"{cls.lab.authority}/discovery/v2.0/keys", timeout=10).json()
        cls.keys = {key.key_id: key.key for key in jwt.PyJWKSet.from_dict(keys).keys}
        # What every credential is told; those that make no discovery let the last one pass.
        cls.options = {"authority": cls.lab.https, "disable_instance_discovery": True}

    def verified(self, token, api="catalog-api"):
        key = self.keys[jwt.get_unverified_header(token)["kid"]]
        return jwt.decode(token, key, algorithms=["RS256"], audience=client_id(api))

    def of_application(self, token, key):
        claims = self.verified(token)
        self.assertEqual((claims["azp"], claims["iss"]), (client_id(key), f"{self.lab.authority}/v2.0"))
        self.assertIn("Catalog.Read.All", claims["roles"])
        return claims

    def of_person(self, token, key="mina"):
        me = requests.get(f"{self.lab.https}/v1.0/me", headers={"authorization": f"Bearer {token}"}, timeout=10)
        self.assertEqual(me.json().get("id"), person(key)["id"], me.text)

    def pipeline_token(self):
        return requests.get(f"{self.lab.https}/pipeline/token", params={"audience": EXCHANGE}, timeout=10).json()["value"]

    def certified(self, key="price-feed"):
        return self.lab.tenant, client_id(key), self.lab.pem_file

    def secret(self, key="inventory-sync"):
        return {
            "tenant_id": self.lab.tenant, "client_id": client_id(key), "client_secret": application(key)["client_secret"],
        }

    def code(self, redirect_uri, scope):
        """A code for the web application, asked for without PKCE and without openid."""
        query = urlencode({
            "client_id": client_id("admin-portal"), "response_type": "code", "redirect_uri": redirect_uri,
            "scope": scope, "state": "x",
        })
        url = f"{self.lab.authority}/oauth2/v2.0/authorize?{query}"
        return Browser(person("mina")).visit(url, until=redirect_uri)["code"]

    def user_assertion(self):
        """A token for the catalog API, in somebody's name."""
        opened = Opened()
        opened.person = person("mina")
        credential = identity.InteractiveBrowserCredential(
            client_id=client_id("desktop"), tenant_id=self.lab.tenant, timeout=30, **self.options
        )
        return credential.get_token("api://northwind-catalog/Catalog.Read").token

    def asked_with(self, assertion, key, base=None):
        return requests.post(
            f"{base or self.lab.http}/{self.lab.tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": client_id(key),
                "scope": CATALOG,
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion,
            },
            timeout=10,
        )

    @contextlib.contextmanager
    def pipeline_agent(self):
        """What an agent of Azure Pipelines has at hand: an address that gives the job's token."""
        token, asked = self.pipeline_token(), []

        class Agent(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked.append((self.path, self.headers["authorization"]))
                body = json.dumps({"oidcToken": token}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Agent) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            with environment({"SYSTEM_OIDCREQUESTURI": f"http://127.0.0.1:{server.server_address[1]}/job"}):
                yield asked
            server.shutdown()


class Applications(WithLab):
    def test_a_secret(self):
        with identity.ClientSecretCredential(**self.secret(), **self.options) as credential:
            token = credential.get_token(CATALOG)
            claims = self.of_application(token.token, "inventory-sync")
            self.assertAlmostEqual(token.expires_on, claims["exp"], delta=5)  # it counts from its own clock
            self.assertEqual(credential.get_token(CATALOG).token, token.token, "the second one comes from its cache")

    def test_a_certificate_from_a_file_and_from_memory_with_and_without_its_chain(self):
        pem = pathlib.Path(self.lab.pem_file).read_bytes()
        at, app, file = self.certified()
        for credential in [
            identity.CertificateCredential(at, app, file, **self.options),
            identity.CertificateCredential(at, app, certificate_data=pem, **self.options),
            identity.CertificateCredential(at, app, file, send_certificate_chain=True, **self.options),
        ]:
            self.assertEqual(self.of_application(credential.get_token(CATALOG).token, "price-feed")["azpacr"], "2")

    def test_another_issuers_token(self):
        credential = identity.ClientAssertionCredential(
            self.lab.tenant, client_id("pipeline"), self.pipeline_token, authority=self.lab.https
        )
        self.of_application(credential.get_token(CATALOG).token, "pipeline")

    def test_workload_identity_from_a_file(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(self.pipeline_token())
            file.flush()
            names = {
                "AZURE_TENANT_ID": self.lab.tenant, "AZURE_CLIENT_ID": client_id("pipeline"),
                "AZURE_FEDERATED_TOKEN_FILE": file.name, "AZURE_AUTHORITY_HOST": self.lab.https,
            }
            with environment(names):
                for _ in range(2):  # programs start anew while the file still holds the same token
                    credential = identity.WorkloadIdentityCredential()
                    self.of_application(credential.get_token(CATALOG).token, "pipeline")

    def test_a_service_connection_of_azure_pipelines(self):
        with self.pipeline_agent() as asked:
            credential = identity.AzurePipelinesCredential(
                tenant_id=self.lab.tenant, client_id=client_id("pipeline"), service_connection_id="connection",
                system_access_token="of-the-job", authority=self.lab.https,
            )
            self.of_application(credential.get_token(CATALOG).token, "pipeline")
        (path, proof), = asked
        self.assertIn("serviceConnectionId=connection", path)
        self.assertEqual(proof, "Bearer of-the-job")

    def test_the_environment_and_the_default_chain(self):
        common = {"AZURE_TENANT_ID": self.lab.tenant, "AZURE_AUTHORITY_HOST": self.lab.https}
        secret = {"AZURE_CLIENT_ID": client_id("inventory-sync"),
                  "AZURE_CLIENT_SECRET": application("inventory-sync")["client_secret"]}
        certificate = {"AZURE_CLIENT_ID": client_id("price-feed"), "AZURE_CLIENT_CERTIFICATE_PATH": self.lab.pem_file}
        for names, key in [(secret, "inventory-sync"), (certificate, "price-feed")]:
            with environment({**common, **names}):
                for kind in [identity.EnvironmentCredential, identity.DefaultAzureCredential]:
                    credential = kind(disable_instance_discovery=True)
                    self.of_application(credential.get_token(CATALOG).token, key)

    def test_who_is_refused(self):
        wrong = {**self.secret(), "client_secret": "wrong"}
        with self.assertRaisesRegex(ClientAuthenticationError, "AADSTS7000215"):
            identity.ClientSecretCredential(**wrong, **self.options).get_token(CATALOG)
        with self.assertRaisesRegex(ClientAuthenticationError, "AADSTS500011"):
            identity.ClientSecretCredential(**self.secret(), **self.options).get_token("api://no-such-api/.default")
        with self.assertRaisesRegex(ClientAuthenticationError, "AADSTS70021|AADSTS700213"):
            identity.ClientAssertionCredential(
                self.lab.tenant, client_id("pipeline"),
                lambda: requests.get(
                    f"{self.lab.https}/pipeline/token", params={"audience": EXCHANGE, "subject": "repo:else/where:x"},
                    timeout=10,
                ).json()["value"],
                authority=self.lab.https,
            ).get_token(CATALOG)
        nowhere = {**self.secret(), "tenant_id": "11111111-2222-3333-4444-555555555555"}
        with self.assertRaises(ClientAuthenticationError):
            identity.ClientSecretCredential(**nowhere, **self.options).get_token(CATALOG)


class People(WithLab):
    def interactive(self, **options):
        opened = Opened()
        opened.person = person("mina")
        options = {"client_id": client_id("desktop"), "tenant_id": self.lab.tenant, **self.options, **options}
        return identity.InteractiveBrowserCredential(timeout=30, **options)

    def test_interactive(self):
        credential = self.interactive()
        token = credential.get_token(GRAPH).token
        self.of_person(token)
        self.assertEqual(credential.get_token(GRAPH).token, token)
        credential = self.interactive(redirect_uri="http://localhost:53994", login_hint=person("mina")["username"])
        self.of_person(credential.get_token(GRAPH).token)

    def test_a_record_of_the_sign_in_lets_the_next_start_be_silent(self):
        with tempfile.TemporaryDirectory() as home, environment({"HOME": home}):
            # The record holds host and port alone, which cannot be read again for the name localhost.
            options = {
                "authority": self.lab.https.replace("localhost", "127.0.0.1"), "disable_instance_discovery": True,
                "cache_persistence_options": identity.TokenCachePersistenceOptions(
                    allow_unencrypted_storage=True, name="interop"
                ),
            }
            record = self.interactive(**options).authenticate(scopes=[GRAPH])
            self.assertEqual(record.username, person("mina")["username"])
            self.assertEqual(record.home_account_id, f"{person('mina')['id']}.{self.lab.tenant}")
            del options["authority"]
            again = identity.AuthenticationRecord.deserialize(record.serialize())
            credential = identity.InteractiveBrowserCredential(
                authentication_record=again, disable_automatic_authentication=True, **options
            )
            self.of_person(credential.get_token(GRAPH).token)
            with self.assertRaises(identity.AuthenticationRequiredError):
                credential.get_token("https://graph.microsoft.com/Mail.Read")

    def test_device_code(self):
        def told(uri, code, _expires_on):
            threading.Thread(target=Browser(person("mina"), code).visit, args=(uri,), daemon=True).start()

        credential = identity.DeviceCodeCredential(
            client_id=client_id("kiosk"), tenant_id=self.lab.tenant, prompt_callback=told, timeout=30, **self.options
        )
        self.of_person(credential.get_token(GRAPH).token)

    def test_authorization_code_without_pkce(self):
        redirect_uri = "http://localhost:7082/signin-oidc"
        code = self.code(redirect_uri, f"{GRAPH} offline_access")
        credential = identity.AuthorizationCodeCredential(
            self.lab.tenant, client_id("admin-portal"), code, redirect_uri,
            client_secret=application("admin-portal")["client_secret"], authority=self.lab.https,
        )
        token = credential.get_token(GRAPH).token
        self.of_person(token)
        self.assertEqual(credential.get_token(GRAPH).token, token)
        challenge = json.dumps({"access_token": {"nbf": {"essential": True, "value": str(int(time.time()))}}})
        other = credential.get_token(GRAPH, claims=challenge).token
        self.of_person(other)
        self.assertNotEqual(other, token, "the refresh token brought another one")

    def test_on_behalf_of_by_secret_certificate_and_assertion(self):
        assertion = self.user_assertion()
        pem = pathlib.Path(self.lab.pem_file).read_bytes()
        ways = [
            {"client_secret": application("catalog-api")["client_secret"]}, {"client_certificate": pem},
            {"client_certificate": pem, "send_certificate_chain": True},
            {"client_assertion_func": lambda: self.signed("catalog-api")},
        ]
        for way in ways:
            credential = identity.OnBehalfOfCredential(
                self.lab.tenant, client_id("catalog-api"), user_assertion=assertion, **way, **self.options
            )
            self.of_person(credential.get_token(GRAPH).token)
        with self.assertRaisesRegex(ClientAuthenticationError, "AADSTS65001") as refused:
            credential.get_token("https://graph.microsoft.com/Mail.Read")
        self.assertEqual(refused.exception.response.json()["suberror"], "consent_required")

    def signed(self, key):
        """An assertion of the application's own making."""
        now, app = int(time.time()), client_id(key)
        claims = {"aud": f"{self.lab.authority}/oauth2/v2.0/token", "iss": app, "sub": app, "jti": os.urandom(8).hex(),
                  "nbf": now, "exp": now + 600}
        header = {"x5t#S256": self.lab.ready["certificates"][0]["x5t#S256"]}
        return jwt.encode(claims, self.lab.key, algorithm="PS256", headers=header)

    def test_user_name_and_password(self):
        proxy = Proxy(int(self.lab.https.rsplit(":", 1)[1]))
        self.addCleanup(proxy.server_close)
        self.addCleanup(proxy.shutdown)
        mina = person("mina")
        with environment(proxy.environment()), self.assertWarns(DeprecationWarning):
            credential = identity.UsernamePasswordCredential(
                client_id("handheld"), mina["username"], mina["password"], tenant_id=self.lab.tenant, **self.options
            )
            token = credential.get_token(GRAPH).token
        self.of_person(token)

    def test_continuous_access_evaluation(self):
        token = self.interactive().get_token(GRAPH, enable_cae=True)
        claims = jwt.decode(token.token, options={"verify_signature": False})
        self.assertEqual([one.upper() for one in claims["xms_cc"]], ["CP1"])
        self.assertGreater(token.expires_on, time.time() + 19 * 3600)
        info = self.interactive().get_token_info(GRAPH, options={"enable_cae": True})
        self.assertAlmostEqual(info.refresh_on, (time.time() + info.expires_on) / 2, delta=10)


class WithoutThreads(WithLab):
    """The same with asyncio, whose client posts to the token endpoint without asking for any metadata."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # aiohttp reads SSL_CERT_FILE once, when it is first imported.
        assert "aiohttp" not in sys.modules, "something imported aiohttp before the lab's CA was known"
        from azure.identity import aio

        cls.aio = aio

    def token(self, credential, scope=CATALOG):
        async def get():
            async with credential:
                token = await credential.get_token(scope)
                self.assertEqual((await credential.get_token(scope)).token, token.token)
                return token.token

        return asyncio.run(get())

    def test_a_secret(self):
        credential = self.aio.ClientSecretCredential(**self.secret(), **self.options)
        self.of_application(self.token(credential), "inventory-sync")
        wrong = {**self.secret(), "client_secret": "wrong"}
        with self.assertRaisesRegex(ClientAuthenticationError, "AADSTS7000215"):
            self.token(self.aio.ClientSecretCredential(**wrong, **self.options))

    def test_a_secret_with_the_tenant_by_its_domain(self):
        named = {**self.secret(), "tenant_id": "northwind.example"}
        self.of_application(self.token(self.aio.ClientSecretCredential(**named, **self.options)), "inventory-sync")

    def test_a_certificate(self):
        for more in [{}, {"send_certificate_chain": True}]:
            credential = self.aio.CertificateCredential(*self.certified(), **more, **self.options)
            self.of_application(self.token(credential), "price-feed")

    def test_another_issuers_token(self):
        credential = self.aio.ClientAssertionCredential(
            self.lab.tenant, client_id("pipeline"), self.pipeline_token, authority=self.lab.https
        )
        self.of_application(self.token(credential), "pipeline")

    def test_workload_identity_and_azure_pipelines(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(self.pipeline_token())
            file.flush()
            credential = self.aio.WorkloadIdentityCredential(
                tenant_id=self.lab.tenant, client_id=client_id("pipeline"), token_file_path=file.name,
                authority=self.lab.https,
            )
            self.of_application(self.token(credential), "pipeline")
        with self.pipeline_agent():
            credential = self.aio.AzurePipelinesCredential(
                tenant_id=self.lab.tenant, client_id=client_id("pipeline"), service_connection_id="connection",
                system_access_token="of-the-job", authority=self.lab.https,
            )
            self.of_application(self.token(credential), "pipeline")

    def test_the_environment(self):
        names = {
            "AZURE_TENANT_ID": self.lab.tenant, "AZURE_AUTHORITY_HOST": self.lab.https,
            "AZURE_CLIENT_ID": client_id("inventory-sync"),
            "AZURE_CLIENT_SECRET": application("inventory-sync")["client_secret"],
        }
        with environment(names):
            self.of_application(self.token(self.aio.EnvironmentCredential()), "inventory-sync")

    def test_authorization_code(self):
        redirect_uri = "http://localhost:7082/signin-oidc"
        credential = self.aio.AuthorizationCodeCredential(
            self.lab.tenant, client_id("admin-portal"), self.code(redirect_uri, f"{GRAPH} offline_access"), redirect_uri,
            client_secret=application("admin-portal")["client_secret"], authority=self.lab.https,
        )
        self.of_person(self.token(credential, GRAPH))

    def test_on_behalf_of(self):
        assertion = self.user_assertion()
        pem = pathlib.Path(self.lab.pem_file).read_bytes()
        for way in [{"client_secret": application("catalog-api")["client_secret"]}, {"client_certificate": pem}]:
            credential = self.aio.OnBehalfOfCredential(
                self.lab.tenant, client_id("catalog-api"), user_assertion=assertion, **way, **self.options
            )
            self.of_person(self.token(credential, GRAPH))

    def test_managed_identity_on_each_host(self):
        system = next(one for one in tenant()["managed_identities"] if one["kind"] == "system")
        for names in self.lab.ready["managed_identity"].values():
            with environment(names):
                claims = self.verified(self.token(self.aio.ManagedIdentityCredential()))
                self.assertEqual(claims["oid"], system["object_id"])


class ManagedIdentity(WithLab):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.identities = {one["kind"]: one for one in tenant()["managed_identities"]}

    def on(self, host):
        """The environment of a program on that kind of machine."""
        return environment(self.lab.ready["managed_identity"][host])

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
            f"{self.lab.http}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=api://northwind-catalog",
            headers={"Metadata": "true", "Host": "elsewhere.example"}, timeout=10,
        )
        self.assertEqual(answer.status_code, 421)


class Pipeline(WithLab):
    def test_a_pipelines_token_verifies_and_takes_the_place_of_a_secret(self):
        issuer = self.lab.ready["pipeline"]
        document = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
        token = requests.get(f"{issuer}/token", params={"audience": EXCHANGE}, timeout=10).json()["value"]
        key = jwt.PyJWKClient(document["jwks_uri"]).get_signing_key_from_jwt(token).key
        jwt.decode(token, key, algorithms=["RS256"], audience=EXCHANGE, issuer=issuer)
        answer = self.asked_with(token, "pipeline")
        self.assertEqual(answer.status_code, 200, answer.text)


class Certificate(WithLab):
    def test_an_assertion_by_pyjwt_with_a_key_made_here_is_taken(self):
        app, now = client_id("price-feed"), time.time()
        header = {"x5t#S256": self.lab.ready["certificates"][0]["x5t#S256"]}
        for base in [self.lab.http, self.lab.https]:
            endpoint = f"{base}/{self.lab.tenant}/oauth2/v2.0/token"
            claims = {"aud": endpoint, "iss": app, "sub": app, "iat": now, "exp": now + 600}
            for algorithm in ["PS256", "RS256"]:
                claims["jti"] = f"{base} {algorithm}"
                assertion = jwt.encode(claims, self.lab.key, algorithm=algorithm, headers=header)
                answer = self.asked_with(assertion, "price-feed", base)
                self.assertEqual(answer.status_code, 200, answer.text)


if __name__ == "__main__":
    unittest.main()
