//! Authorization code, when the code is redeemed (reference §4.1 to §4.3, §4.7): who must prove what, and what happens to
//! codes that are old, used, garbled, or somebody else's.

use authwright::flow::{
    Credential, FlowKind, Pkce, SecretMethod,
    StepId::{Authorize, Token},
};
use authwright::secret::Secret;

use crate::case::{Case, Refused, client, grant, json, refuses, request};

const SCOPE: &str = "openid profile offline_access api://northwind-catalog/Catalog.Read";

fn of(key: &str) -> Case {
    Case::new(FlowKind::AuthorizationCode, key, SCOPE)
}

fn desktop() -> Case {
    of("desktop")
}

fn storefront() -> Case {
    of("storefront")
}

fn portal() -> Case {
    of("admin-portal")
}

fn bad_scope(number: u32) -> Refused {
    json(Token, 400, "invalid_scope", number)
}

#[test]
fn a_secret_goes_in_the_form_or_in_a_header() {
    for method in [None, Some(SecretMethod::Post), Some(SecretMethod::Basic)] {
        let mut case = portal();
        case.profile.secret_method = method;
        assert_eq!(case.run().claim("azpacr"), "1", "{method:?}");
    }
    assert_eq!(desktop().run().claim("azpacr"), "0", "a public client proves nothing");
}

#[test]
fn a_request_is_judged_before_its_code_is() {
    refuses(
        desktop,
        &[
            ("no grant type", |case| case.without(Token, "grant_type"), request(900_144)),
            (
                "a made-up grant type",
                |case| case.set(Token, "grant_type", "magic"),
                json(Token, 400, "unsupported_grant_type", 70003),
            ),
            ("no client", |case| case.without(Token, "client_id"), request(900_144)),
            ("twice", |case| case.double(Token, "code"), request(9_000_411)),
            (
                "a stranger",
                |case| case.set(Token, "client_id", "00000000-1111-4222-8333-444444444444"),
                json(Token, 400, "unauthorized_client", 700_016),
            ),
            (
                "no GUID",
                |case| case.set(Token, "client_id", "desktop"),
                json(Token, 400, "unauthorized_client", 700_038),
            ),
            (
                "no such tenant",
                |case| case.elsewhere(Token, "nowhere.example"),
                json(Token, 400, "invalid_tenant", 90002),
            ),
            ("no tenant at all", |case| case.elsewhere(Token, "authorize"), request(900_023)),
            (
                "for work accounts, on consumers",
                |case| case.elsewhere(Token, "consumers"),
                request(9_002_332),
            ),
            (
                "a resource beside the scopes of another",
                |case| case.set(Token, "resource", "https://graph.microsoft.com"),
                json(Token, 400, "invalid_target", 9_010_010),
            ),
        ],
    );
}

#[test]
fn a_code_is_redeemed_once_in_time_and_by_its_owner() {
    refuses(
        desktop,
        &[
            ("no code", |case| case.without(Token, "code"), request(900_144)),
            ("garbled", |case| case.set(Token, "code", "1.garbled"), grant(9_002_313).class("bad_token")),
            (
                "used before",
                |case| {
                    let mut first = desktop();
                    std::mem::swap(&mut first.desk, &mut case.desk);
                    let ended = first.run();
                    ended.tokens();
                    let code = ended.desk.last_sent("code");
                    case.desk = ended.desk;
                    case.set(Token, "code", &code);
                },
                grant(54005),
            ),
            ("ten minutes old", |case| case.before(Token, |desk| desk.pass(600)), grant(70008)),
            (
                "issued to another application",
                |case| {
                    let id = case.desk.client_id("storefront");
                    case.set(Token, "client_id", &id);
                },
                grant(70000),
            ),
            ("issued for another tenant", |case| case.elsewhere(Token, "fabrikam.example"), grant(700_005)),
        ],
    );
    let mut case = desktop();
    case.before(Token, |desk| desk.pass(599));
    case.run().tokens();
}

#[test]
fn a_code_may_be_redeemed_where_the_person_is_at_home() {
    for (begun, redeemed) in
        [("common", crate::desk::HOME), ("organizations", "northwind.example"), ("common", "common")]
    {
        let mut case = desktop();
        case.segment(begun);
        case.elsewhere(Token, redeemed);
        case.run().tokens();
    }
}

#[test]
fn the_redirect_uri_is_repeated_letter_for_letter() {
    refuses(
        desktop,
        &[
            ("left out", |case| case.without(Token, "redirect_uri"), request(700_009)),
            (
                "with a slash",
                |case| case.set(Token, "redirect_uri", "http://localhost:5001/other"),
                json(Token, 401, "invalid_client", 500_112),
            ),
        ],
    );
}

#[test]
fn the_verifier_must_be_the_one_whose_challenge_was_sent() {
    refuses(
        desktop,
        &[
            ("another", |case| case.set(Token, "code_verifier", &"w".repeat(43)), grant(501_481)),
            ("left out", |case| case.without(Token, "code_verifier"), grant(50148)),
            (
                "too short",
                |case| case.set(Token, "code_verifier", &"v".repeat(42)),
                grant(501_491).by("pkce.verifier_size"),
            ),
            (
                "too long",
                |case| case.set(Token, "code_verifier", &"v".repeat(129)),
                grant(501_491).by("pkce.verifier_size"),
            ),
            (
                "a character that no verifier has",
                |case| case.set(Token, "code_verifier", &"v!".repeat(30)),
                grant(501_491).by("pkce.verifier_size"),
            ),
            (
                "a challenge of hex digits",
                |case| case.set(Authorize, "code_challenge", &"0a".repeat(32)),
                grant(501_481),
            ),
            (
                "plain, where S256 was said",
                |case| case.set(Authorize, "code_challenge", &"v".repeat(43)),
                grant(501_481),
            ),
            (
                "nobody asked",
                |case| {
                    case.profile.pkce = Pkce::None;
                    case.set(Token, "code_verifier", &"v".repeat(43));
                },
                grant(501_491).by("pkce.verifier_expected"),
            ),
        ],
    );
}

#[test]
fn the_platform_of_the_redirect_uri_decides_who_proves_what() {
    refuses(
        desktop,
        &[
            (
                "a public client with a secret",
                |case| case.set(Token, "client_secret", "any"),
                client(700_025),
            ),
            (
                "a public client in a browser",
                |case| case.set(Token, "origin", "http://localhost:5001"),
                request(9_002_326),
            ),
        ],
    );
    refuses(
        storefront,
        &[
            ("outside a browser", |case| case.without(Token, "origin"), request(9_002_327)),
            ("with a secret", |case| case.set(Token, "client_secret", "any"), client(700_025)),
        ],
    );
    refuses(
        portal,
        &[
            ("no secret", |case| case.without(Token, "client_secret"), client(7_000_218)),
            ("a wrong secret", |case| case.set(Token, "client_secret", "wrong"), client(7_000_215)),
            (
                "the secret's id",
                |case| case.set(Token, "client_secret", "c7b0d5e4-9f12-4c36-8a0d-35e6f1b28c97"),
                client(7_000_215),
            ),
            ("in a browser", |case| case.set(Token, "origin", "http://localhost:7082"), request(9_002_326)),
            (
                "two clients",
                |case| {
                    case.profile.secret_method = Some(SecretMethod::Basic);
                    let id = case.desk.client_id("desktop");
                    case.set(Token, "client_id", &id);
                },
                request(7_000_110),
            ),
            (
                "a secret that has ended",
                |case| {
                    case.application("store-reports");
                    case.person("adele");
                    case.scope("openid User.Read");
                    case.profile.credential = Credential::Secret(Secret::new("lab~store-reports~expired"));
                },
                client(7_000_222),
            ),
        ],
    );
}

#[test]
fn the_scope_of_the_token_is_one_api_and_agreed_to() {
    refuses(
        desktop,
        &[
            ("empty", |case| case.set(Token, "scope", ""), bad_scope(28003)),
            (
                "two APIs",
                |case| {
                    case.set(
                        Token,
                        "scope",
                        "api://northwind-catalog/Catalog.Read https://graph.microsoft.com/User.Read",
                    );
                },
                request(28000),
            ),
            (
                "not agreed to",
                |case| case.set(Token, "scope", "https://graph.microsoft.com/Mail.Read"),
                grant(65001).class("consent_required"),
            ),
            (
                "an unknown permission",
                |case| case.set(Token, "scope", "api://northwind-catalog/Catalog.Eat"),
                bad_scope(70011),
            ),
            (
                "an unknown API",
                |case| case.set(Token, "scope", "api://nobody/Read"),
                json(Token, 400, "invalid_resource", 500_011),
            ),
            (
                ".default beside a name",
                |case| {
                    case.set(
                        Token,
                        "scope",
                        "api://northwind-catalog/.default api://northwind-catalog/Catalog.Read",
                    );
                },
                bad_scope(70011),
            ),
        ],
    );
    let mut case = desktop();
    case.set(Token, "scope", "openid api://northwind-catalog/.default");
    assert_eq!(case.run().claim("scp"), "Catalog.Read");
}

#[test]
fn what_happens_to_the_person_before_the_code_is_redeemed_counts() {
    refuses(
        desktop,
        &[
            (
                "switched off",
                |case| {
                    case.before(Token, |desk| {
                        let mina = desk.id_of("mina");
                        assert!(desk.provider.enable_account(&mina, false));
                    });
                },
                grant(50057),
            ),
            (
                "deleted",
                |case| {
                    case.before(Token, |desk| {
                        let mina = desk.id_of("mina");
                        assert!(desk.provider.delete_account(&mina));
                    });
                },
                grant(50034),
            ),
            (
                "consent withdrawn",
                |case| {
                    case.before(Token, |desk| {
                        let (desktop, mina) = (desk.client_id("desktop"), desk.id_of("mina"));
                        assert!(desk.provider.withdraw_consent(&desktop, Some(&mina)));
                    });
                },
                grant(65001).class("consent_required"),
            ),
            (
                "an API that wants people to be assigned",
                |case| {
                    case.application("admin-portal");
                    case.person("farah");
                    case.scope("openid api://northwind-payments/Payments.Read");
                },
                grant(50105),
            ),
            (
                "a policy that the request names",
                |case| {
                    case.set(Token, "claims", r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#);
                },
                grant(50076).class("basic_action").with_claims(),
            ),
        ],
    );
}
