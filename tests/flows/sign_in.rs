//! Authorization code, up to the answer that comes back: who signs in, where, how the answer travels, and what the
//! authorization endpoint refuses on a page or sends back (reference §1.2, §3, §7, §9).

use authwright::{
    flow::{
        FlowKind, Outcome, Pkce,
        StepId::{Authorize, Discover, Return, Token},
        StepState,
    },
    oauth::Surface,
    provider::scenario::Control,
    secret::Secret,
};

use crate::{
    case::{Case, Ended, back, json, page, refuses},
    desk::{BASE, Desk, HOME},
};

/// What most sign-ins ask for.
const SCOPE: &str = "openid profile offline_access api://northwind-catalog/Catalog.Read";

fn desktop() -> Case {
    Case::new(FlowKind::AuthorizationCode, "desktop", SCOPE)
}

fn storefront() -> Case {
    Case::new(FlowKind::AuthorizationCode, "storefront", SCOPE)
}

fn all_done(ended: &Ended) -> bool {
    ended.flow.steps().iter().all(|step| step.state == StepState::Done)
}

#[test]
fn people_sign_in_to_every_kind_of_application() {
    for key in ["desktop", "storefront", "admin-portal"] {
        for pkce in [Pkce::S256, Pkce::Plain, Pkce::None] {
            if key == "storefront" && pkce == Pkce::None {
                continue;
            }
            let mut case = desktop();
            case.application(key);
            case.profile.pkce = pkce;
            let ended = case.run();
            let tokens = ended.tokens();
            assert!(tokens.id_token.is_some() && tokens.refresh_token.is_some(), "{key}");
            assert!(all_done(&ended), "{key} {pkce:?}: {:#?}", ended.flow.steps());
            assert_eq!(ended.claim("azp"), ended.desk.client_id(key));
        }
    }
}

#[test]
fn an_application_may_be_the_audience_of_its_own_token() {
    let mut case = desktop();
    let scope = format!("{}/.default", case.profile.client_id);
    case.profile.scope = format!("openid {scope}");
    let ended = case.run();
    assert_eq!(ended.claim("aud"), ended.desk.client_id("desktop"));
    assert_eq!(ended.tokens().scope.as_deref(), Some(&*scope), "and it allows nothing");
}

#[test]
fn the_answer_comes_back_in_every_mode() {
    for key in ["desktop", "storefront", "admin-portal"] {
        for mode in ["query", "fragment", "form_post"] {
            let mut case = desktop();
            case.application(key);
            case.profile.response_mode = Some(mode.to_owned());
            let ended = case.run();
            assert!(all_done(&ended), "{key} {mode}: {:?}", ended.outcome);
            assert!(!ended.found(Return).contains(&"answer.other_way"), "{key} {mode}: it came as asked");
        }
    }
}

#[test]
fn a_segment_of_the_path_says_whose_accounts_are_meant() {
    let personal = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let fabrikam = "c2a7e9d4-58b3-4f06-8d21-7e94b0c6f3a5";
    for (key, segment, person, tenant) in [
        ("desktop", "common", "mina", HOME),
        ("desktop", "organizations", "mina", HOME),
        ("desktop", "northwind.example", "mina", HOME),
        ("desktop", HOME, "mina", HOME),
        ("desktop", HOME, "farah", HOME),
        ("desktop", "common", "farah", fabrikam),
        ("desktop", "fabrikam.example", "farah", fabrikam),
        ("desktop", "organizations", "ines", fabrikam),
        ("gift-cards", "common", "pia", personal),
        ("gift-cards", "consumers", "pia", personal),
        ("gift-cards", "common", "mina", HOME),
        ("wish-list", "consumers", "pia", personal),
    ] {
        let mut case = Case::new(FlowKind::AuthorizationCode, key, "openid User.Read");
        case.person(person);
        case.segment(segment);
        let ended = case.run();
        assert!(ended.tokens().access_token.is_some(), "{key} {segment} {person}");
        assert_eq!(ended.id_claim("tid"), tenant, "{key} {segment} {person}");
        assert!(all_done(&ended), "{key} {segment} {person}: {:#?}", ended.flow.steps());
    }
}

#[test]
fn a_guest_has_an_object_id_of_the_tenants_own() {
    let mut case = desktop();
    case.person("farah");
    let ended = case.run();
    assert_ne!(ended.id_claim("oid"), ended.desk.id_of("farah"));
    assert_eq!(ended.id_claim("oid"), "2e95b8c4-6d13-4f7a-a0c2-d8164b7f3e90");
}

#[test]
fn a_second_factor_shows_in_the_token() {
    let mut case = desktop();
    case.person("theo");
    let ended = case.run();
    assert!(ended.claim("azp").len() == 36 && ended.desk.notes.is_empty());
    let mut case = desktop();
    case.scope("openid User.Read");
    case.person("theo");
    assert_eq!(
        case.run().claim("amr"),
        r#"["pwd","mfa"]"#,
        "the token for Graph is of version 1, which says how"
    );
}

#[test]
fn whom_an_application_has_in_mind_finds_the_page_filled_in() {
    for (name, value) in [
        ("login_hint", "mina@northwind.example"),
        ("domain_hint", "northwind.example"),
        ("domain_hint", "organizations"),
        ("prompt", "login"),
        ("prompt", "consent"),
        ("prompt", "select_account"),
        ("prompt", "create"),
        ("claims", r#"{"id_token":{"auth_time":{"essential":true}}}"#),
        ("max_age", "60"),
    ] {
        let mut case = desktop();
        case.profile.authorize_with = vec![(name.to_owned(), value.to_owned())];
        let ended = case.run();
        assert_eq!(ended.id_claim("preferred_username"), "mina@northwind.example", "{name} {value}");
        let says_when = matches!(name, "claims" | "max_age");
        assert_eq!(ended.id_claim("auth_time").is_empty(), !says_when, "{name} {value}");
    }
}

#[test]
fn two_resources_may_be_agreed_to_at_once_and_a_token_is_for_the_first() {
    let mut case = desktop();
    case.scope("openid api://northwind-catalog/Catalog.Read https://graph.microsoft.com/User.Read");
    case.without(Token, "scope");
    let ended = case.run();
    assert_eq!(ended.claim("aud"), ended.desk.client_id("catalog-api"));
    assert_eq!(ended.claim("scp"), "Catalog.Read");
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
                "one tenant's application on organizations",
                |case| {
                    case.application("staff-directory");
                    case.segment("organizations");
                },
                page(Authorize, 50194),
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
            (
                "an hour on one page",
                |case| case.desk.manner = crate::desk::Manner::Dawdles,
                page(Authorize, 50089),
            ),
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
    page(Authorize, 50079).check("nothing to give", &case.run());
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
                back("invalid_request", 9_002_313),
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
                back("invalid_scope", 70011),
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
                |case| case.desk.manner = crate::desk::Manner::Declines,
                back("access_denied", 65004).class("cancel"),
            ),
            (
                "cancelled",
                |case| case.desk.manner = crate::desk::Manner::Cancels,
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

#[test]
fn every_refusal_says_where_it_stood() {
    let mut case = desktop();
    case.set(Authorize, "prompt", "never");
    assert_eq!(case.run().refusal().surface, Surface::Redirect);
}
