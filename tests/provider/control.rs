//! The control address, over real HTTP: who may ask, what is answered, and what is said about mistakes.

use authwright::{
    provider::scenario::Scenario,
    runtime::{self, lab},
    workbench::Event,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

struct Desk {
    lab: lab::Lab,
    http: reqwest::Client,
    _queue: mpsc::Receiver<Event>,
}

impl Desk {
    async fn open() -> Self {
        let (events, queue) = mpsc::channel(runtime::QUEUE);
        let options = lab::Options { control: true, ..lab::Options::anywhere(Scenario::northwind()) };
        let lab = lab::start(options, events).await.expect("ports can be opened");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { lab, http, _queue: queue }
    }

    /// Status and text of an answer.
    async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> (u16, String) {
        let (address, token) = self.lab.control().expect("it was asked for");
        let url = address.join(path).expect("an address");
        let mut request = self.http.request(method.parse().expect("a method"), url);
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", format!("Bearer {}", token.expose()));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    }

    async fn json(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let (status, text) = self.ask(method, path, body, &[]).await;
        (status, serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}")))
    }
}

#[tokio::test]
async fn only_a_program_with_the_token_may_ask() {
    let desk = Desk::open().await;
    assert_eq!(desk.ask("GET", "view", None, &[]).await.0, 200);
    let (_, token) = desk.lab.control().expect("it was asked for");
    let cut = format!("Bearer {}", &token.expose()[..token.len() - 1]);
    let basic = format!("Basic {}", token.expose());
    for wrong in ["Bearer", "Bearer ", "Bearer x", &cut, &basic] {
        let (status, text) = desk.ask("GET", "view", None, &[("authorization", wrong)]).await;
        assert_eq!(status, 401, "{wrong}: {text}");
        assert!(!text.contains("lab-Mina-1"), "{text}");
    }
    let (status, text) = desk.ask("GET", "view", None, &[("origin", "http://localhost:7081")]).await;
    assert_eq!(status, 403, "{text}");
    assert_eq!(desk.ask("GET", "view", None, &[("host", "evil.example")]).await.0, 421);
}

#[tokio::test]
async fn a_tenant_without_control_has_no_such_address() {
    let desk = crate::desk::Desk::open().await;
    assert!(desk.lab.control().is_none());
    assert_eq!(desk.get(&desk.url(".lab/view"), &[("authorization", "Bearer x")]).await.status, 404);
}

#[tokio::test]
async fn orders_are_carried_out_one_by_one_and_a_mistake_says_what_where_and_what_to_do() {
    let desk = Desk::open().await;
    let order = json!({ "order": "moveClock", "seconds": 3600 });
    let (status, answer) = desk.json("POST", "orders", Some(&order)).await;
    assert_eq!((status, &answer["done"]), (200, &json!(["the clock is 1 h ahead"])));

    let off =
        json!({ "edit": "set", "of": "users", "entry": "mina", "members": { "accountEnabled": false } });
    let bad = json!({ "edit": "set", "of": "users", "entry": "nobody", "members": {} });
    let orders =
        json!([{ "order": "edit", "change": off }, { "order": "edit", "change": bad }, { "order": "reset" }]);
    let (status, answer) = desk.json("POST", "orders", Some(&orders)).await;
    assert_eq!((status, &answer["error"]["where"]), (422, &json!("order 1")));
    assert_eq!(answer["done"], json!(["mina: accountEnabled false"]));
    let (_, view) = desk.json("GET", "view", None).await;
    let mina =
        view["directory"]["users"].as_array().expect("people").iter().find(|user| user["key"] == "mina");
    assert_eq!(mina.expect("she is there")["accountEnabled"], false);
    assert_eq!(view["clock"]["aheadMilliseconds"], 3_600_000);
    assert_eq!(view["done"].as_array().map(Vec::len), Some(2));

    // Nothing is done where one of them cannot be read.
    let orders = json!([{ "order": "undo" }, { "order": "dance" }]);
    let (status, answer) = desk.json("POST", "orders", Some(&orders)).await;
    assert_eq!((status, &answer["error"]["where"]), (400, &json!("order 1")));
    assert!(answer["error"]["what"].as_str().is_some_and(|what| what.contains("unknown variant `dance`")));
    let (_, after) = desk.json("GET", "view", None).await;
    assert_eq!(after["revision"], view["revision"]);

    let (status, answer) = desk.json("GET", "orders", None).await;
    assert_eq!((status, &answer["error"]["where"]), (405, &json!("GET")));
    assert_eq!(desk.json("GET", "dance", None).await.0, 404);
}

#[tokio::test]
async fn log_forge_keys_and_scenario_are_there() {
    let desk = Desk::open().await;
    assert_eq!(desk.json("GET", "sign-ins", None).await, (200, json!([])));
    let spec =
        json!({ "client": "storefront", "resource": "catalog-api", "person": "mina", "flaw": "wrongKey" });
    let (status, forged) = desk.json("POST", "forge", Some(&spec)).await;
    assert_eq!((status, &forged["flaw"]), (200, &json!("wrongKey")));
    let issuer = forged["claims"]["iss"].as_str().expect("an issuer");
    assert!(issuer.starts_with(desk.lab.base().as_str()), "{issuer}");
    let bad = json!({ "client": "storefront", "resource": "catalog-api", "flaw": "none", "colour": "red" });
    let (status, answer) = desk.json("POST", "forge", Some(&bad)).await;
    assert_eq!(status, 400);
    assert!(answer["error"]["what"].as_str().is_some_and(|what| what.contains("colour")), "{answer}");

    let before = desk.lab.view().await.expect("it runs").keys;
    let (status, rotated) = desk.json("POST", "keys/rotate", None).await;
    assert_eq!((status, &rotated["signs"]), (200, &json!(before[1])));
    assert_eq!(rotated["keys"].as_array().map(Vec::len), Some(3));

    let (status, text) = desk.ask("GET", "scenario", None, &[]).await;
    assert_eq!(status, 200);
    assert!(Scenario::parse(&text).is_ok(), "{text}");
}

#[tokio::test]
async fn a_scenario_that_was_exported_has_the_grants_of_the_moment() {
    let desk = Desk::open().await;
    let view = |scenario: &str| {
        let order = json!([{ "order": "load", "text": scenario }]);
        let desk = &desk;
        async move {
            assert_eq!(desk.json("POST", "orders", Some(&order)).await.0, 200);
            desk.lab.view().await.expect("it runs")
        }
    };
    let before = desk.lab.view().await.expect("it runs");
    let (gone, stays) = (&before.grants[0], &before.grants[1]);
    let grant = json!({ "tenant": "northwind", "client": "desktop", "resource": "catalog-api", "principal": "mina", "scopes": ["Catalog.Read"] });
    let orders = json!([{ "order": "withdraw", "id": gone.id }, { "order": "grant", "grant": grant }]);
    assert_eq!(desk.json("POST", "orders", Some(&orders)).await.0, 200);
    let before = desk.lab.view().await.expect("it runs");
    let (_, text) = desk.ask("GET", "scenario", None, &[]).await;
    let after = view(&text).await;
    let sorted = |mut rows: Vec<_>| {
        rows.sort_by_key(|row: &authwright::provider::PermissionGrant| row.id.clone());
        rows
    };
    assert_eq!(sorted(after.grants.clone()), sorted(before.grants));
    assert_eq!(after.assignments.len(), before.assignments.len());
    assert!(after.grants.contains(stays) && !after.grants.contains(gone));
}
