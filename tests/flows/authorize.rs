//! Authorization code: what the authorization endpoint refuses, on a page or back to the application (reference §1.2, §3.5,
//! §3.7, §7, §9).

use authwright::{
    flow::{
        FlowKind, Outcome, Pkce,
        StepId::{Authorize, Discover, Return, Token},
    },
    provider::scenario::Control,
    secret::Secret,
};

use crate::{
    case::{Case, back, json, page, refuses},
    desk::{BASE, Desk, Manner},
};

const SCOPE: &str = "openid profile offline_access api://northwind-catalog/Catalog.Read";

fn desktop() -> Case {
    Case::new(FlowKind::AuthorizationCode, "desktop", SCOPE)
}

fn storefront() -> Case {
    Case::new(FlowKind::AuthorizationCode, "storefront", SCOPE)
}

#[test]
fn before_the_way_back_is_known_a_refusal_is_a_page() {
    refuses(
        desktop,
        &[
            (
                "metadata of nobody",
                |case| case.segment("nowhere.example"),
                json(Discover, 400, "invalid_tenant", 90002),
            ),
            (
                "metadata of a word",
                |case| case.segment("authorize"),
                json(Discover, 400, "invalid_request", 900_023),
            ),
            ("no such tenant", |case| case.elsewhere(Authorize, "nowhere.example"), page(Authorize, 90002)),
            (
                "the empty tenant id",
                |case| case.elsewhere(Authorize, "00000000-0000-0000-0000-000000000000"),
                page(Authorize, 90002),
            ),
            ("no tenant at all", |case| case.elsewhere(Authorize, "authorize"), page(Authorize, 900_023)),
            ("no client", |case| case.without(Authorize, "client_id"), page(Authorize, 900_144)),
            (
                "a stranger",
                |case| case.set(Authorize, "client_id", "00000000-1111-4222-8333-444444444444"),
                page(Authorize, 700_016),
            ),
            (
                "another tenant's own application",
                |case| {
                    case.application("staff-directory");
                    case.elsewhere(Authorize, "fabrikam.example");
                },
                page(Authorize, 700_016),
            ),
            ("no GUID", |case| case.set(Authorize, "client_id", "desktop"), page(Authorize, 700_038)),
            (
                "switched off",
                |case| {
                    let id = case.desk.client_id("price-tags");
                    case.set(Authorize, "client_id", &id);
                },
                page(Authorize, 7_000_112),
            ),
            (
                "no redirect URI anywhere",
                |case| {
                    let id = case.desk.client_id("kiosk");
                    case.set(Authorize, "client_id", &id);
                },
                page(Authorize, 500_113),
            ),
            (
                "not registered",
                |case| case.set(Authorize, "redirect_uri", "https://other.example/cb"),
                page(Authorize, 50011),
            ),
            (
                "another path",
                |case| case.set(Authorize, "redirect_uri", "http://localhost:5001/cb"),
                page(Authorize, 50011),
            ),
            ("an empty one", |case| case.set(Authorize, "redirect_uri", ""), page(Authorize, 900_971)),
            (
                "half an address",
                |case| case.set(Authorize, "redirect_uri", "localhost/cb"),
                page(Authorize, 90102),
            ),
            (
                "one tenant's application on common",
                |case| {
                    case.application("staff-directory");
                    case.segment("common");
                },
                page(Authorize, 50194),
            ),
            (
                "one tenant's application on organizations, for somebody of another",
                |case| {
                    case.application("staff-directory");
                    case.scope("openid User.Read");
                    case.segment("organizations");
                    case.person("ines");
                },
                page(Authorize, 50020),
            ),
            ("for work accounts, on consumers", |case| case.segment("consumers"), page(Authorize, 9_002_332)),
            (
                "for personal accounts, in a tenant",
                |case| {
                    case.application("wish-list");
                    case.scope("openid User.Read");
                },
                page(Authorize, 9_002_331),
            ),
        ],
    );
}

#[test]
fn the_port_of_a_loopback_address_does_not_matter_and_its_path_does() {
    let mut case = Case::new(FlowKind::AuthorizationCode, "admin-portal", SCOPE);
    case.profile.redirect_uri = Some("http://localhost:9999/signin-oidc".parse().expect("an address"));
    assert!(case.run().tokens().access_token.is_some());
    for uri in [
        "http://localhost:7082/signin-oidc/",
        "http://localhost:7082/Signin-oidc",
        "http://127.0.0.1:7082/signin-oidc",
    ] {
        let mut case = Case::new(FlowKind::AuthorizationCode, "admin-portal", SCOPE);
        case.profile.redirect_uri = Some(uri.parse().expect("an address"));
        page(Authorize, 50011).check(uri, &case.run());
    }
}

#[test]
fn what_the_sign_in_page_says_no_to_stays_there() {
    refuses(
        desktop,
        &[
            (
                "nobody of that name",
                |case| case.desk.person.username = "nobody@northwind.example".to_owned(),
                page(Authorize, 50034),
            ),
            (
                "a wrong password",
                |case| case.desk.person.password = Secret::new("wrong"),
                page(Authorize, 50126),
            ),
            ("locked", |case| case.person("luis"), page(Authorize, 50053)),
            ("switched off", |case| case.person("bruno"), page(Authorize, 50057)),
            ("password too old", |case| case.person("petra"), page(Authorize, 50055)),
            ("an hour on one page", |case| case.desk.manner = Manner::Dawdles, page(Authorize, 50089)),
            (
                "a wrong one-time code",
                |case| {
                    case.person("theo");
                    case.desk.person.one_time_code = Some(Secret::new("000000"));
                },
                page(Authorize, 500_121),
            ),
            (
                "deleted meanwhile",
                |case| {
                    case.before(Authorize, |desk| {
                        let mina = desk.id_of("mina");
                        assert!(desk.provider.delete_account(&mina));
                    });
                },
                page(Authorize, 50034),
            ),
        ],
    );
}

#[test]
fn who_has_no_business_here_is_told_on_a_page() {
    refuses(
        desktop,
        &[
            (
                "neither member nor guest",
                |case| {
                    case.person("ines");
                },
                page(Authorize, 50020),
            ),
            (
                "a member elsewhere",
                |case| {
                    case.segment("fabrikam.example");
                    case.scope("openid User.Read");
                },
                page(Authorize, 50020),
            ),
            (
                "a personal account for a work application",
                |case| {
                    case.person("pia");
                    case.segment("common");
                    case.scope("openid User.Read");
                },
                page(Authorize, 500_208),
            ),
            (
                "a permission that only administrators grant",
                |case| {
                    case.application("staff-directory");
                    case.scope("openid User.Read.All");
                },
                page(Authorize, 90094),
            ),
        ],
    );
}

#[test]
fn an_administrator_may_consent_where_others_may_not() {
    let mut case = Case::new(FlowKind::AuthorizationCode, "staff-directory", "openid User.Read.All");
    case.person("adele");
    assert!(case.run().claim("scp").contains("User.Read.All"));
}

/// The desktop application, guarded by a policy.
fn guarded(control: Control) -> Case {
    Case::at(Desk::guarding("desktop", control), FlowKind::AuthorizationCode, "desktop", SCOPE)
}

#[test]
fn a_policy_stops_a_sign_in_or_asks_for_a_second_factor() {
    page(Authorize, 53003).check("blocked", &guarded(Control::Block).run());
    page(Authorize, 53000).check("no managed device", &guarded(Control::CompliantDevice).run());
    assert!(guarded(Control::Mfa).run().tokens().access_token.is_some(), "mina has a second factor");
    let mut case = guarded(Control::Mfa);
    case.person("adele");
    let ended = case.run();
    assert!(ended.refusal().error_codes.is_empty(), "a page waits: {:?}", ended.outcome);
    assert_eq!(ended.desk.notes.last().map(|note| note.code), Some(50072), "on which one is registered");
}

#[test]
fn once_the_way_back_is_known_a_refusal_goes_back() {
    refuses(
        desktop,
        &[
            ("twice", |case| case.double(Authorize, "scope"), back("invalid_request", 9_000_411)),
            (
                "no response type",
                |case| case.without(Authorize, "response_type"),
                back("invalid_request", 900_144),
            ),
            (
                "a made-up response type",
                |case| case.set(Authorize, "response_type", "magic"),
                back("unsupported_response_type", 70005),
            ),
            (
                "an ID token, not enabled",
                |case| case.set(Authorize, "response_type", "id_token"),
                back("unsupported_response_type", 700_054),
            ),
            (
                "a token, not enabled",
                |case| case.set(Authorize, "response_type", "token"),
                back("unsupported_response_type", 700_051),
            ),
            (
                "a made-up response mode",
                |case| case.set(Authorize, "response_mode", "pigeon"),
                back("invalid_request", 70007),
            ),
            ("no scope", |case| case.without(Authorize, "scope"), back("invalid_request", 900_144)),
            (
                "a made-up prompt",
                |case| case.set(Authorize, "prompt", "never"),
                back("invalid_request", 90023),
            ),
            (
                "an age in words",
                |case| case.set(Authorize, "max_age", "an hour"),
                back("invalid_request", 90023),
            ),
            (
                "claims that are no JSON",
                |case| case.set(Authorize, "claims", "acrs=c1"),
                back("invalid_request", 90100),
            ),
            (
                "a made-up challenge method",
                |case| case.set(Authorize, "code_challenge_method", "S512"),
                back("invalid_request", 50149),
            ),
            (
                "a method and no challenge",
                |case| case.without(Authorize, "code_challenge"),
                back("invalid_request", 50147),
            ),
            (
                "a short challenge",
                |case| case.set(Authorize, "code_challenge", &"a".repeat(42)),
                back("invalid_request", 501_491),
            ),
            (
                "a long challenge",
                |case| case.set(Authorize, "code_challenge", &"a".repeat(129)),
                back("invalid_request", 501_491),
            ),
            (
                "an unknown API",
                |case| case.scope("openid api://nobody/Read"),
                back("invalid_resource", 500_011),
            ),
            (
                "an unknown permission",
                |case| case.scope("openid api://northwind-catalog/Catalog.Eat"),
                back("invalid_client", 650_053),
            ),
            (
                ".default beside a name",
                |case| case.scope("api://northwind-catalog/.default api://northwind-catalog/Catalog.Read"),
                back("invalid_scope", 70011),
            ),
            (
                "two .default",
                |case| case.scope("api://northwind-catalog/.default https://graph.microsoft.com/.default"),
                back("invalid_scope", 700_022),
            ),
            (
                "a character that no scope has",
                |case| case.scope("openid User\"Read"),
                back("invalid_scope", 70011),
            ),
            (
                "an API that the registration does not list",
                |case| case.scope("openid https://vault.azure.net/user_impersonation"),
                back("invalid_client", 650_057),
            ),
            (
                "a resource beside the scopes of another",
                |case| case.set(Authorize, "resource", "https://graph.microsoft.com"),
                back("invalid_target", 9_010_010),
            ),
            (
                "not assigned",
                |case| {
                    case.application("store-reports");
                    case.scope("openid User.Read");
                },
                back("interaction_required", 50105),
            ),
            (
                "declined",
                |case| case.desk.manner = Manner::Declines,
                back("access_denied", 65004).class("cancel"),
            ),
            (
                "cancelled",
                |case| case.desk.manner = Manner::Cancels,
                back("access_denied", 65004).class("cancel"),
            ),
            (
                "an API that the person's tenant does not have",
                |case| {
                    case.segment("common");
                    case.person("farah");
                },
                back("invalid_client", 650_052),
            ),
        ],
    );
    refuses(
        storefront,
        &[(
            "a single-page application without PKCE",
            |case| case.profile.pkce = Pkce::None,
            back("invalid_request", 9_002_325),
        )],
    );
}

#[test]
fn a_refusal_comes_back_the_way_that_success_would_have() {
    for mode in ["query", "fragment", "form_post"] {
        let mut case = desktop();
        case.profile.response_mode = Some(mode.to_owned());
        case.set(Authorize, "prompt", "never");
        let ended = case.run();
        back("invalid_request", 90023).check(mode, &ended);
        assert!(!ended.found(Return).contains(&"answer.other_way"), "{mode}: {:?}", ended.found(Return));
    }
}

#[test]
fn a_request_that_goes_to_no_authority_is_a_failure() {
    let mut case = desktop();
    case.set(Token, "url", BASE);
    let ended = case.run();
    assert!(matches!(ended.outcome, Outcome::Failed(_)), "{:?}", ended.outcome);
}
