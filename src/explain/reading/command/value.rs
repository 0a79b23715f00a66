//! What a program hands to the function that sends: texts, maps, forms. And the request that comes of it.

use serde_json::Value as Json;
use url::Url;

use super::UNKNOWN;
use crate::wire::{Body, Headers, Method, Params, Request};

/// A value of an expression, as far as the text tells it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text, with [`UNKNOWN`] in place of what is not told.
    Text(String),
    /// Names and values.
    Map(Vec<(String, Value)>),
    /// Items in order.
    List(Vec<Value>),
    /// A map that something made a form of.
    Form(Vec<(String, String)>),
    /// A map that something made a multipart body of.
    Multipart(Vec<(String, String)>),
    /// A value that something made JSON of.
    Json(Json),
    /// Whatever it is.
    Unknown,
}

impl Value {
    /// As a text; what is no text is not told.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Form(pairs) => Params(pairs.clone()).encode(),
            Self::Json(json) => json.to_string(),
            Self::Map(_) | Self::List(_) | Self::Multipart(_) | Self::Unknown => UNKNOWN.to_owned(),
        }
    }

    /// A member of a map, its name in any case.
    pub fn member(&self, name: &str) -> Option<&Self> {
        let Self::Map(members) = self else { return None };
        members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Names and values of a map, of a list of pairs, or of a form that was written out.
    pub fn pairs(&self) -> Option<Vec<(String, String)>> {
        match self {
            Self::Map(members) => {
                Some(members.iter().map(|(name, value)| (name.clone(), value.text())).collect())
            }
            Self::List(items) => items
                .iter()
                .map(|item| match item {
                    Self::List(pair) if pair.len() == 2 => Some((pair[0].text(), pair[1].text())),
                    _ => None,
                })
                .collect(),
            Self::Form(pairs) | Self::Multipart(pairs) => Some(pairs.clone()),
            Self::Text(text) if text.contains('=') => Some(Params::parse(text).0),
            Self::Text(_) | Self::Json(_) | Self::Unknown => None,
        }
    }

    /// The value as JSON.
    pub fn json(&self) -> Json {
        match self {
            Self::Map(members) => members.iter().map(|(name, value)| (name.clone(), value.json())).collect(),
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Json(json) => json.clone(),
            Self::Text(_) | Self::Form(_) | Self::Multipart(_) | Self::Unknown => self.text().into(),
        }
    }
}

/// A request in the making.
#[derive(Default)]
pub struct Draft {
    pub method: Option<Method>,
    pub address: String,
    pub headers: Headers,
    pub query: Vec<(String, String)>,
    pub body: Option<Value>,
    /// Whether a program that is no browser sends it: then it sends no headers but these.
    pub is_complete: bool,
}

impl Draft {
    /// Adds the headers of a map. What is not told says nothing.
    pub fn add_headers(&mut self, headers: &Value) {
        for (name, value) in headers.pairs().unwrap_or_default() {
            if !value.contains(UNKNOWN) {
                self.headers.push(&name, value);
            }
        }
    }

    /// The request, if it has an address.
    pub fn request(mut self) -> Option<Request> {
        let address = self.address.trim();
        let mut url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        if url.host_str().is_none_or(|host| host.contains("xn--")) {
            return None; // the host is not told
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        let of_body = |body: &Value| match body {
            Value::Form(_) | Value::Text(_) => "application/x-www-form-urlencoded",
            Value::Map(_) | Value::List(_) | Value::Json(_) => "application/json",
            Value::Multipart(_) => "multipart/form-data",
            Value::Unknown => "",
        };
        let kind = self.body.as_ref().map(of_body).unwrap_or_default();
        let is_form = kind == "application/x-www-form-urlencoded";
        // A form is known by its looks. Without the header nobody takes the headers of a browser for known.
        if self.headers.get("content-type").is_none() && !kind.is_empty() && (self.is_complete || !is_form) {
            self.headers.push("content-type", kind);
        }
        let body = match &self.body {
            None | Some(Value::Unknown) => Body::Empty,
            Some(value @ (Value::Map(_) | Value::List(_))) => Body::from(value.json().to_string()),
            Some(Value::Multipart(pairs)) => Body::from(Params(pairs.clone()).encode()),
            Some(value) => Body::from(value.text()),
        };
        let usual = if self.body.is_some() { Method::Post } else { Method::Get };
        Some(Request { method: self.method.unwrap_or(usual), url, headers: self.headers, body })
    }
}
