//! The one door out: takes the secrets from everything that is written to a file, a clipboard or a pipe.
//!
//! What stays is what [`is_harmless`](crate::secret::is_harmless) lists, and in JSON [`is_harmless_member`]; a name that
//! stands in neither may carry anything. JWTs lose their signature and keep header and payload, so that they can still be
//! read and no longer be used. Everything else is replaced by its name and length.

use serde_json::Value;
use url::Url;

use crate::{
    secret::{
        find::{self, Found},
        is_harmless_member,
    },
    wire::{Body, Headers, Params, Request, Response},
};

/// A request without its secrets.
pub fn request(request: &Request) -> Request {
    Request {
        method: request.method,
        url: url(&request.url),
        headers: headers(&request.headers),
        body: body(request.headers.get("content-type"), &request.body),
    }
}

/// A response without its secrets. Its `content-length` keeps telling the length of what was received.
pub fn response(response: &Response) -> Response {
    Response {
        status: response.status,
        headers: headers(&response.headers),
        body: body(response.headers.get("content-type"), &response.body),
    }
}

/// Header lines without their secrets.
pub fn headers(headers: &Headers) -> Headers {
    headers.iter().fold(Headers::new(), |out, (name, value)| {
        out.with(name, replaced(value, &find::in_header(name, value)))
    })
}

/// Names and values without the secrets among them.
pub fn params(params: &Params) -> Params {
    let pairs = params
        .iter()
        .map(|(name, value)| (name.to_owned(), replaced(value, &find::in_parameter(name, value))));
    Params(pairs.collect())
}

/// An address without its secrets: in query, fragment, path and before the host.
pub fn url(url: &Url) -> Url {
    let mut out = url.clone();
    if let Some(query) = url.query().filter(|query| has_secrets(query)) {
        out.set_query(Some(&params(&Params::parse(query)).encode()));
    }
    if let Some(fragment) = url.fragment() {
        if fragment.contains('=') && has_secrets(fragment) {
            out.set_fragment(Some(&params(&Params::parse(fragment)).encode()));
        } else {
            out.set_fragment(Some(&text(fragment)));
        }
    }
    if !url.cannot_be_a_base() {
        let path = text(url.path());
        if path != url.path() {
            out.set_path(&path);
        }
        // Addresses without a host have no place for a name or password.
        if !url.username().is_empty() || url.password().is_some() {
            out.set_username("redacted").unwrap_or_default();
            out.set_password(None).unwrap_or_default();
        }
    }
    out
}

/// Takes the secrets out of a JSON value. Numbers go like texts, since a code may be one.
pub fn json(value: &mut Value) {
    let rule: fn(&str, &str) -> bool = if find::is_public_document(value) {
        |name, _| !find::is_well_known(name)
    } else {
        is_harmless_member
    };
    redact_value("", value, rule);
}

/// A text without what can be told to be a secret: JWTs, named values, and long runs that look like one.
pub fn text(text: &str) -> String {
    replaced(text, &find::anything(text))
}

fn body(content_type: Option<&str>, body: &Body) -> Body {
    match body {
        Body::Empty => Body::Empty,
        Body::Whole(bytes) => Body::Whole(bytes_of(content_type, bytes, false)),
        Body::Cut { kept, total } => Body::Cut { kept: bytes_of(content_type, kept, true), total: *total },
    }
}

fn bytes_of(content_type: Option<&str>, bytes: &[u8], is_cut: bool) -> Vec<u8> {
    let media_type = content_type.unwrap_or_default().to_ascii_lowercase();
    let is_text = ["json", "text/", "xml", "form-urlencoded", "jwt", "javascript"]
        .iter()
        .any(|kind| media_type.contains(kind));
    let content = String::from_utf8_lossy(bytes);
    if !is_text && !is_cut && matches!(content, std::borrow::Cow::Owned(_)) {
        // Nobody can tell what it holds.
        return format!("<redacted body, {} bytes>", bytes.len()).into_bytes();
    }
    if media_type.contains("form-urlencoded") {
        return params(&Params::parse(&content)).encode().into_bytes();
    }
    if let Ok(mut value) = serde_json::from_str::<Value>(&content)
        && (value.is_object() || value.is_array())
    {
        let before = value.clone();
        json(&mut value);
        // Untouched documents keep their bytes.
        return if value == before && !content.contains("eyJ") {
            bytes.to_vec()
        } else {
            value.to_string().into_bytes()
        };
    }
    // The values of inputs first: they have names.
    let found = if media_type.contains("html") { find::in_html(&content) } else { Vec::new() };
    text(&replaced(&content, &found)).into_bytes()
}

fn has_secrets(pairs: &str) -> bool {
    let parsed = Params::parse(pairs);
    params(&parsed) != parsed
}

fn redact_value(name: &str, value: &mut Value, is_harmless: fn(&str, &str) -> bool) {
    match value {
        Value::Object(members) => {
            for (member, value) in members.iter_mut() {
                redact_value(find::judged_name(name, member), value, is_harmless);
            }
        }
        // Members of an array go by the name of the array.
        Value::Array(items) => items.iter_mut().for_each(|item| redact_value(name, item, is_harmless)),
        Value::String(content) => {
            let found =
                if is_harmless(name, content) { find::in_text(content) } else { whole(name, content) };
            *content = replaced(content, &found);
        }
        Value::Number(number) => {
            let digits = number.to_string();
            if !is_harmless(name, &digits) {
                *value = Value::String(replaced(&digits, &whole(name, &digits)));
            }
        }
        Value::Bool(_) | Value::Null => {}
    }
}

fn whole(name: &str, content: &str) -> Vec<Found> {
    if content.is_empty() {
        return Vec::new();
    }
    vec![Found { range: 0..content.len(), name: name.to_owned(), is_jwt: find::is_jwt(content) }]
}

fn replaced(text: &str, found: &[Found]) -> String {
    find::replace(
        text,
        found,
        |found, secret| if found.is_jwt { unsigned(secret) } else { removed(&found.name, secret) },
    )
}

/// A JWT that can be read and not used.
fn unsigned(token: &str) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    match parts.as_slice() {
        // An encrypted one keeps its header only.
        [header, _, _, _, _] => format!("{header}.<encrypted parts removed>"),
        [header, payload, ..] => format!("{header}.{payload}.<signature removed>"),
        _ => removed("token", token),
    }
}

fn removed(name: &str, secret: &str) -> String {
    let name: String =
        name.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>' | '"')).take(60).collect();
    let name = if name.is_empty() { "value" } else { &name };
    format!("<redacted {name}, {} chars>", secret.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Method;

    const JWT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    const UNSIGNED: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.<signature removed>";

    #[test]
    fn addresses_lose_their_secrets_and_nothing_else() {
        let check = |before: &str, after: &str| assert_eq!(url(&Url::parse(before).unwrap()).as_str(), after);
        check(
            "https://x.example/authorize?scope=a%20b&state=s+t#",
            "https://x.example/authorize?scope=a%20b&state=s+t#",
        );
        check(
            "http://localhost/?code=abc&state=s",
            "http://localhost/?code=%3Credacted+code%2C+3+chars%3E&state=s",
        );
        check(
            "http://localhost/#id_token=abc&state=s",
            "http://localhost/#id_token=%3Credacted+id_token%2C+3+chars%3E&state=s",
        );
        check("http://localhost/#top", "http://localhost/#top");
        check("https://u:p@x.example/", "https://redacted@x.example/");
        check(
            "urn:ietf:wg:oauth:2.0:oob?code=abc",
            "urn:ietf:wg:oauth:2.0:oob?code=%3Credacted+code%2C+3+chars%3E",
        );
        check(
            &format!("https://x.example/{JWT}/y"),
            "https://x.example/eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.%3Csignature%20removed%3E/y",
        );
    }

    #[test]
    fn json_keeps_what_is_listed() {
        let check = |before: &str, after: &str| {
            let mut value: Value = serde_json::from_str(before).unwrap();
            json(&mut value);
            assert_eq!(value.to_string(), after);
        };
        check(
            &format!(
                r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"{JWT}","refresh_token":"0.A"}}"#
            ),
            &format!(
                r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"{UNSIGNED}","refresh_token":"<redacted refresh_token, 3 chars>"}}"#
            ),
        );
        check(
            r#"{"otp":123456,"new":[{"x":["a",true,null]}],"scope":"a","e":""}"#,
            r#"{"otp":"<redacted otp, 6 chars>","new":[{"x":["<redacted x, 1 chars>",true,null]}],"scope":"a","e":""}"#,
        );
        check(
            r#"{"error_description":"sent client_secret=abc"}"#,
            r#"{"error_description":"sent client_secret=<redacted client_secret, 3 chars>"}"#,
        );
        check(r#"{"keys":[{"kty":"RSA","n":"m"}]}"#, r#"{"keys":[{"kty":"RSA","n":"m"}]}"#);
        check(
            r#"{"keys":[{"kty":"RSA","d":"m"}]}"#,
            r#"{"keys":[{"kty":"<redacted kty, 3 chars>","d":"<redacted d, 1 chars>"}]}"#,
        );
        check(r#""bare""#, r#""<redacted value, 4 chars>""#);
    }

    #[test]
    fn text_keeps_what_is_not_known_to_be_secret() {
        let check = |before: &str, after: &str| assert_eq!(text(before), after);
        check(
            "AADSTS50011: no. Trace ID: 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "AADSTS50011: no. Trace ID: 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        );
        check(&format!("got {JWT}."), &format!("got {UNSIGNED}."));
        check("eyJhbGciOiJkaXIifQ.a1.b2.c3.d4", "eyJhbGciOiJkaXIifQ.<encrypted parts removed>");
        check("password: hunter2", "password: <redacted password, 7 chars>");
        check("POST /token?code=a&state=b", "POST /token?code=<redacted code, 1 chars>&state=b");
    }

    #[test]
    fn messages_keep_their_shape() {
        let before = Request {
            method: Method::Post,
            url: Url::parse("https://x.example/token").unwrap(),
            headers: Headers::new()
                .with("content-type", "application/x-www-form-urlencoded")
                .with("authorization", "Basic YTpi")
                .with("cookie", "s=1"),
            body: "grant_type=authorization_code&code=a+b".to_owned().into(),
        };
        let after = request(&before);
        assert_eq!(after.headers.get("authorization"), Some("Basic <redacted authorization, 4 chars>"));
        assert_eq!(after.headers.get("cookie"), Some("s=<redacted s, 1 chars>"));
        assert_eq!(after.form().get("code"), Some("<redacted code, 3 chars>"));
        assert_eq!(after.form().get("grant_type"), Some("authorization_code"));
        assert_eq!(request(&after).form().get("grant_type"), Some("authorization_code"));

        let body = |content_type: &str, body: Body| {
            let headers = Headers::new().with("content-type", content_type);
            response(&Response { status: 200, headers, body }).body
        };
        let untouched = "{ \"scope\" : \"a\" }";
        assert_eq!(body("application/json", untouched.to_owned().into()), untouched.to_owned().into());
        assert_eq!(body("image/png", Body::Whole(vec![0xff; 9])).text(), "<redacted body, 9 bytes>");
        assert_eq!(
            body("text/html", "<input name=code value=abc><input name=state value=s>".to_owned().into())
                .text(),
            "<input name=code value=<redacted code, 3 chars>><input name=state value=s>",
        );
        assert_eq!(body("text/html", Body::Empty), Body::Empty);
        assert_eq!(
            body("application/json", Body::Cut { kept: b"{\"access_token\":\"abc".to_vec(), total: 99 }),
            Body::Cut { kept: b"{\"access_token\":\"<redacted access_token, 3 chars>".to_vec(), total: 99 },
        );
    }

    /// Puts each secret wherever one can stand; none may come out again. Of a JWT that is the signature.
    #[test]
    fn no_secret_survives_anywhere() {
        let secrets = [
            ("Xy7~correct.horse_battery-staple", "Xy7~correct.horse_battery-staple"),
            ("1.AXEAq8Zk2nYtR0W-x7LmPq3vT5sB9cD1eF", "1.AXEAq8Zk2nYtR0W-x7LmPq3vT5sB9cD1eF"),
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            (JWT, "c2lnbmF0dXJl"),
        ];
        let names = [
            "client_secret",
            "code",
            "code_verifier",
            "device_code",
            "password",
            "refresh_token",
            "access_token",
            "id_token",
            "client_assertion",
            "something_new",
        ];
        for (secret, trace) in secrets {
            for name in names {
                let mut outputs = Vec::new();
                let address =
                    format!("https://x.example/p?scope=a&{name}={secret}&z={secret}#{name}={secret}");
                outputs.push(url(&Url::parse(&address).unwrap()).to_string());
                outputs.push(format!(
                    "{:?}",
                    headers(
                        &Headers::new()
                            .with(name, secret)
                            .with("authorization", format!("Bearer {secret}"))
                            .with("cookie", format!("a=1; {name}={secret}"))
                            .with("set-cookie", format!("{name}={secret}; Path=/"))
                            .with("location", &address),
                    )
                ));
                for (content_type, body) in [
                    ("application/x-www-form-urlencoded", format!("scope=a&{name}={secret}")),
                    (
                        "application/json",
                        format!("{{\"scope\":\"a\",\"{name}\":\"{secret}\",\"b\":[\"{secret}\"]}}"),
                    ),
                    ("application/json", format!("{{\"error_description\":\"{address}\"}}")),
                    ("application/json", format!("{{\"{name}\": \"{secret}\"")),
                    (
                        "text/html",
                        format!(
                            "<input type='hidden' name=\"{name}\" value=\"{secret}\"><a href='{address}'>"
                        ),
                    ),
                    ("text/plain", format!("see {address} or \"{name}\":\"{secret}\"")),
                    ("", format!("{{\"{name}\":\"{secret}\"}}")),
                ] {
                    let headers = Headers::new().with("content-type", content_type);
                    let whole = Body::from(body.clone());
                    let cut = Body::Cut { kept: body.into_bytes(), total: 1 << 20 };
                    for body in [whole, cut] {
                        let out = response(&Response { status: 200, headers: headers.clone(), body });
                        outputs.push(out.body.text().into_owned());
                    }
                }
                for output in outputs {
                    assert!(!output.contains(trace), "{name}: {output}");
                }
            }
        }
    }
}
