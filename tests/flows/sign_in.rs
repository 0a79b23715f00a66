//! Authorization code where all goes well: who signs in, where, and how the answer travels (reference §1.2, §3). What is
//! refused is in `authorize`.

use authwright::flow::{
    FlowKind, Pkce,
    StepId::{Return, Token},
    StepState,
};

use crate::{
    case::{Case, Ended},
    desk::HOME,
};

/// What most sign-ins ask for.
const SCOPE: &str = "openid profile offline_access api://northwind-catalog/Catalog.Read";

fn desktop() -> Case {
    Case::new(FlowKind::AuthorizationCode, "desktop", SCOPE)
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
        ("staff-directory", "organizations", "mina", HOME),
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
    assert_eq!(ended.claim("azp").len(), 36);
    assert!(ended.desk.notes.iter().all(|note| note.code == 50074), "the page that asked is counted");
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
