//! How applications prove themselves without a secret: certificates (reference §4.5) and other issuers' tokens (§4.6).

use std::time::Duration;

use authwright::{
    flow::{
        ClientKey, Credential, Federated, FlowKind, IdentityHost, ManagedIdentity, SigningAlgorithm,
        StepId::{Assert, Federate, Token},
        UserAssigned,
    },
    secret::Secret,
};
use aws_lc_rs::{rand::SystemRandom, signature::RSA_PKCS1_SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json as document};

use crate::{
    case::{Case, client, refuses, request},
    desk::{BASE, CERTIFIED, Desk, HOME, KEYS, STRANGE, private_key},
};

const CATALOG: &str = "api://northwind-catalog/.default";

/// The price feed with its certificate, an hour after that was made.
fn certified() -> Case {
    let mut desk = Desk::new("mina");
    desk.now = CERTIFIED.certificate.not_before + Duration::from_secs(3600);
    desk.provider
        .register_certificate("price-feed", &CERTIFIED.certificate_der)
        .expect("the scenario has it");
    let mut case = Case::at(desk, FlowKind::ClientCredentials, "price-feed", CATALOG);
    case.profile.credential = Credential::PrivateKey(CERTIFIED.client_key());
    case
}

fn signs_with(case: &mut Case, algorithm: SigningAlgorithm, names: &[(&str, String)]) {
    let names = names.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    case.profile.credential =
        Credential::PrivateKey(ClientKey { algorithm, names, ..CERTIFIED.client_key() });
}

#[test]
fn a_certificate_proves_an_application() {
    let (sha1, sha256) = (CERTIFIED.certificate.x5t(), CERTIFIED.certificate.x5t_s256());
    for (algorithm, names) in [
        (SigningAlgorithm::Ps256, vec![("x5t#S256", sha256.clone())]),
        (SigningAlgorithm::Rs256, vec![("x5t#S256", sha256.clone())]),
        (SigningAlgorithm::Rs256, vec![("x5t", sha1.clone())]),
        (SigningAlgorithm::Ps256, vec![("x5t", sha1), ("x5t#S256", sha256)]),
    ] {
        let mut case = certified();
        signs_with(&mut case, algorithm, &names);
        let ended = case.run();
        assert_eq!(
            (ended.claim("azpacr"), ended.claim("roles")),
            ("2".into(), r#"["Catalog.Read.All"]"#.into())
        );
    }
}

#[test]
fn a_certificate_proves_an_application_in_other_flows_too() {
    let mut desk = certified().desk;
    desk.provider.register_certificate("admin-portal", &CERTIFIED.certificate_der).expect("it is there");
    let mut case = Case::at(desk, FlowKind::AuthorizationCode, "admin-portal", "openid User.Read");
    case.profile.credential = Credential::PrivateKey(CERTIFIED.client_key());
    assert_eq!(case.run().claim("appidacr"), "2");
}

#[test]
fn an_assertion_is_refused_for_each_thing_that_is_wrong_with_it() {
    refuses(
        certified,
        &[
            ("ended", |case| case.set(Assert, "exp", "1772615727"), client(700_024)),
            ("begins tomorrow", |case| case.set(Assert, "nbf", "4102444800"), client(700_024)),
            ("somebody else's name", |case| case.set(Assert, "iss", "somebody"), client(50048)),
            (
                "another client's",
                |case| {
                    let other = case.desk.client_id("inventory-sync");
                    case.set(Assert, "iss", &other);
                    case.set(Assert, "sub", &other);
                },
                client(700_021),
            ),
            ("for somebody else", |case| case.set(Assert, "aud", "https://else.example"), client(700_023)),
            (
                "for another tenant",
                |case| case.set(Assert, "aud", &format!("{BASE}fabrikam.example/oauth2/v2.0/token")),
                client(700_023),
            ),
            ("no audience", |case| case.without(Assert, "aud"), client(50027)),
            ("no end", |case| case.without(Assert, "exp"), client(50027)),
            ("no issuer", |case| case.without(Assert, "iss"), client(50027)),
            ("no subject", |case| case.without(Assert, "sub"), client(50027)),
            (
                "no thumbprint",
                |case| {
                    case.without(Assert, "x5t");
                    case.without(Assert, "x5t#S256");
                },
                client(50027),
            ),
            (
                "a thumbprint that nobody knows",
                |case| case.set(Assert, "x5t#S256", &STRANGE.certificate.x5t_s256()),
                client(700_027).by("assertion.certificate_registered"),
            ),
            (
                "a thumbprint in hex digits",
                |case| case.set(Assert, "x5t#S256", &"0A".repeat(32)),
                client(700_027).by("assertion.certificate_registered"),
            ),
            (
                "an algorithm of elliptic curves",
                |case| case.set(Assert, "alg", "ES256"),
                client(700_027).by("assertion.algorithm"),
            ),
            (
                "PS256 with the SHA-1 thumbprint",
                |case| {
                    let sha1 = CERTIFIED.certificate.x5t();
                    signs_with(case, SigningAlgorithm::Ps256, &[("x5t", sha1)]);
                },
                client(5_002_730),
            ),
            (
                "another key than the certificate's",
                |case| {
                    let pem = STRANGE.client_key().pem;
                    let key = ClientKey { pem, ..CERTIFIED.client_key() };
                    case.profile.credential = Credential::PrivateKey(key);
                },
                client(700_027).by("assertion.signature"),
            ),
            (
                "a certificate of another application",
                |case| {
                    case.profile.credential = Credential::PrivateKey(STRANGE.client_key());
                },
                client(700_027).by("assertion.certificate_registered"),
            ),
            ("a certificate that has ended", |case| case.desk.pass(31 * 86_400), client(1_000_502)),
            (
                "the lab's clock ahead of ours",
                |case| case.desk.ahead = Duration::from_secs(3600),
                client(700_024),
            ),
            ("no type", |case| case.without(Token, "client_assertion_type"), request(900_144)),
            ("a made-up type", |case| case.set(Token, "client_assertion_type", "jwt"), request(900_144)),
            ("no JWT", |case| case.set(Token, "client_assertion", "x"), client(50027)),
            (
                "neither assertion nor secret",
                |case| case.without(Token, "client_assertion"),
                client(7_000_216),
            ),
        ],
    );
}

/// The pipeline, with a token of the second issuer.
fn pipeline() -> Case {
    let mut case = Case::new(FlowKind::ClientCredentials, "pipeline", CATALOG);
    case.desk.open_pipeline();
    asks_issuer(&mut case, "audience=api://AzureADTokenExchange");
    case
}

fn asks_issuer(case: &mut Case, query: &str) {
    let url = format!("{BASE}pipeline/token?{query}").parse().expect("an address");
    case.profile.credential = Credential::Federated(Federated::Fetched(url));
}

/// A token like the second issuer's, with these changes, signed with its key under the name that it is published by.
fn issued(case: &mut Case, changes: &Value) {
    shows(case, changes, &thumbprint(), signed_by_issuer);
}

/// The `kid` of the second issuer.
fn thumbprint() -> String {
    use sha1::Digest as _;
    URL_SAFE_NO_PAD.encode(sha1::Sha1::digest(b"pipeline"))
}

fn signed_by_issuer(message: &[u8]) -> Vec<u8> {
    let key = private_key(&CERTIFIED);
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect("it signs");
    signature
}

fn shows(case: &mut Case, changes: &Value, kid: &str, sign: impl Fn(&[u8]) -> Vec<u8>) {
    let now = case.desk.now.seconds();
    let mut claims = document!({
        "iss": format!("{BASE}pipeline"),
        "sub": "repo:northwind/inventory:ref:refs/heads/main",
        "aud": "api://AzureADTokenExchange",
        "nbf": now - 5,
        "exp": now + 300,
    });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&document!({ "alg": "RS256", "kid": kid })), part(&claims));
    let signature = sign(signed.as_bytes());
    let token = Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)));
    case.profile.credential = Credential::Federated(Federated::Given(token));
}

#[test]
fn a_pipeline_vouches_for_an_application_that_holds_no_secret() {
    let ended = pipeline().run();
    assert_eq!(ended.found(Federate), [] as [&str; 0]);
    assert_eq!(ended.claim("roles"), r#"["Catalog.Read.All"]"#);
    let mut case = pipeline();
    issued(&mut case, &document!({}));
    case.run().tokens();
}

#[test]
fn another_issuers_token_must_match_the_registration_to_the_letter() {
    refuses(
        pipeline,
        &[
            ("another audience", |case| asks_issuer(case, "audience=api://else"), client(700_212)),
            (
                "another branch",
                |case| {
                    let subject = "repo:northwind/inventory:ref:refs/heads/other";
                    asks_issuer(case, &format!("audience=api://AzureADTokenExchange&subject={subject}"));
                },
                client(700_213),
            ),
            (
                "another letter case",
                |case| {
                    let subject = "repo:Northwind/Inventory:ref:refs/heads/main";
                    asks_issuer(case, &format!("audience=api://AzureADTokenExchange&subject={subject}"));
                },
                client(7_002_138),
            ),
            (
                "an issuer that is not registered",
                |case| issued(case, &document!({ "iss": "https://ci.example" })),
                client(700_211),
            ),
            (
                "the issuer with a slash",
                |case| issued(case, &document!({ "iss": format!("{BASE}pipeline/") })),
                client(700_211),
            ),
            (
                "no federated credential at all",
                |case| {
                    let credential = case.profile.credential.clone();
                    case.application("inventory-sync");
                    case.profile.credential = credential;
                },
                client(70021),
            ),
            (
                "ended",
                |case| {
                    let hour_ago = case.desk.now.seconds() - 3600;
                    issued(case, &document!({ "exp": hour_ago, "nbf": hour_ago - 300 }));
                },
                client(700_024),
            ),
            (
                "an unknown key",
                |case| shows(case, &document!({}), "unheard-of", signed_by_issuer),
                client(7_000_272),
            ),
            (
                "changed after it was signed",
                |case| {
                    issued(case, &document!({}));
                    let Credential::Federated(Federated::Given(token)) = &case.profile.credential else {
                        unreachable!()
                    };
                    let (rest, _) = token.expose().rsplit_once('.').expect("a JWT");
                    let bent = format!("{rest}.{}", URL_SAFE_NO_PAD.encode([7; 256]));
                    case.profile.credential = Credential::Federated(Federated::Given(Secret::new(bent)));
                },
                client(50013),
            ),
            (
                "an issuer whose keys nobody can get",
                |case| {
                    issued(case, &document!({}));
                    // A lab without a second issuer: the registration trusts an address where nothing is.
                    case.desk = Desk::new("mina");
                },
                request(90061),
            ),
            (
                "a person's token of the tenant's own",
                |case| {
                    let jobs = "d2f4093b-7c5e-4ab8-8f61-0e9b7a3c15d8";
                    let claims = document!({
                        "iss": format!("{BASE}{HOME}/v2.0"), "sub": jobs, "oid": jobs, "scp": "access_as_user",
                    });
                    let kid = KEYS.ids()[0].to_owned();
                    let key = KEYS.find(&kid).expect("it is one of them");
                    shows(case, &claims, &kid, |message| key.sign(message));
                },
                client(700_229),
            ),
            (
                "no token",
                |case| {
                    case.profile.credential =
                        Credential::Federated(Federated::Given(Secret::new("nonsense")));
                },
                client(50027),
            ),
        ],
    );
}

#[test]
fn an_issuer_that_gives_no_token_ends_the_run() {
    let mut case = pipeline();
    let url = format!("{BASE}nowhere/token").parse().expect("an address");
    case.profile.credential = Credential::Federated(Federated::Fetched(url));
    let ended = case.run();
    assert!(matches!(ended.outcome, authwright::flow::Outcome::Failed(_)), "{:?}", ended.outcome);
    assert_eq!(ended.flow.current(), Federate);
}

/// A token of the lab's tenant for the token exchange: of a managed identity, by its client id.
fn of_identity(case: &mut Case, client_id: Option<&str>) {
    let desk = std::mem::replace(&mut case.desk, Desk::new("mina"));
    let mut first =
        Case::at(desk, FlowKind::ManagedIdentity, "pipeline", "api://AzureADTokenExchange/.default");
    first.profile.managed_identity = Some(ManagedIdentity {
        host: IdentityHost::VirtualMachine,
        endpoint: BASE.parse().expect("an address"),
        identity: client_id.map(|id| UserAssigned::ClientId(id.to_owned())),
    });
    let ended = first.run();
    let token = ended.tokens().access_token.clone().expect("it came");
    case.desk = ended.desk;
    case.profile.credential = Credential::Federated(Federated::Given(token));
}

#[test]
fn a_managed_identity_proves_an_application() {
    let mut case = pipeline();
    of_identity(&mut case, Some("c40a7f2d-91e8-4d53-86bb-f35e0d9a7c12"));
    assert_eq!(case.run().claim("azpacr"), "2");
    let mut case = pipeline();
    of_identity(&mut case, None);
    client(7_002_137).check("the machine's own identity is not the registered one", &case.run());
}

#[test]
fn a_persons_token_proves_no_application() {
    let desk = Desk::new("mina");
    let mut case =
        Case::at(desk, FlowKind::AuthorizationCode, "desktop", "openid api://northwind-catalog/Catalog.Read");
    case.segment(HOME);
    let ended = case.run();
    let token = ended.tokens().access_token.clone().expect("it came");
    let mut case = Case::at(ended.desk, FlowKind::ClientCredentials, "pipeline", CATALOG);
    case.profile.credential = Credential::Federated(Federated::Given(token));
    client(7_002_137).check("its subject is mina's", &case.run());
}
