"""The lab tenant against MSAL Python, as it is: every flow it has, over https, and the errors its callers branch on."""

import base64
import json
import pathlib
import tempfile
import threading
import time
import unittest
import uuid

import jwt
import msal
import requests

from browser import Browser, Opened
from program import Lab, application, client_id, environment, lab, person, tenant
from proxy import Proxy

CATALOG = "api://northwind-catalog"
ASSERTION_AUDIENCE = "api://AzureADTokenExchange"


def claims_of(token):
    """What stands in a token, unverified."""
    return jwt.decode(token, options={"verify_signature": False})


class Traffic(requests.Session):
    """A session that remembers what passed, for what a library does not hand on."""

    def __init__(self):
        super().__init__()
        self.passed = []

    def send(self, request, **arguments):
        answer = super().send(request, **arguments)
        self.passed.append(answer)
        return answer

    def asked(self, part):
        return [answer for answer in self.passed if part in answer.request.url]


class WithLab(unittest.TestCase):
    """Each test gets new application objects: MSAL repeats what it was refused for a minute."""

    @classmethod
    def setUpClass(cls):
        cls.lab = lab()
        trusting = environment(cls.lab.trust())
        trusting.start()
        cls.addClassCleanup(trusting.stop)
        keys = requests.get(f"{cls.lab.authority}/discovery/v2.0/keys", timeout=10).json()
        cls.keys = {key.key_id: key.key for key in jwt.PyJWKSet.from_dict(keys).keys}

    def app(self, kind, key, credential=None, **options):
        options = {"authority": self.lab.authority, "instance_discovery": False, **options}
        return kind(client_id(key), client_credential=credential, **options)

    def public(self, key, **options):
        return self.app(msal.PublicClientApplication, key, **options)

    def confidential(self, key, credential=None, **options):
        return self.app(
            msal.ConfidentialClientApplication, key, credential or application(key)["client_secret"], **options
        )

    def verified(self, token, audience):
        key = self.keys[jwt.get_unverified_header(token)["kid"]]
        return jwt.decode(token, key, algorithms=["RS256"], audience=audience)

    def granted(self, result):
        self.assertIn("access_token", result, result)
        return result

    def refused(self, result, error, code):
        self.assertEqual((result.get("error"), result.get("error_codes")), (error, [code]), result)
        self.assertTrue(result["error_description"].startswith(f"AADSTS{code}: "), result)
        uuid.UUID(result["correlation_id"])
        uuid.UUID(result["trace_id"])
        return result

    def password_grant(self, app, who, scopes, password=None):
        """With the question about the user's realm, which MSAL sends to port 443."""
        proxy = Proxy(int(self.lab.https.rsplit(":", 1)[1]))
        self.addCleanup(proxy.server_close)
        self.addCleanup(proxy.shutdown)
        with environment(proxy.environment()):
            result = app.acquire_token_by_username_password(
                person(who)["username"], password or person(who)["password"], scopes=scopes
            )
        self.assertIn("localhost:443", proxy.asked)
        return result

    def code_flow(self, app, scopes, redirect_uri, who="mina", **options):
        flow = app.initiate_auth_code_flow(scopes, redirect_uri=redirect_uri, **options)
        return flow, Browser(person(who)).visit(flow["auth_uri"], until=redirect_uri)

    def user_assertion(self):
        """A token for the catalog API, in the name of somebody who typed a password and no more."""
        app = self.public("desktop")
        flow, answer = self.code_flow(app, [f"{CATALOG}/Catalog.Read"], "http://localhost:53997")
        return self.granted(app.acquire_token_by_auth_code_flow(flow, answer))["access_token"]


class ClientCredentials(WithLab):
    SCOPES = [f"{CATALOG}/.default"]

    def check(self, key, credential):
        app = self.confidential(key, credential)
        result = self.granted(app.acquire_token_for_client(self.SCOPES))
        # An application is no user: nothing that would make one up.
        self.assertEqual(
            set(result) - {"token_source"}, {"token_type", "expires_in", "ext_expires_in", "access_token"}
        )
        self.assertEqual(result["ext_expires_in"], result["expires_in"])
        audience = client_id("catalog-api")
        claims = self.verified(result["access_token"], audience)
        self.assertEqual((claims["azp"], claims["iss"]), (client_id(key), f"{self.lab.authority}/v2.0"))
        self.assertIn("Catalog.Read.All", claims["roles"])
        again = app.acquire_token_for_client(self.SCOPES)
        self.assertEqual((again["token_source"], again["access_token"]), ("cache", result["access_token"]))
        self.assertEqual(app.get_accounts(), [])
        return claims

    def test_a_secret(self):
        self.assertEqual(self.check("inventory-sync", None)["azpacr"], "1")

    def test_a_thumbprint_alone_is_sent_as_sha_1_with_rs256(self):
        credential = {"private_key": self.lab.key, "thumbprint": self.lab.thumbprint}
        self.assertEqual(self.check("price-feed", credential)["azpacr"], "2")

    def test_a_certificate_is_sent_as_sha_256_with_ps256(self):
        self.check("price-feed", {"private_key": self.lab.key, "public_certificate": self.lab.certificate})

    def test_a_certificate_with_its_thumbprint_comes_as_x5c_too(self):
        self.check("price-feed", {
            "private_key": self.lab.key, "thumbprint": self.lab.thumbprint, "public_certificate": self.lab.certificate,
        })

    def test_another_issuers_token_by_a_callable(self):
        def assertion():
            url = f"{self.lab.https}/pipeline/token"
            return requests.get(url, params={"audience": ASSERTION_AUDIENCE}, timeout=10).json()["value"]

        self.check("pipeline", {"client_assertion": assertion})

    def test_a_managed_identitys_token_in_place_of_a_secret(self):
        identity = next(one for one in tenant()["managed_identities"] if one["key"] == "warehouse-jobs")
        names = self.lab.ready["managed_identity"]["virtual_machine"]
        with environment(names):
            client = msal.ManagedIdentityClient(
                msal.UserAssignedManagedIdentity(client_id=identity["client_id"]), http_client=requests.Session()
            )
            token = self.granted(client.acquire_token_for_client(resource=ASSERTION_AUDIENCE))
        # The machine speaks http; its tokens name the address by which it was asked.
        self.check("pipeline", {"client_assertion": token["access_token"]})

    def test_the_tenant_by_its_domain_name(self):
        app = self.confidential("inventory-sync", authority=f"{self.lab.https}/northwind.example")
        self.granted(app.acquire_token_for_client(self.SCOPES))

    def test_as_an_oidc_authority(self):
        app = msal.ConfidentialClientApplication(
            client_id("inventory-sync"), client_credential=application("inventory-sync")["client_secret"],
            oidc_authority=f"{self.lab.authority}/v2.0",
        )
        self.granted(app.acquire_token_for_client(self.SCOPES))

    def test_wrong_credentials(self):
        app = self.confidential("inventory-sync", "wrong")
        result = self.refused(app.acquire_token_for_client(self.SCOPES), "invalid_client", 7000215)
        self.assertIn("7000215", result["error_uri"])
        with_key = {"private_key": self.lab.key, "thumbprint": "00" * 20}
        app = self.confidential("price-feed", with_key)
        self.assertEqual(app.acquire_token_for_client(self.SCOPES)["error"], "invalid_client")
        app = self.confidential("store-reports", application("store-reports")["secrets"][0]["value"])
        self.refused(app.acquire_token_for_client(["https://graph.microsoft.com/.default"]), "invalid_client", 7000222)

    def test_wrong_requests(self):
        app = self.confidential("inventory-sync")
        refused = app.acquire_token_for_client(["api://no-such-api/.default"])
        self.refused(refused, "invalid_resource", 500011)
        app = self.confidential("inventory-sync")
        self.refused(app.acquire_token_for_client([f"{CATALOG}/Catalog.Read"]), "invalid_scope", 1002012)

    def test_a_policy_that_keeps_it_out(self):
        app = self.confidential("stock-robot")
        refused = app.acquire_token_for_client(["https://graph.microsoft.com/.default"])
        self.assertEqual(refused["error_codes"], [53003], refused)

    def test_an_unknown_tenant_is_no_authority(self):
        for name in ["11111111-2222-3333-4444-555555555555", "nobody.example"]:
            with self.assertRaises(ValueError):
                self.confidential("inventory-sync", authority=f"{self.lab.https}/{name}").acquire_token_for_client(
                    self.SCOPES
                )

    def test_ids_and_telemetry(self):
        traffic = Traffic()
        app = self.confidential("inventory-sync", "wrong", http_client=traffic)
        refused = app.acquire_token_for_client(self.SCOPES)
        answer = traffic.asked("/token")[0]
        self.assertEqual(refused["correlation_id"], answer.request.headers["client-request-id"])
        self.assertTrue(answer.request.headers["x-client-sku"].startswith("MSAL"))
        self.assertEqual(answer.headers["x-ms-request-id"], refused["trace_id"])
        self.assertEqual(answer.headers["x-ms-clitelem"], "1,7000215,0,,")


class People(WithLab):
    REDIRECT = "http://localhost:53998"

    def test_a_code_with_pkce_at_a_public_client(self):
        traffic = Traffic()
        app = self.public("desktop", http_client=traffic)
        flow, answer = self.code_flow(app, ["User.Read"], self.REDIRECT)
        self.assertTrue({"code", "state", "session_state", "client_info"} <= set(answer), answer)
        result = self.granted(app.acquire_token_by_auth_code_flow(flow, answer))
        claims = result["id_token_claims"]
        self.assertEqual(claims["preferred_username"], person("mina")["username"])
        self.assertEqual(claims["oid"], person("mina")["id"])
        self.assertEqual(self.verified(result["id_token"], client_id("desktop"))["sub"], claims["sub"])
        info = json.loads(base64.urlsafe_b64decode(result["client_info"] + "=="))
        self.assertEqual(info, {"uid": person("mina")["id"], "utid": self.lab.tenant})
        self.assertEqual(result["ext_expires_in"], result["expires_in"])
        self.assertIn("User.Read", result["scope"].split())
        self.assertNotIn("foci", result)
        account, = app.get_accounts()
        self.assertEqual(account["username"], person("mina")["username"])
        self.assertEqual(account["home_account_id"], f"{info['uid']}.{info['utid']}")
        self.assertEqual(account["environment"], "localhost")
        silent = app.acquire_token_silent(["User.Read"], account)
        self.assertEqual((silent["token_source"], silent["access_token"]), ("cache", result["access_token"]))
        asked = len(traffic.asked("/token"))
        fresh = self.granted(app.acquire_token_silent(["User.Read"], account, force_refresh=True))
        self.assertEqual((fresh["token_source"], len(traffic.asked("/token"))), ("identity_provider", asked + 1))
        me = requests.get(
            f"{self.lab.https}/v1.0/me", headers={"authorization": f"Bearer {fresh['access_token']}"}, timeout=10
        )
        self.assertEqual(me.json()["userPrincipalName"], person("mina")["username"])
        app.remove_account(account)
        self.assertEqual(app.get_accounts(), [])

    def test_a_code_at_a_web_application_in_each_response_mode(self):
        redirect_uri = "http://localhost:7082/signin-oidc"
        for mode in ["query", "form_post", "fragment"]:
            with self.subTest(mode):
                app = self.confidential("admin-portal")
                flow, answer = self.code_flow(app, ["User.Read"], redirect_uri, response_mode=mode)
                self.granted(app.acquire_token_by_auth_code_flow(flow, answer))
        flow, answer = self.code_flow(
            app, ["User.Read"], redirect_uri, prompt="login", login_hint=person("mina")["username"],
            domain_hint="organizations", max_age=0,
        )
        claims = self.granted(app.acquire_token_by_auth_code_flow(flow, answer))["id_token_claims"]
        self.assertAlmostEqual(claims["auth_time"], time.time(), delta=60)
        # The older way, without PKCE.
        url = app.get_authorization_request_url(["User.Read"], redirect_uri=redirect_uri)
        code = Browser(person("mina")).visit(url, until=redirect_uri)["code"]
        self.granted(app.acquire_token_by_authorization_code(code, ["User.Read"], redirect_uri=redirect_uri))

    def test_a_code_is_good_once_and_only_with_its_verifier(self):
        app = self.public("desktop")
        flow, answer = self.code_flow(app, ["User.Read"], self.REDIRECT)
        self.granted(app.acquire_token_by_auth_code_flow(flow, answer))
        app = self.public("desktop")
        refused = app.acquire_token_by_auth_code_flow(flow, answer)
        self.assertEqual((refused["error"], refused["error_codes"]), ("invalid_grant", [54005]), refused)
        flow, answer = self.code_flow(app, ["User.Read"], self.REDIRECT)
        flow["code_verifier"] = "x" * 43
        self.refused(app.acquire_token_by_auth_code_flow(flow, answer), "invalid_grant", 501481)

    def test_without_a_page_only_who_is_signed_in_gets_a_code(self):
        app, browser = self.public("desktop"), Browser(person("mina"))

        def silently():
            flow = app.initiate_auth_code_flow(["User.Read"], redirect_uri=self.REDIRECT, prompt="none")
            return app.acquire_token_by_auth_code_flow(flow, browser.visit(flow["auth_uri"], until=self.REDIRECT))

        refused = silently()
        self.assertEqual(refused["error"], "login_required", refused)
        self.assertIn("AADSTS50058", refused["error_description"])
        flow = app.initiate_auth_code_flow(["User.Read"], redirect_uri=self.REDIRECT)
        browser.visit(flow["auth_uri"], until=self.REDIRECT)
        self.granted(silently())

    def test_somebody_who_says_no(self):
        app = self.public("desktop")
        flow = app.initiate_auth_code_flow(["User.Read"], redirect_uri=self.REDIRECT, prompt="consent")
        answer = Browser(person("mina"), declines=True).visit(flow["auth_uri"], until=self.REDIRECT)
        self.assertEqual(answer["error"], "access_denied", answer)
        refused = app.acquire_token_by_auth_code_flow(flow, answer)
        self.assertEqual(refused["error"], "access_denied")
        self.assertIn("AADSTS65004", refused["error_description"])
        other = app.initiate_auth_code_flow(["User.Read"], redirect_uri=self.REDIRECT)
        with self.assertRaisesRegex(ValueError, "state"):
            app.acquire_token_by_auth_code_flow(other, answer)

    def test_a_second_factor_and_a_guest(self):
        vault = "https://vault.azure.net/user_impersonation"
        app = self.public("handheld")  # consented to for everybody, and asks for the vault below
        refused = self.password_grant(app, "theo", [vault])
        self.refused(refused, "invalid_grant", 50076)
        flow = app.initiate_device_flow([vault])
        Browser(person("theo"), flow["user_code"]).visit(flow["verification_uri"])
        met = self.granted(app.acquire_token_by_device_flow(flow))
        self.assertIn("mfa", claims_of(met["access_token"])["amr"])
        app = self.public("desktop")
        flow, answer = self.code_flow(app, ["User.Read"], self.REDIRECT, who="farah")
        claims = self.granted(app.acquire_token_by_auth_code_flow(flow, answer))["id_token_claims"]
        self.assertEqual(claims["tid"], self.lab.tenant)
        account, = app.get_accounts()
        home = next(one for one in tenant()["tenants"] if one["key"] == "fabrikam")["id"]
        self.assertEqual(account["home_account_id"], f"{person('farah')['id']}.{home}")
        self.assertNotEqual(claims["oid"], person("farah")["id"], "a guest is another object")

    def test_interactive(self):
        opened = Opened()
        opened.person = person("mina")
        app = self.public("desktop")
        result = self.granted(app.acquire_token_interactive(
            ["User.Read"], extra_scopes_to_consent=[f"{CATALOG}/Catalog.Read"], prompt="select_account", timeout=30,
        ))
        self.assertEqual(result["id_token_claims"]["name"], person("mina")["display_name"])
        account, = app.get_accounts()
        # The refresh token serves whatever resource was consented to.
        other = self.granted(app.acquire_token_silent([f"{CATALOG}/Catalog.Read"], account))
        self.assertEqual(self.verified(other["access_token"], client_id("catalog-api"))["scp"], "Catalog.Read")
        self.assertEqual(other["token_source"], "identity_provider")
        again = app.acquire_token_silent([f"{CATALOG}/Catalog.Read"], account)
        self.assertEqual(again["token_source"], "cache", "the scopes are spelled as they were asked for")
        hinted = self.granted(app.acquire_token_interactive(
            ["User.Read"], login_hint=person("mina")["username"], domain_hint="northwind.example", max_age=600,
            timeout=30,
        ))
        self.assertIn("auth_time", hinted["id_token_claims"])

    def test_interactive_at_organizations_and_common(self):
        opened = Opened()
        for segment, who, home in [("organizations", "farah", "fabrikam"), ("common", "mina", "northwind")]:
            opened.person = person(who)
            app = self.public("desktop", authority=f"{self.lab.https}/{segment}")
            result = self.granted(app.acquire_token_interactive(["User.Read"], timeout=30))
            expected = next(one for one in tenant()["tenants"] if one["key"] == home)["id"]
            self.assertEqual(result["id_token_claims"]["tid"], expected)
            account, = app.get_accounts()
            self.granted(app.acquire_token_silent(["User.Read"], account, force_refresh=True))

    def test_device_code(self):
        app = self.public("kiosk")
        flow = app.initiate_device_flow(["User.Read"])
        self.assertTrue({"device_code", "user_code", "verification_uri", "expires_in", "interval"} <= set(flow), flow)
        self.assertIn(flow["user_code"], flow["message"])
        self.assertIn(flow["verification_uri"], flow["message"])
        flow["interval"] = 1
        # Somebody is slow to type the code: the library waits, and polls on.
        late = threading.Timer(
            1.5, lambda: Browser(person("mina"), flow["user_code"]).visit(flow["verification_uri"])
        )
        late.start()
        result = self.granted(app.acquire_token_by_device_flow(flow))
        late.join()
        self.assertEqual(result["id_token_claims"]["oid"], person("mina")["id"])
        self.assertEqual(len(app.get_accounts()), 1)
        flow["expires_at"] = time.time() + 60
        self.refused(self.public("kiosk").acquire_token_by_device_flow(flow), "invalid_grant", 54005)

    def test_a_device_code_that_nobody_types(self):
        app = self.public("kiosk")
        flow = app.initiate_device_flow(["User.Read"])
        flow["expires_at"] = 0
        pending = app.acquire_token_by_device_flow(flow, exit_condition=lambda flow: True)
        self.refused(pending, "authorization_pending", 70016)
        self.assertIn("error", self.public("storefront").initiate_device_flow(["no-such-scope"]))

    def test_user_name_and_password(self):
        app = self.public("handheld")
        result = self.granted(self.password_grant(app, "mina", ["User.Read"]))
        self.assertEqual(result["id_token_claims"]["oid"], person("mina")["id"])
        account, = app.get_accounts(person("mina")["username"])
        self.granted(app.acquire_token_silent([f"{CATALOG}/Catalog.Read"], account))

    def test_user_name_and_password_refused(self):
        scopes, vault = ["User.Read"], ["https://vault.azure.net/user_impersonation"]
        for who, wanted, error, code in [
            ("petra", scopes, "invalid_grant", 50055), ("luis", scopes, "invalid_grant", 50053),
            ("bruno", scopes, "invalid_grant", 50057), ("mina", vault, "invalid_grant", 50076),
        ]:
            with self.subTest(who):
                refused = self.password_grant(self.public("handheld"), who, wanted)
                self.refused(refused, error, code)
        # Whose password is it, if nobody knows the tenant?
        for segment, error, code in [("consumers", "invalid_request", 9001023), ("common", "invalid_request", 9001023)]:
            app = self.public("handheld", authority=f"{self.lab.https}/{segment}")
            self.refused(self.password_grant(app, "mina", scopes), error, code)
        app = self.public("handheld", authority=f"{self.lab.https}/organizations")
        self.granted(self.password_grant(app, "mina", scopes))
        refused = self.password_grant(self.public("handheld"), "mina", scopes, password="wrong")
        self.refused(refused, "invalid_grant", 50126)

    def test_a_silent_call_says_what_the_person_has_to_do(self):
        app = self.public("kiosk")
        flow = app.initiate_device_flow(["User.Read"])
        Browser(person("adele"), flow["user_code"]).visit(flow["verification_uri"])
        self.granted(app.acquire_token_by_device_flow(flow))
        account, = app.get_accounts()
        refused = app.acquire_token_silent_with_error(["https://graph.microsoft.com/Mail.Read"], account)
        self.refused(refused, "invalid_grant", 65001)
        self.assertEqual(refused["classification"], "consent_required")
        self.assertIsNone(self.public("kiosk").acquire_token_silent(["User.Read"], account))

    def test_long_lived_tokens_for_who_takes_challenges(self):
        app = self.public("desktop", client_capabilities=["CP1"])
        flow, answer = self.code_flow(app, ["User.Read"], self.REDIRECT)
        result = self.granted(app.acquire_token_by_auth_code_flow(flow, answer))
        self.assertEqual([one.upper() for one in claims_of(result["access_token"])["xms_cc"]], ["CP1"])
        self.assertGreaterEqual(result["expires_in"], 20 * 3600)
        # Half of its life later the library fetches the next one, while this one still serves.
        entry, = app.token_cache.search(msal.TokenCache.CredentialType.ACCESS_TOKEN, target=["User.Read"])
        self.assertAlmostEqual(int(entry["refresh_on"]), time.time() + result["expires_in"] / 2, delta=10)
        refreshed = app.acquire_token_silent(["User.Read"], app.get_accounts()[0])
        self.assertEqual(refreshed["token_source"], "cache")

    def test_a_family_shares_its_refresh_tokens(self):
        cache = msal.SerializableTokenCache()
        first = self.public("family-mail", token_cache=cache)
        flow = first.initiate_device_flow(["User.Read"])
        Browser(person("mina"), flow["user_code"]).visit(flow["verification_uri"])
        self.granted(first.acquire_token_by_device_flow(flow))
        entry, = cache.search(msal.TokenCache.CredentialType.REFRESH_TOKEN)
        self.assertEqual(entry["family_id"], "1")
        second = self.public("family-files", token_cache=cache)
        account, = second.get_accounts()
        claims = self.granted(second.acquire_token_silent(["User.Read"], account))["id_token_claims"]
        self.assertEqual((claims["aud"], claims["oid"]), (client_id("family-files"), person("mina")["id"]))
        # Somebody outside the family asks the tenant, and learns that it is none of theirs.
        outsider = self.public("handheld").acquire_token_by_refresh_token(entry["secret"], ["User.Read"])
        self.assertEqual(outsider["error"], "invalid_grant", outsider)

    def test_a_cache_goes_through_text(self):
        cache = msal.SerializableTokenCache()
        app = self.public("desktop", token_cache=cache)
        flow, answer = self.code_flow(app, ["User.Read"], self.REDIRECT)
        self.granted(app.acquire_token_by_auth_code_flow(flow, answer))
        again = msal.SerializableTokenCache()
        again.deserialize(cache.serialize())
        app = self.public("desktop", token_cache=again)
        self.granted(app.acquire_token_silent(["User.Read"], app.get_accounts()[0], force_refresh=True))


class Impatient(unittest.TestCase):
    def test_who_polls_too_often_is_slowed_down(self):
        directory = pathlib.Path(__file__).parents[2] / "src/provider/northwind.toml"
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(directory.read_text().replace("slowDown = false", "slowDown = true"))
            file.flush()
            strict = Lab("--scenario", file.name)
        self.addCleanup(strict.close)
        with environment(strict.trust()):
            app = msal.PublicClientApplication(
                client_id("kiosk"), authority=strict.authority, instance_discovery=False
            )
            flow = app.initiate_device_flow(["User.Read"])
            interval = flow["interval"]
            once = {"exit_condition": lambda flow: True}
            self.assertEqual(app.acquire_token_by_device_flow(flow, **once)["error"], "authorization_pending")
            self.assertEqual(app.acquire_token_by_device_flow(flow, **once)["error"], "slow_down")
            self.assertEqual(flow["interval"], interval + 5, "the library takes it to heart")


class OnBehalfOf(WithLab):
    def test_the_caller_comes_along(self):
        assertion = self.user_assertion()
        credentials = [
            None, {"private_key": self.lab.key, "thumbprint": self.lab.thumbprint},
            {"private_key": self.lab.key, "public_certificate": self.lab.certificate},
        ]
        for credential in credentials:
            app = self.confidential("catalog-api", credential)
            result = self.granted(app.acquire_token_on_behalf_of(assertion, ["https://graph.microsoft.com/User.Read"]))
            me = requests.get(
                f"{self.lab.https}/v1.0/me", headers={"authorization": f"Bearer {result['access_token']}"}, timeout=10
            ).json()
            self.assertEqual(me["id"], person("mina")["id"])
            self.assertIn("client_info", result)
            account, = app.get_accounts()
            cached = app.acquire_token_silent(["https://graph.microsoft.com/User.Read"], account)
            self.assertEqual((cached["token_source"], cached["access_token"]), ("cache", result["access_token"]))

    def test_consent_that_is_missing(self):
        app = self.confidential("catalog-api")
        refused = app.acquire_token_on_behalf_of(self.user_assertion(), ["https://graph.microsoft.com/Mail.Read"])
        self.refused(refused, "invalid_grant", 65001)
        self.assertEqual(refused["suberror"], "consent_required")

    def test_a_challenge_goes_back_to_the_person_and_is_met(self):
        vault = ["https://vault.azure.net/user_impersonation"]
        refused = self.confidential("catalog-api").acquire_token_on_behalf_of(self.user_assertion(), vault)
        self.assertEqual(self.refused(refused, "invalid_grant", 50076)["suberror"], "basic_action")
        challenge = refused["claims"]
        json.loads(challenge)
        opened = Opened()
        opened.person = person("mina")
        app = self.public("desktop")
        met = app.acquire_token_interactive([f"{CATALOG}/Catalog.Read"], claims_challenge=challenge, timeout=30)
        assertion = self.granted(met)["access_token"]
        self.granted(self.confidential("catalog-api").acquire_token_on_behalf_of(assertion, vault))

    def test_a_token_that_is_not_for_the_api(self):
        refused = self.confidential("admin-portal").acquire_token_on_behalf_of(self.user_assertion(), ["User.Read"])
        self.refused(refused, "invalid_grant", 500131)
        # Nobody but Graph can verify what is made for Graph.
        app = self.public("desktop")
        flow, answer = self.code_flow(app, ["User.Read"], "http://localhost:53996")
        token = self.granted(app.acquire_token_by_auth_code_flow(flow, answer))["access_token"]
        refused = self.confidential("catalog-api").acquire_token_on_behalf_of(token, ["User.Read"])
        self.refused(refused, "invalid_grant", 50013)
        bent = self.user_assertion()[:-8] + "AAAAAAAA"
        refused = self.confidential("catalog-api").acquire_token_on_behalf_of(bent, ["User.Read"])
        self.refused(refused, "invalid_grant", 50013)


class Challenges(WithLab):
    """APIs that send somebody back to the authority, with `claims` in WWW-Authenticate."""

    def interactive(self, app, scopes, who="mina", **options):
        opened = Opened()
        opened.person = person(who)
        return self.granted(app.acquire_token_interactive(scopes, timeout=30, **options))["access_token"]

    def call(self, method, path, token, **options):
        headers = {"authorization": f"Bearer {token}"}
        return requests.request(method, f"{self.lab.https}{path}", headers=headers, timeout=10, **options)

    def challenge(self, answer):
        self.assertEqual(answer.status_code, 401, answer.text)
        header = answer.headers["www-authenticate"]
        self.assertIn('error="insufficient_claims"', header)
        return base64.b64decode(header.split('claims="')[1].split('"')[0] + "==").decode()

    def test_an_operation_that_wants_a_second_factor(self):
        scopes = [f"{CATALOG}/Refunds.Issue"]
        app = self.public("desktop", client_capabilities=["CP1"])
        token = self.interactive(app, scopes)
        challenge = self.challenge(self.call("POST", "/api/catalog/refunds", token, json={"order": "O-2001"}))
        account, = app.get_accounts()
        refused = app.acquire_token_silent_with_error(scopes, account, claims_challenge=challenge)
        self.assertEqual((refused["error"], refused["suberror"]), ("invalid_grant", "basic_action"), refused)
        token = self.interactive(app, scopes, claims_challenge=challenge, login_hint=account["username"])
        done = self.call("POST", "/api/catalog/refunds", token, json={"order": "O-2001"})
        self.assertEqual(done.status_code, 201, done.text)

    def test_sessions_that_were_revoked(self):
        app = self.public("desktop", client_capabilities=["CP1"])
        token = self.interactive(app, ["User.Read", "User.RevokeSessions.All"], "adele")
        issued = int(time.time())
        while int(time.time()) == issued:  # tokens know whole seconds only
            time.sleep(0.05)
        self.assertEqual(self.call("POST", "/v1.0/me/revokeSignInSessions", token).status_code, 200)
        challenge = self.challenge(self.call("GET", "/v1.0/me", token))
        account, = app.get_accounts()
        refused = app.acquire_token_silent_with_error(["User.Read"], account, claims_challenge=challenge)
        self.refused(refused, "invalid_grant", 50173)
        token = self.interactive(app, ["User.Read"], "adele", claims_challenge=challenge, prompt="login")
        self.assertEqual(self.call("GET", "/v1.0/me", token).status_code, 200)


class ManagedIdentity(WithLab):
    def test_each_host_and_each_way_to_name_the_identity(self):
        user = next(one for one in tenant()["managed_identities"] if one["kind"] == "user")
        system = next(one for one in tenant()["managed_identities"] if one["kind"] == "system")
        ways = [
            (msal.SystemAssignedManagedIdentity(), system),
            (msal.UserAssignedManagedIdentity(client_id=user["client_id"]), user),
            (msal.UserAssignedManagedIdentity(object_id=user["object_id"]), user),
            (msal.UserAssignedManagedIdentity(resource_id=user["resource_id"]), user),
        ]
        for host, names in self.lab.ready["managed_identity"].items():
            for way, expected in ways:
                with self.subTest(host, way=way), environment(names):
                    client = msal.ManagedIdentityClient(way, http_client=requests.Session())
                    result = self.granted(client.acquire_token_for_client(resource=CATALOG))
                    claims = self.verified(result["access_token"], client_id("catalog-api"))
                    self.assertEqual(claims["oid"], expected["object_id"])
                    again = client.acquire_token_for_client(resource=CATALOG)
                    self.assertEqual(again["token_source"], "cache")

    def test_nobody_assigned(self):
        nobody = msal.UserAssignedManagedIdentity(client_id="11111111-2222-3333-4444-555555555555")
        for host, names in self.lab.ready["managed_identity"].items():
            with self.subTest(host), environment(names):
                client = msal.ManagedIdentityClient(nobody, http_client=requests.Session())
                self.assertIn("error", client.acquire_token_for_client(resource=CATALOG))


class UnderTheCloudsName(WithLab):
    """Nothing is switched off: the authority is login.microsoftonline.com, which a proxy leads here."""

    def setUp(self):
        self.proxy = Proxy(int(self.lab.https.rsplit(":", 1)[1]))
        self.addCleanup(self.proxy.server_close)
        self.addCleanup(self.proxy.shutdown)
        through = environment(self.proxy.environment())
        through.start()
        self.addCleanup(through.stop)

    CLOUD = "https://login.microsoftonline.com"

    def test_every_step_stays_at_the_name(self):
        options = {"authority": f"{self.CLOUD}/{self.lab.tenant}", "instance_discovery": None}
        app = self.confidential("inventory-sync", **options)
        token = self.granted(app.acquire_token_for_client([f"{CATALOG}/.default"]))["access_token"]
        self.assertEqual(claims_of(token)["iss"], f"{self.CLOUD}/{self.lab.tenant}/v2.0")
        app = self.public("handheld", **options)
        mina = person("mina")
        self.granted(app.acquire_token_by_username_password(mina["username"], mina["password"], scopes=["User.Read"]))
        # A miss in the cache makes the library ask for the other names of the authority.
        account, = app.get_accounts()
        other = app.acquire_token_silent([f"{CATALOG}/Catalog.Read"], account)
        result = self.confidential("catalog-api", **options).acquire_token_on_behalf_of(
            self.granted(other)["access_token"], ["https://graph.microsoft.com/User.Read"]
        )
        me = requests.get(
            f"{self.lab.https}/v1.0/me",
            headers={"authorization": f"Bearer {self.granted(result)['access_token']}"}, timeout=10,
        )
        self.assertEqual(me.json()["id"], mina["id"])
        self.assertEqual(set(self.proxy.asked), {"login.microsoftonline.com:443", self.lab.host})

    def test_a_person_signs_in_there(self):
        app = self.public("desktop", authority=f"{self.CLOUD}/organizations", instance_discovery=None)
        flow, answer = self.code_flow(app, ["User.Read"], "http://localhost:53995")
        result = self.granted(app.acquire_token_by_auth_code_flow(flow, answer))
        self.assertEqual(result["id_token_claims"]["iss"], f"{self.CLOUD}/{self.lab.tenant}/v2.0")
        account, = app.get_accounts()
        self.assertEqual(account["environment"], "login.microsoftonline.com")
        self.granted(app.acquire_token_silent(["User.Read"], account, force_refresh=True))

    def test_an_authority_that_the_cloud_does_not_know(self):
        # The library asks the cloud, which is the lab, about the lab's other name.
        app = self.confidential("inventory-sync", instance_discovery=None)
        self.granted(app.acquire_token_for_client([f"{CATALOG}/.default"]))
        with self.assertRaisesRegex(ValueError, "invalid_instance"):
            self.confidential(
                "inventory-sync", authority=f"https://evil.example/{self.lab.tenant}", instance_discovery=None
            ).acquire_token_for_client([f"{CATALOG}/.default"])


if __name__ == "__main__":
    unittest.main()
