//! Metadata, keys, and the port itself.

use authwright::{
    provider::scenario::{CONSUMERS, Scenario},
    runtime::lab,
};
use serde_json::Value;

use crate::desk::{Answer, Desk, Refusal};

async fn configuration(desk: &Desk, tenant: &str) -> Answer {
    desk.get(&desk.url(&format!("{tenant}/v2.0/.well-known/openid-configuration")), &[]).await
}

#[tokio::test]
async fn the_metadata_of_a_tenant_holds_its_guid_however_it_is_asked_for() {
    let desk = Desk::open().await;
    let (base, home) = (desk.lab.base().as_str().trim_end_matches('/'), desk.home.as_str());
    let check = async |asked: &str, name: &str, issuer: &str| {
        let answer = configuration(&desk, asked).await;
        let document = answer.json();
        assert_eq!(document["issuer"], format!("{base}/{issuer}/v2.0"), "{asked}");
        for (field, end) in [
            ("authorization_endpoint", "oauth2/v2.0/authorize"),
            ("token_endpoint", "oauth2/v2.0/token"),
            ("device_authorization_endpoint", "oauth2/v2.0/devicecode"),
            ("jwks_uri", "discovery/v2.0/keys"),
            ("end_session_endpoint", "oauth2/v2.0/logout"),
        ] {
            assert_eq!(document[field], format!("{base}/{name}/{end}"), "{asked}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("cache-control"), "max-age=86400, private");
        assert!(document.get("grant_types_supported").is_none(), "Entra does not publish them");
    };
    check(home, home, home).await;
    check("northwind.example", home, home).await;
    check(&home.to_uppercase(), home, home).await;
    check("common", "common", "{tenantid}").await;
    check("organizations", "organizations", "{tenantid}").await;
    check("consumers", "consumers", CONSUMERS).await;

    let answer = configuration(&desk, "nobody.example").await;
    let refusal = Refusal { error: "invalid_tenant", code: 90002 };
    desk.check_json("unknown", &answer, 400, refusal, &["error_uri"]).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let answer = configuration(&desk, "nobody").await;
    desk.check_json(
        "malformed",
        &answer,
        400,
        Refusal { error: "invalid_request", code: 900_023 },
        &["error_uri"],
    )
    .await;
}

#[tokio::test]
async fn tokens_of_version_1_have_a_document_of_their_own() {
    let desk = Desk::open().await;
    let (base, home) = (desk.lab.base().as_str().trim_end_matches('/'), desk.home.as_str());
    for (asked, name, issuer) in [("northwind.example", home, home), ("common", "common", "{tenantid}")] {
        let answer = desk.get(&desk.url(&format!("{asked}/.well-known/openid-configuration")), &[]).await;
        let document = answer.json();
        assert_eq!(document["issuer"], format!("{base}/{issuer}/"), "{asked}");
        let keys = document["jwks_uri"].as_str().expect("an address");
        assert!(desk.get(keys, &[]).await.json()["keys"].is_array(), "{asked}");
        assert_eq!(document["end_session_endpoint"], format!("{base}/{name}/oauth2/logout"), "{asked}");
        assert_eq!(
            [&document["http_logout_supported"], &document["frontchannel_logout_supported"]],
            [true, true]
        );
        assert_eq!(document["token_endpoint"], format!("{base}/{name}/oauth2/token"), "{asked}");
        assert!(document.get("userinfo_endpoint").is_none(), "what is not served is not named");
    }
}

#[tokio::test]
async fn whatever_the_metadata_names_is_there() {
    let desk = Desk::open().await;
    for (version, least) in [("v2.0/", 7), ("", 3)] {
        let url = desk.url(&format!("{}/{version}.well-known/openid-configuration", desk.home));
        let document = desk.get(&url, &[]).await.json();
        let mut asked = 0;
        for (name, value) in document.as_object().expect("an object") {
            // An issuer is a name and no address.
            let Some(url) = value.as_str().filter(|value| name != "issuer" && value.starts_with("http"))
            else {
                continue;
            };
            asked += 1;
            let status = desk.get(url, &[]).await.status;
            // Kerberos is not for clients of OAuth; Entra's document has it all the same.
            assert_eq!(status == 404, name == "kerberos_endpoint", "{name}: {url}: {status}");
        }
        assert!(asked >= least, "{document:#}");
    }
}

#[tokio::test]
async fn two_keys_are_published_with_their_certificates() {
    use base64::{
        Engine as _,
        engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    };
    use sha1::Digest as _;
    let desk = Desk::open().await;
    let keys = async |path: &str| -> Vec<Value> {
        desk.get(&desk.url(path), &[]).await.json()["keys"].as_array().expect("a list").clone()
    };
    let of_tenant = keys(&format!("{}/discovery/v2.0/keys", desk.home)).await;
    assert_eq!(of_tenant.len(), 2);
    for key in &of_tenant {
        let certificate = STANDARD.decode(key["x5c"][0].as_str().unwrap()).unwrap();
        let thumbprint = URL_SAFE_NO_PAD.encode(sha1::Sha1::digest(&certificate));
        assert_eq!((&key["kid"], &key["x5t"]), (&thumbprint.clone().into(), &thumbprint.into()));
        let modulus = URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap()).unwrap();
        assert_eq!((modulus.len(), key["e"].as_str()), (256, Some("AQAB")));
        assert!(certificate.windows(256).any(|window| window == modulus), "the certificate is of this key");
        assert_eq!(key["issuer"], desk.url(&format!("{}/v2.0", desk.home)));
    }
    assert!(keys("common/discovery/v2.0/keys").await[0]["issuer"].as_str().unwrap().contains("{tenantid}"));
    assert!(keys("common/discovery/keys").await[0].get("issuer").is_none(), "version 1 has none");
}

#[tokio::test]
async fn libraries_learn_that_the_lab_is_an_authority() {
    let desk = Desk::open().await;
    let ask = async |version: &str, endpoint: &str| {
        let url =
            format!("common/discovery/instance?api-version={version}&authorization_endpoint={endpoint}");
        desk.get(&desk.url(&url), &[]).await
    };
    let own = format!("{}/oauth2/v2.0/authorize", desk.home);
    let document = ask("1.1", &desk.url(&own)).await.json();
    let discovery = desk.url(&format!("{}/v2.0/.well-known/openid-configuration", desk.home));
    assert_eq!(document["tenant_discovery_endpoint"], discovery);
    assert_eq!(
        document["metadata"][0]["aliases"][0],
        format!("localhost:{}", desk.lab.base().port().unwrap())
    );
    assert!(ask("1.0", &desk.url(&own)).await.json().get("metadata").is_none());
    let refusal = Refusal { error: "invalid_instance", code: 50049 };
    desk.check_json("foreign", &ask("1.1", "https://evil.example/x").await, 400, refusal, &["error_uri"])
        .await;
    let refusal = Refusal { error: "invalid_request", code: 50050 };
    desk.check_json("malformed", &ask("1.1", "x").await, 400, refusal, &["error_uri"]).await;

    let realm = async |user: &str| {
        desk.get(&desk.url(&format!("common/userrealm/{user}?api-version=1.0")), &[]).await.json()
    };
    assert_eq!(realm("mina%40northwind.example").await["account_type"], "Managed");
    assert_eq!(realm("x%40nobody.example").await["account_type"], "Unknown");
}

#[tokio::test]
async fn only_loopback_names_are_answered() {
    let desk = Desk::open().await;
    let port = desk.lab.base().port().unwrap();
    let metadata = format!("{}/v2.0/.well-known/openid-configuration", desk.home);
    for host in ["evil.example".to_owned(), format!("evil.example:{port}"), "localhost:1".to_owned()] {
        let answer = desk.get(&desk.url(&metadata), &[("host", &host)]).await;
        assert_eq!(answer.status, 421, "{host}");
    }
    // The metadata is written for the name by which it was asked for.
    let url = format!("http://127.0.0.1:{port}/{metadata}");
    let document = desk.get(&url, &[]).await.json();
    assert_eq!(document["issuer"], format!("http://127.0.0.1:{port}/{}/v2.0", desk.home));
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_and_a_large_body_is_not_read() {
    let desk = Desk::open().await;
    let port = desk.lab.base().port();
    let (events, _queue) = tokio::sync::mpsc::channel(1);
    let second =
        lab::start(lab::Options { port, ..lab::Options::anywhere(Scenario::northwind()) }, events).await;
    assert!(second.expect_err("the port is taken").to_string().contains("taken by another program"));
    let url = desk.url(&format!("{}/oauth2/v2.0/token", desk.home));
    let answer = desk.post_text(&url, "x".repeat(1024 * 1024 + 1), &[]).await;
    assert_eq!(answer.status, 413);
    assert_eq!(desk.get(&desk.url("nowhere/at/all"), &[]).await.status, 404);
}

#[tokio::test]
async fn it_stops_when_it_is_dropped() {
    let desk = Desk::open().await;
    let address = format!("127.0.0.1:{}", desk.lab.base().port().unwrap());
    assert_eq!(desk.get(&desk.url(""), &[]).await.status, 200);
    drop(desk);
    // The port is given back as soon as the accepting task has noticed.
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
