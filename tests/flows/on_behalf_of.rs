//! On behalf of: an API exchanges its caller's token for one to the next API (reference §4.11).

use authwright::{
    flow::{
        FlowKind,
        StepId::{Given, Token},
    },
    secret::Secret,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    case::{Case, Ended, Refused, client, grant, json, refuses, request},
    desk::Desk,
};

const GRAPH: &str = "https://graph.microsoft.com/User.Read";
const CATALOG: &str = "openid api://northwind-catalog/Catalog.Read";

/// The catalog API, called by the desktop application that mina uses.
fn called() -> Case {
    by(Desk::new("mina"))
}

/// The same at another desk.
fn by(desk: Desk) -> Case {
    let ended = Case::at(desk, FlowKind::AuthorizationCode, "desktop", CATALOG).run();
    let token = ended.tokens().access_token.clone();
    with(ended, token)
}

/// The catalog API with this token in hand.
fn with(ended: Ended, token: Option<Secret>) -> Case {
    let mut case = Case::at(ended.desk, FlowKind::OnBehalfOf, "catalog-api", GRAPH);
    case.profile.given = token;
    case
}

fn unsupported() -> Refused {
    request(90023)
}

#[test]
fn an_api_calls_the_next_one_in_the_persons_name() {
    let ended = called().run();
    assert_eq!(ended.found(Given), ["assertion.kind", "assertion.audience", "assertion.expiry"]);
    assert_eq!(
        ended.claim("appid"),
        ended.desk.client_id("catalog-api"),
        "the middle tier is the client now"
    );
    assert_eq!(ended.claim("oid"), ended.desk.id_of("mina"), "and the person is the same");
    assert!(ended.tokens().refresh_token.is_none() && ended.tokens().id_token.is_none());
    let mut case = called();
    case.scope("openid offline_access https://graph.microsoft.com/.default");
    let ended = case.run();
    assert!(ended.tokens().refresh_token.is_some() && ended.tokens().id_token.is_some());
}

#[test]
fn a_front_end_that_is_known_brings_the_consent_along() {
    let ended =
        Case::new(FlowKind::AuthorizationCode, "storefront", "openid api://northwind-catalog/.default").run();
    let token = ended.tokens().access_token.clone();
    let mut case = with(ended, token);
    case.scope("https://graph.microsoft.com/Mail.Read");
    assert!(case.run().claim("scp").contains("Mail.Read"));
}

#[test]
fn the_assertion_is_refused_for_what_it_is() {
    refuses(
        called,
        &[
            (
                "for another API",
                |case| {
                    let desk = std::mem::replace(&mut case.desk, Desk::new("mina"));
                    let scope = "openid User.Read";
                    let ended = Case::at(desk, FlowKind::AuthorizationCode, "desktop", scope).run();
                    case.profile.given.clone_from(&ended.tokens().access_token);
                    case.desk = ended.desk;
                },
                // A token for Graph has a nonce in its header: nobody else can check its signature.
                grant(50013),
            ),
            (
                "for another API with plain tokens",
                |case| {
                    let desk = std::mem::replace(&mut case.desk, Desk::new("mina"));
                    let scope = "openid api://northwind-payments/Payments.Read";
                    let ended = Case::at(desk, FlowKind::AuthorizationCode, "admin-portal", scope).run();
                    case.profile.given.clone_from(&ended.tokens().access_token);
                    case.desk = ended.desk;
                },
                grant(500_131),
            ),
            (
                "an ID token",
                |case| {
                    let desk = std::mem::replace(&mut case.desk, Desk::new("mina"));
                    let ended = Case::at(desk, FlowKind::AuthorizationCode, "desktop", CATALOG).run();
                    case.profile.given.clone_from(&ended.tokens().id_token);
                    case.desk = ended.desk;
                },
                grant(240_002),
            ),
            (
                "an application's own",
                |case| {
                    let desk = std::mem::replace(&mut case.desk, Desk::new("mina"));
                    let scope = "api://northwind-catalog/.default";
                    let ended = Case::at(desk, FlowKind::ClientCredentials, "inventory-sync", scope).run();
                    case.profile.given.clone_from(&ended.tokens().access_token);
                    case.desk = ended.desk;
                },
                json(Token, 400, "unauthorized_client", 7_000_114),
            ),
            ("two hours old", |case| case.desk.pass(7200), grant(500_133)),
            (
                "changed on the way",
                |case| {
                    let token = case.profile.given.take().expect("it has one");
                    let parts: Vec<_> = token.expose().split('.').collect();
                    let payload = URL_SAFE_NO_PAD.decode(parts[1]).expect("base64url");
                    let payload = String::from_utf8(payload).expect("text").replace("mina", "adele");
                    let bent = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(payload), parts[2]);
                    case.profile.given = Some(Secret::new(bent));
                },
                grant(50013),
            ),
            ("no JWT", |case| case.profile.given = Some(Secret::new("nonsense")), request(50027)),
            ("left out", |case| case.without(Token, "assertion"), request(900_144)),
            ("in another tenant", |case| case.elsewhere(Token, "fabrikam.example"), grant(7_000_012)),
        ],
    );
}

#[test]
fn the_exchange_is_refused_for_how_it_is_asked() {
    refuses(
        called,
        &[
            ("no secret", |case| case.without(Token, "client_secret"), client(7_000_219)),
            ("a wrong secret", |case| case.set(Token, "client_secret", "wrong"), client(7_000_215)),
            ("no use", |case| case.without(Token, "requested_token_use"), request(900_144)),
            ("a made-up use", |case| case.set(Token, "requested_token_use", "for_fun"), unsupported()),
            (
                "SAML",
                |case| case.set(Token, "requested_token_type", "urn:ietf:params:oauth:token-type:saml2"),
                unsupported(),
            ),
            ("no scope", |case| case.without(Token, "scope"), request(900_144)),
            (
                "two APIs",
                |case| {
                    case.scope(
                        "https://graph.microsoft.com/User.Read https://vault.azure.net/user_impersonation",
                    );
                },
                request(28000),
            ),
            (
                "an unknown API",
                |case| case.scope("api://nobody/Read"),
                json(Token, 400, "invalid_resource", 500_011),
            ),
            (
                "an unknown permission",
                |case| case.scope("https://graph.microsoft.com/User.Eat"),
                json(Token, 400, "invalid_scope", 70011),
            ),
            ("from a browser", |case| case.set(Token, "origin", "http://localhost:1"), request(9_002_326)),
            (
                "not agreed to",
                |case| case.scope("https://graph.microsoft.com/Mail.Read"),
                grant(65001).class("consent_required"),
            ),
            (
                "the person's account is switched off",
                |case| {
                    let mina = case.desk.id_of("mina");
                    assert!(case.desk.provider.enable_account(&mina, false));
                },
                grant(50057),
            ),
            (
                "the next API wants a second factor",
                |case| case.scope("https://vault.azure.net/user_impersonation"),
                grant(50076).class("basic_action").with_claims(),
            ),
            (
                "somebody whom a policy keeps out of the next API",
                |case| {
                    let mut desk = Desk::new("farah");
                    std::mem::swap(&mut desk, &mut case.desk);
                    let mut desk = std::mem::replace(&mut case.desk, Desk::new("mina"));
                    desk.seat("farah");
                    *case = by(desk);
                    case.scope("https://vault.azure.net/user_impersonation");
                },
                grant(53003).class("message_only").with_claims(),
            ),
        ],
    );
}

#[test]
fn the_challenge_goes_back_to_the_front_end_and_is_met_there() {
    let mut case = called();
    case.scope("https://vault.azure.net/user_impersonation");
    let ended = case.run();
    assert!(ended.found(Token).contains(&"on_behalf_of.interaction"), "{:?}", ended.found(Token));
    let claims = ended.refusal().claims.clone().expect("a challenge came");
    let mut front = Case::at(ended.desk, FlowKind::AuthorizationCode, "desktop", CATALOG);
    front.profile.authorize_with = vec![("claims".to_owned(), claims)];
    let ended = front.run();
    let token = ended.tokens().access_token.clone();
    let mut case = with(ended, token);
    case.scope("https://vault.azure.net/user_impersonation");
    let ended = case.run();
    assert_eq!(ended.claim("amr"), r#"["pwd","mfa"]"#);
}
