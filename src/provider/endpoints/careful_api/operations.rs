//! What the APIs do once somebody may.

#![expect(clippy::unnecessary_wraps, reason = "all have the type `Act`; what only reads cannot fail")]

use serde_json::{Value, json};

use crate::provider::{
    Provider,
    bearer::{error, refuse},
    call::Call,
    refusal::Refusal,
    stock::{self, Product},
};

type Done = Result<(u16, Value), Box<Refusal>>;

/// Longest name of a product, in bytes.
const LONGEST_NAME: usize = 200;

pub fn products(provider: &mut Provider, _: &Call) -> Done {
    Ok((200, provider.stock.products().map(Product::document).collect()))
}

pub fn add_product(provider: &mut Provider, call: &Call) -> Done {
    let body = call.json.as_ref();
    let name = body
        .and_then(|body| body["name"].as_str())
        .filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME);
    let price = body.and_then(|body| body["priceInCents"].as_u64());
    let (Some(name), Some(price)) = (name, price) else {
        return Err(bad_body(r#"{"name":"Tent peg","priceInCents":150}"#));
    };
    let added = provider.stock.add(name, price).map(Product::document);
    added.map(|product| (201, product)).ok_or_else(|| {
        refuse(error::INVALID_REQUEST, "The shelves are full; the lab has to be started again.")
            .demands("the lab keeps a few hundred products")
            .by("stock.room")
    })
}

pub fn orders(_: &mut Provider, _: &Call) -> Done {
    Ok((200, stock::orders()))
}

pub fn refund(provider: &mut Provider, call: &Call) -> Done {
    let order = call.json.as_ref().and_then(|body| body["order"].as_str()).unwrap_or_default();
    let is_known =
        stock::orders().as_array().is_some_and(|orders| orders.iter().any(|one| one["id"] == order));
    if !is_known {
        return Err(bad_body(r#"{"order":"O-2001"}"#));
    }
    Ok((201, json!({ "id": provider.stock.refund(), "order": order })))
}

pub fn transactions(_: &mut Provider, _: &Call) -> Done {
    Ok((200, stock::transactions()))
}

pub fn settle(_: &mut Provider, _: &Call) -> Done {
    Ok((200, json!({ "settled": ["T-3002"] })))
}

/// The token was good and the rest was not: an ordinary 400, which says nothing of tokens.
fn bad_body(example: &str) -> Box<Refusal> {
    refuse(
        error::INVALID_REQUEST,
        format!("The body must be JSON such as {example}, sent as application/json."),
    )
    .demands("a JSON body with the members that the operation needs")
    .compares("body", "(something else)", [example])
    .by("body.readable")
}
