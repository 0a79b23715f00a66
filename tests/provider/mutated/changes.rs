//! What is done to a valid request: one to four changes, most of them small, so that many requests get far before they fail.

use authwright::wire::{Body, Headers, Method, Request};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::Url;

use super::{
    dice::Dice,
    templates::{self, BASE},
};

/// What a page must never repeat as it is.
pub const MARKER: &str = "zq<x\"'>&amp;";

/// A request that can be bent in every way that HTTP lets through.
#[derive(Clone, Debug)]
pub struct Draft {
    pub method: Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Content,
    /// Damage to the bytes of query and body, after they were encoded.
    pub damage: Option<Damage>,
    /// Seconds by which the clock is off.
    pub ahead: i64,
}

#[derive(Clone, Debug)]
pub enum Content {
    None,
    Form(Vec<(String, String)>),
    Json(Value),
    Bytes(Vec<u8>),
}

/// Where the bytes are damaged (as a share of the whole, in 256ths), and what is put there.
#[derive(Clone, Copy, Debug)]
pub struct Damage {
    at: u8,
    bytes: &'static [u8],
}

const DAMAGES: &[&[u8]] = &[
    b"%",
    b"%4",
    b"%zz",
    b"%ff%fe",
    b"%00",
    b"%0d%0aset-cookie:%20a=b",
    b"&&&",
    b"=",
    b"&=&",
    b"+",
    b";",
    b"#",
    b"%C3",
    b"\xff\xfe",
    b"%ED%A0%80",
    b"&grant_type=",
    b"%EF%BB%BF",
    b"?",
    b"[]",
    b"&client_id=x",
];

const METHODS: &[Method] =
    &[Method::Get, Method::Post, Method::Head, Method::Options, Method::Put, Method::Patch, Method::Delete];

const CONTENT_TYPES: &[&str] = &[
    "application/x-www-form-urlencoded",
    "APPLICATION/X-WWW-FORM-URLENCODED ; charset=utf-8",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/json",
    "application/json; charset=utf-8",
    "multipart/form-data; boundary=x",
    "text/plain",
    "",
    ";;;",
    "application/",
];

const HEADERS: &[(&str, &str)] = &[
    ("origin", "null"),
    ("origin", "http://localhost:7081"),
    ("origin", "https://evil.example"),
    ("authorization", "Basic"),
    ("authorization", "Basic ====="),
    ("authorization", "Basic Og=="),
    ("authorization", "Basic /////w=="),
    ("authorization", "Bearer"),
    ("authorization", "Bearer  "),
    ("authorization", "bEaReR a.b.c"),
    ("authorization", "Negotiate YII"),
    ("client-request-id", "not a guid"),
    ("client-request-id", "1F4E7C9A-0b2d-4a53-8c66-9e7d1f2a3b4c"),
    ("return-client-request-id", "TRUE"),
    ("cookie", "ESTSAUTH"),
    (
        "cookie",
        "=; ;;; ESTSAUTH=; fpc=a b\t\"c\"; fpc=\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}",
    ),
    ("cookie", "fpc=zq<x\"'>zq<x\"'>zq<x\"'>"),
    ("x-forwarded-for", "10.0.0.1"),
    ("x-identity-header", ""),
    ("metadata", "TRUE"),
    ("x-client-sku", "MSAL.\u{fffd}"),
    ("accept", "text/html;q=0.0, */*"),
    ("prefer", "return=minimal"),
    ("accept-language", "de-DE,de;q=0.9"),
];

const PATHS: &[&str] = &[
    "northwind.example",
    "NORTHWIND.EXAMPLE",
    "common",
    "organizations",
    "consumers",
    "Consumers",
    "",
    "nobody.example",
    "00000000-0000-0000-0000-000000000000",
    "%00",
    "%ff",
    "..",
    "%2e%2e",
    "zq%3Cx%22'%3E",
    "é",
    "common%2f",
    "6b1f8f0e-4c1d-4a57-9e0b-2f7c3d5a9b1",
    "{t}",
    "$metadata",
    "me",
    "*",
];

/// Texts that are odd wherever they stand.
fn odd_text(dice: &mut Dice) -> String {
    const ODD: &[&str] = &[
        "",
        " ",
        "0",
        "-1",
        "18446744073709551616",
        "1e999",
        "NaN",
        "true",
        "null",
        "\u{0}",
        "a\u{0}b",
        "\r\nset-cookie: a=b",
        "\u{202e}live\u{200b}",
        "\u{fffd}",
        "Ünïcödé 漢字 🦀",
        MARKER,
        "'; DROP TABLE users; --",
        "../../etc/passwd",
        "%25%32%35",
        "javascript:alert(1)",
        "http://localhost",
        "http://localhost:99999/",
        "http://[::1",
        "https://evil.example/zq<x\"'>",
        "//evil.example",
        "http://localhost:7081@evil.example/",
        "http://localhost:7082/signin-oidc/../x",
        "urn:x",
        "openid openid openid",
        ".default",
        "/.default",
        "https://graph.microsoft.com//.default openid profile",
        "api://northwind-catalog/.default api://northwind-payments/.default",
        "none login consent",
        "form_post",
        "fragment",
        "id_token token",
        "code id_token token",
        "a.b.c",
        "e30.e30.",
        "....",
        "{\"access_token\":{\"acrs\":{\"essential\":true,\"values\":[\"c1\",null,7]}}}",
        "{\"id_token\":{\"auth_time\":{\"essential\":true}},\"access_token\":{\"xms_cc\":{\"values\":[\"cp1\"]}}}",
        "[]",
        "{",
        "11111111-2222-3333-4444-555555555555",
        "mina@northwind.example",
        "MINA@NORTHWIND.EXAMPLE",
        "client_credentials",
        "refresh_token",
        "password",
    ];
    match dice.below(40) {
        0 => "A".repeat(20_000),
        1 => format!("{}{}", "[".repeat(5000), "]".repeat(5000)),
        2 => format!("{}1{}", "{\"access_token\":".repeat(400), "}".repeat(400)),
        3 => "openid ".repeat(2000),
        4 => (0..2000).map(|number| format!("s{number}")).collect::<Vec<_>>().join(" "),
        5 => "é漢🦀\u{0}".repeat(800),
        6 => templates::jwt(&odd_header(dice), &odd_claims(dice)),
        _ => (*dice.pick(ODD)).to_owned(),
    }
}

fn odd_header(dice: &mut Dice) -> Value {
    dice.pick(&[
        json!({ "alg": "none" }),
        json!({ "alg": "HS256", "kid": "x" }),
        json!({ "alg": null, "kid": 7, "x5t": [] }),
        json!({ "alg": "RS256", "x5t": "!!" }),
        json!({ "alg": "PS256", "x5t#S256": "AAAA" }),
        json!({}),
    ])
    .clone()
}

/// A claim with a value that no honest issuer writes.
pub fn odd_claim(dice: &mut Dice) -> (&'static str, Value) {
    // Times come first: they are reckoned with.
    let name = *dice.pick(&[
        "exp",
        "nbf",
        "iat",
        "exp",
        "nbf",
        "iat",
        "exp",
        "nbf",
        "iat",
        "aud",
        "iss",
        "sub",
        "jti",
        "oid",
        "tid",
        "scp",
        "roles",
        "azp",
        "appid",
        "ver",
        "sid",
        "xms_cc",
        "acrs",
        "idtyp",
        "login_hint",
        "amr",
    ]);
    let value = match dice.below(16) {
        0 => json!(i64::MAX),
        1 => json!(i64::MIN),
        2 => json!(u64::MAX),
        3 => json!(1e300),
        4 => json!(-0.5),
        5 => json!("1772615727"),
        6 => json!("soon"),
        7 => json!([1, "two", null]),
        8 => json!({ "a": { "b": [] } }),
        9 => Value::Null,
        10 => json!(true),
        11 => json!(""),
        12 => json!(MARKER),
        13 => json!("\r\nx: y"),
        14 => json!("A".repeat(5000)),
        _ => json!(0),
    };
    (name, value)
}

fn odd_claims(dice: &mut Dice) -> Value {
    let mut claims = json!({ "iss": "x", "sub": "x", "aud": "x", "exp": 1 });
    for _ in 0..dice.below(4) {
        let (name, value) = odd_claim(dice);
        claims[name] = value;
    }
    claims
}

fn odd_json(dice: &mut Dice) -> Value {
    match dice.below(9) {
        0 => Value::Null,
        1 => json!([]),
        2 => json!({}),
        3 => json!({ "name": MARKER, "priceInCents": 1 }),
        4 => json!({ "name": "x", "priceInCents": u64::MAX }),
        5 => json!({ "name": "x", "priceInCents": -1 }),
        6 => json!({ "name": "é".repeat(101), "priceInCents": 1.5 }),
        7 => json!("text"),
        _ => json!({ "order": odd_text(dice) }),
    }
}

/// Bends a request, one to four times. Another one of the same endpoint lends values.
pub fn change(draft: &mut Draft, neighbour: &Draft, dice: &mut Dice) {
    let several = dice.below(4) + 1;
    for _ in 0..=dice.below(several) {
        match dice.below(32) {
            0 => draft.method = *dice.pick(METHODS),
            1 => {
                let kind = (*dice.pick(CONTENT_TYPES)).to_owned();
                draft.headers.retain(|(name, _)| name != "content-type");
                draft.headers.push(("content-type".to_owned(), kind));
            }
            2 | 3 => {
                let (name, value) = *dice.pick(HEADERS);
                if dice.once_in(2) {
                    draft.headers.retain(|(present, _)| present != name);
                }
                draft.headers.push((name.to_owned(), value.to_owned()));
            }
            4 | 11 | 12 => bend_header(draft, dice),
            5 | 6 => bend_path(draft, dice),
            7 => draft.ahead = *dice.pick(&AHEAD),
            8 => {
                draft.damage = Some(Damage {
                    at: u8::try_from(dice.below(256)).expect("it is below 256"),
                    bytes: dice.pick::<&[u8]>(DAMAGES),
                });
            }
            9 => bend_body(draft, dice),
            10 => std::mem::swap(&mut draft.query, pairs_or(&mut draft.body, &mut Vec::new())),
            _ => bend_pair(draft, neighbour, dice),
        }
    }
}

/// From a second to the ends of what a clock can show.
const AHEAD: [i64; 9] = [
    1,
    301,
    -301,
    3700,
    86_400,
    100 * 86_400,
    -50 * 365 * 86_400,
    9_000_000_000_000_000,
    -9_000_000_000_000_000,
];

fn pairs_or<'a>(
    body: &'a mut Content,
    other: &'a mut Vec<(String, String)>,
) -> &'a mut Vec<(String, String)> {
    if let Content::Form(form) = body { form } else { other }
}

fn bend_header(draft: &mut Draft, dice: &mut Dice) {
    if draft.headers.is_empty() {
        return;
    }
    let index = dice.below(draft.headers.len());
    match dice.below(4) {
        0 => {
            draft.headers.remove(index);
        }
        1 => {
            let same = draft.headers[index].clone();
            draft.headers.push(same);
        }
        2 => bend_text(&mut draft.headers[index].1, dice),
        _ => draft.headers[index].1 = templates::forged(&draft.headers[index].1, dice),
    }
}

fn bend_path(draft: &mut Draft, dice: &mut Dice) {
    let mut segments: Vec<String> = draft.path.split('/').map(str::to_owned).collect();
    let index = dice.below(segments.len());
    match dice.below(8) {
        0 => segments.push(String::new()),
        1 => segments[index] = segments[index].to_uppercase(),
        // The endpoint stays the one that is meant.
        _ => {
            if let Some(open) = draft.path.split('/').position(templates::is_open) {
                (*dice.pick(PATHS)).clone_into(&mut segments[open]);
            }
        }
    }
    draft.path = segments.join("/");
}

fn bend_body(draft: &mut Draft, dice: &mut Dice) {
    draft.body = match dice.below(6) {
        0 => Content::None,
        1 => Content::Json(odd_json(dice)),
        2 => Content::Bytes(b"{\"client_id\":\"x\",\"grant_type\":\"client_credentials\"}".to_vec()),
        3 => Content::Bytes(vec![0xff; 300]),
        4 => Content::Bytes(format!("{}1{}", "[".repeat(3000), "]".repeat(3000)).into_bytes()),
        _ => Content::Form((0..600).map(|number| (format!("p{number}"), String::new())).collect()),
    };
}

fn bend_pair(draft: &mut Draft, neighbour: &Draft, dice: &mut Dice) {
    if let Content::Json(value) = &mut draft.body
        && dice.once_in(2)
    {
        *value = odd_json(dice);
        return;
    }
    let lent: Vec<_> = match &neighbour.body {
        Content::Form(form) => form.iter().chain(&neighbour.query).cloned().collect(),
        _ => neighbour.query.clone(),
    };
    let pairs = match &mut draft.body {
        Content::Form(form) if draft.query.is_empty() || !dice.once_in(4) => form,
        _ => &mut draft.query,
    };
    if pairs.is_empty() {
        let (name, value) =
            if lent.is_empty() { ("code".to_owned(), odd_text(dice)) } else { dice.pick(&lent).clone() };
        pairs.push((name, value));
        return;
    }
    let index = dice.below(pairs.len());
    match dice.below(12) {
        0 => {
            pairs.remove(index);
        }
        1 => pairs[index].1.clear(),
        2 => {
            let same = pairs[index].clone();
            pairs.push(same);
        }
        3 => {
            let other = dice.below(pairs.len());
            let value = pairs[other].1.clone();
            pairs[index].1 = value;
        }
        4 if !lent.is_empty() => {
            let (name, value) = dice.pick(&lent).clone();
            pairs.retain(|(present, _)| *present != name);
            pairs.push((name, value));
        }
        5 => pairs[index].0 = pairs[index].0.to_uppercase(),
        6 => pairs.push((odd_text(dice).chars().take(50).collect(), odd_text(dice))),
        7 => pairs[index].1 = odd_text(dice),
        8 => {
            let marked = format!("{}{MARKER}", pairs[index].1);
            pairs[index].1 = marked;
        }
        9 => pairs[index].1 = templates::forged(&pairs[index].1, dice),
        _ => bend_text(&mut pairs[index].1, dice),
    }
}

/// A small change: a character more, less, or another one; the case of letters; a cut.
fn bend_text(text: &mut String, dice: &mut Dice) {
    let mut letters: Vec<char> = text.chars().collect();
    let index = dice.below(letters.len());
    match dice.below(8) {
        0 if !letters.is_empty() => {
            letters.remove(index);
        }
        1 if !letters.is_empty() => {
            letters[index] = *dice.pick(&['A', '~', '\u{0}', 'é', '.', ' ', '/', '"', '<']);
        }
        2 => letters.insert(index, *dice.pick(&['x', '.', '=', '\t', '漢', '\u{7f}'])),
        3 => letters.truncate(index),
        4 => letters = text.to_uppercase().chars().collect(),
        5 => letters.extend([' ', '\n']),
        6 => letters.reverse(),
        _ => {
            let other = odd_text(dice);
            letters = other.chars().collect();
        }
    }
    *text = letters.into_iter().collect();
}

impl Draft {
    pub fn get(path: impl Into<String>, query: &[(&str, &str)]) -> Self {
        Self {
            method: Method::Get,
            path: path.into(),
            query: owned(query),
            headers: Vec::new(),
            body: Content::None,
            damage: None,
            ahead: 0,
        }
    }

    pub fn post(path: impl Into<String>, form: &[(&str, &str)]) -> Self {
        let kind = ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned());
        Self {
            method: Method::Post,
            headers: vec![kind],
            body: Content::Form(owned(form)),
            ..Self::get(path, &[])
        }
    }

    pub fn json(path: impl Into<String>, body: Value) -> Self {
        let kind = ("content-type".to_owned(), "application/json".to_owned());
        Self { method: Method::Post, headers: vec![kind], body: Content::Json(body), ..Self::get(path, &[]) }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The request, as the HTTP layer would hand it on; `None` if its address is none.
    pub fn request(&self) -> Option<Request> {
        let damaged = |mut bytes: Vec<u8>| {
            if let Some(Damage { at, bytes: more }) = self.damage {
                let index = bytes.len() * usize::from(at) / 256;
                bytes.splice(index..index, more.iter().copied());
            }
            bytes
        };
        let query = if self.query.is_empty() {
            String::new()
        } else {
            format!("?{}", String::from_utf8_lossy(&damaged(encoded(&self.query).into_bytes())))
        };
        let url = Url::parse(&format!("{BASE}/{}{query}", self.path)).ok()?;
        let mut headers = Headers::new();
        for (name, value) in &self.headers {
            // No line breaks and no other control characters reach us: HTTP has no way to write them.
            let value: String = value.chars().filter(|c| *c == '\t' || !c.is_control()).collect();
            headers.push(name, value);
        }
        let body = match &self.body {
            Content::None => Body::Empty,
            Content::Form(form) => Body::Whole(damaged(encoded(form).into_bytes())),
            Content::Json(value) => Body::Whole(damaged(value.to_string().into_bytes())),
            Content::Bytes(bytes) => Body::Whole(bytes.clone()),
        };
        Some(Request { method: self.method, url, headers, body })
    }
}

pub fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn encoded(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A part of a JWT.
pub fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
