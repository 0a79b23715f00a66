//! A request as a `curl` command for a POSIX shell.
//!
//! Redacted, it is still a command that works: each secret is a shell variable named after it, such as
//! `$CLIENT_SECRET`, for the person to set. curl escapes what forms and the query of a GET hold; only a variable in the
//! address of another request has to hold its value escaped.

use std::{collections::HashMap, fmt::Write as _};

use super::{Secrets, redact};
use crate::{
    secret::find,
    text::visible,
    wire::{Body, Method, Params, Request},
};

/// Writes the command, one option to a line.
pub fn curl(request: &Request, secrets: Secrets) -> String {
    let mut command = Command { secrets, options: Vec::new(), notes: Vec::new(), variables: HashMap::new() };
    command.method(request);
    command.address(request);
    for (name, value) in request.headers.iter() {
        command.header(name, value);
    }
    command.body(request);
    command.finish()
}

struct Command {
    secrets: Secrets,
    options: Vec<String>,
    notes: Vec<String>,
    /// Variables in use, and the secrets they stand for.
    variables: HashMap<String, String>,
}

/// A piece of a shell word: taken literally, or a variable.
enum Piece {
    Literal(String),
    Variable(String),
}

impl Command {
    fn method(&mut self, request: &Request) {
        // Data makes it a POST, and its absence a GET.
        match (request.method, request.body.is_empty()) {
            (Method::Get, true) | (Method::Post, false) => {}
            (Method::Head, true) => self.options.push("--head".to_owned()),
            (method, _) => self.options.push(format!("--request {method}")),
        }
    }

    fn address(&mut self, request: &Request) {
        let mut address = request.url.clone();
        address.set_fragment(None);
        if self.secrets == Secrets::Redacted {
            let query = request.url.query().unwrap_or_default();
            let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
            let (secret, plain): (Vec<&str>, Vec<&str>) = pairs.into_iter().partition(|pair| is_secret(pair));
            if !secret.is_empty() {
                address.set_query(Some(plain.join("&").as_str()).filter(|query| !query.is_empty()));
                // Lets curl do the escaping of what the variables will hold.
                if request.body.is_empty() && request.method == Method::Get {
                    self.options.push("--get".to_owned());
                    self.place(&redact_address(&address));
                    for (name, value) in Params::parse(&secret.join("&")).iter() {
                        self.pair(name, value);
                    }
                    return;
                }
                let mut pieces = vec![Piece::Literal(redact_address(&address))];
                let mut sign = if address.query().is_some() { "&" } else { "?" };
                for pair in secret {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    pieces.push(Piece::Literal(format!("{sign}{name}=")));
                    pieces.push(Piece::Variable(self.variable(name, value)));
                    sign = "&";
                }
                self.guard(address.as_str());
                self.options.push(word(&pieces));
                return;
            }
            self.place(&redact_address(&address));
            return;
        }
        self.place(address.as_str());
    }

    fn place(&mut self, address: &str) {
        self.guard(address);
        self.options.push(quote(address));
    }

    /// curl reads brackets and braces in an address as a pattern.
    fn guard(&mut self, address: &str) {
        if address.contains(['[', ']', '{', '}']) {
            self.options.push("--globoff".to_owned());
        }
    }

    fn header(&mut self, name: &str, value: &str) {
        // A control character cannot be part of a header, nor of a command that is safe to paste.
        let (name, value) = (visible(name), visible(value));
        if value.is_empty() {
            // This is how curl sends a header without a value.
            self.options.push(format!("--header {}", quote(&format!("{name};"))));
            return;
        }
        let mut pieces = vec![Piece::Literal(format!("{name}: "))];
        let found = match self.secrets {
            Secrets::Redacted => find::in_header(&name, &value),
            Secrets::Included => Vec::new(),
        };
        let mut end = 0;
        for secret in &found {
            pieces.push(Piece::Literal(value[end..secret.range.start].to_owned()));
            let called = match (secret.name.to_ascii_lowercase().as_str(), &value[..secret.range.start]) {
                ("authorization", "Bearer ") => "access_token",
                ("authorization", "Basic ") => "basic_credentials",
                _ => &secret.name,
            };
            pieces.push(Piece::Variable(self.variable(called, &value[secret.range.clone()])));
            end = secret.range.end;
        }
        pieces.push(Piece::Literal(value[end..].to_owned()));
        self.options.push(format!("--header {}", word(&pieces)));
    }

    fn body(&mut self, request: &Request) {
        match &request.body {
            Body::Empty => return,
            Body::Cut { kept, total } => {
                self.notes.push(format!("only {} of {total} bytes of the body were kept", kept.len()));
            }
            Body::Whole(_) => {}
        }
        let Ok(text) = std::str::from_utf8(request.body.bytes()) else {
            self.notes
                .push(format!("the body is not text; save its {} bytes as body.bin", request.body.len()));
            self.options.push("--data-binary @body.bin".to_owned());
            return;
        };
        let form = request.form();
        // A form that was edited by hand may not be what its pairs would make of it.
        if !form.is_empty() && form.encode() == text {
            for (name, value) in form.iter() {
                self.pair(name, value);
            }
            return;
        }
        let text = match self.secrets {
            Secrets::Redacted => redact::request(request).body.text().into_owned(),
            Secrets::Included => text.to_owned(),
        };
        let harmless =
            |c: char| matches!(c, '\n' | '\r' | '\t') || visible(c.encode_utf8(&mut [0; 4])) == c.to_string();
        if text.chars().all(harmless) {
            self.options.push(format!("--data-raw {}", quote(&text)));
        } else {
            self.notes.push("control characters in the body are written as symbols".to_owned());
            let lines: Vec<_> = text.lines().map(visible).collect();
            self.options.push(format!("--data-raw {}", quote(&lines.join("\n"))));
        }
    }

    /// A pair that curl escapes itself.
    fn pair(&mut self, name: &str, value: &str) {
        let encoded = Params(vec![(name.to_owned(), value.to_owned())]).encode();
        let encoded_name = encoded.split('=').next().unwrap_or_default();
        let found = match self.secrets {
            Secrets::Redacted => find::in_parameter(name, value),
            Secrets::Included => Vec::new(),
        };
        // What a shell or terminal might act on travels escaped, and so does a pair that curl would misread.
        if found.is_empty() && (name.is_empty() || visible(value) != value) {
            self.options.push(format!("--data-raw {}", quote(&encoded)));
            return;
        }
        let mut pieces = vec![Piece::Literal(format!("{encoded_name}="))];
        let mut end = 0;
        for secret in &found {
            pieces.push(Piece::Literal(visible(&value[end..secret.range.start]).into_owned()));
            let called = if secret.range == (0..value.len()) { name } else { &secret.name };
            pieces.push(Piece::Variable(self.variable(called, &value[secret.range.clone()])));
            end = secret.range.end;
        }
        pieces.push(Piece::Literal(visible(&value[end..]).into_owned()));
        self.options.push(format!("--data-urlencode {}", word(&pieces)));
    }

    /// The variable for a secret: one secret, one variable.
    fn variable(&mut self, name: &str, secret: &str) -> String {
        let plain = variable_name(name);
        let mut variable = plain.clone();
        for number in 2.. {
            match self.variables.get(&variable) {
                Some(known) if known != secret => variable = format!("{plain}_{number}"),
                _ => break,
            }
        }
        self.variables.insert(variable.clone(), secret.to_owned());
        variable
    }

    fn finish(self) -> String {
        let mut out = String::new();
        for note in &self.notes {
            writeln!(out, "# {note}").expect("a string can always be written to");
        }
        out.push_str("curl ");
        out.push_str(&self.options.join(" \\\n  "));
        out
    }
}

/// Whether a raw `name=value` of a query holds something secret.
fn is_secret(pair: &str) -> bool {
    Params::parse(pair).iter().any(|(name, value)| !find::in_parameter(name, value).is_empty())
}

/// What is left in an address besides its query.
fn redact_address(address: &url::Url) -> String {
    redact::url(address).to_string()
}

/// The name of a shell variable; never one that a shell gives a meaning of its own.
fn variable_name(name: &str) -> String {
    const TAKEN: [&str; 24] = [
        "BASH", "CDPATH", "COLUMNS", "ENV", "EUID", "HOME", "HOST", "HOSTNAME", "IFS", "LANG", "LINES",
        "LOGNAME", "MAIL", "OLDPWD", "OPTARG", "PATH", "PPID", "PS1", "PWD", "RANDOM", "SHELL", "TERM",
        "UID", "USER",
    ];
    let upper: String = name
        .chars()
        .take(40)
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect();
    let cannot_stand_alone =
        upper.trim_matches('_').is_empty() || upper.starts_with(|c: char| c.is_ascii_digit());
    if cannot_stand_alone || TAKEN.contains(&upper.as_str()) { format!("SECRET_{upper}") } else { upper }
}

/// One shell word of several pieces.
fn word(pieces: &[Piece]) -> String {
    let plain = |text: &str| text.chars().all(|c| is_plain(c) || c == ' ' || c == ';');
    let has_variable = pieces.iter().any(|piece| matches!(piece, Piece::Variable(_)));
    let simple = pieces.iter().all(|piece| match piece {
        Piece::Literal(text) => plain(text),
        Piece::Variable(_) => true,
    });
    if !has_variable {
        let text: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) | Piece::Variable(text) => text.as_str(),
            })
            .collect();
        return quote(&text);
    }
    let mut out = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Literal(text) if simple => out.push_str(text),
            Piece::Variable(name) if simple => {
                let joins = |c: char| c.is_ascii_alphanumeric() || c == '_';
                // Braces where what follows would be read as part of the name.
                let glued =
                    matches!(pieces.get(index + 1), Some(Piece::Literal(next)) if next.starts_with(joins));
                let variable = if glued { format!("${{{name}}}") } else { format!("${name}") };
                out.push_str(&variable);
            }
            Piece::Literal(text) if text.is_empty() => {}
            Piece::Literal(text) => out.push_str(&quote(text)),
            Piece::Variable(name) => write!(out, "\"${name}\"").expect("a string can always be written to"),
        }
    }
    if simple { format!("\"{out}\"") } else { out }
}

/// Quoted for a POSIX shell: between single quotes everything but the single quote stands for itself.
fn quote(text: &str) -> String {
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with(['-', '=']) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Characters without a meaning to a shell.
const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '=' | '@' | '%' | '+' | ',')
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::wire::Headers;

    fn get(address: &str) -> Request {
        Request::get(Url::parse(address).unwrap())
    }

    fn post(body: &str) -> Request {
        let mut request = get("https://x.example/token");
        request.method = Method::Post;
        request.headers = Headers::new().with("content-type", "application/x-www-form-urlencoded");
        request.body = body.to_owned().into();
        request
    }

    fn check(request: &Request, secrets: Secrets, expected: &str) {
        assert_eq!(curl(request, secrets), expected);
    }

    #[test]
    fn requests_become_commands() {
        check(&get("https://x.example/a"), Secrets::Redacted, "curl https://x.example/a");
        check(
            &get("https://x.example/?a=1&scope=b#f"),
            Secrets::Included,
            "curl 'https://x.example/?a=1&scope=b'",
        );
        check(
            &get("http://[::1]:7080/?claims={}"),
            Secrets::Redacted,
            "curl --globoff \\\n  'http://[::1]:7080/?claims={}'",
        );
        let mut head = get("https://x.example/");
        head.method = Method::Head;
        check(&head, Secrets::Redacted, "curl --head \\\n  https://x.example/");
        head.method = Method::Delete;
        head.headers = Headers::new().with("accept", "it's").with("x-empty", "");
        check(
            &head,
            Secrets::Included,
            "curl --request DELETE \\\n  https://x.example/ \\\n  --header 'accept: it'\\''s' \\\n  --header 'x-empty;'",
        );
    }

    #[test]
    fn secrets_become_variables() {
        check(
            &post("grant_type=client_credentials&scope=a+b&client_secret=x%7Ey"),
            Secrets::Redacted,
            "curl https://x.example/token \\\n  --header 'content-type: application/x-www-form-urlencoded' \\\n  \
             --data-urlencode grant_type=client_credentials \\\n  --data-urlencode 'scope=a b' \\\n  \
             --data-urlencode \"client_secret=$CLIENT_SECRET\"",
        );
        check(
            &post("client_secret=x%7Ey"),
            Secrets::Included,
            "curl https://x.example/token \\\n  --header 'content-type: application/x-www-form-urlencoded' \\\n  \
             --data-urlencode 'client_secret=x~y'",
        );
        check(
            &get("https://x.example/a?scope=b&id_token_hint=abc&path=c"),
            Secrets::Redacted,
            "curl --get \\\n  'https://x.example/a?scope=b' \\\n  --data-urlencode \"id_token_hint=$ID_TOKEN_HINT\" \\\n  \
             --data-urlencode \"path=$SECRET_PATH\"",
        );
        let mut api = get("https://x.example/");
        api.headers =
            Headers::new().with("authorization", "Bearer abc").with("cookie", "a=1; b=2").with("x-key", "k");
        check(
            &api,
            Secrets::Redacted,
            "curl https://x.example/ \\\n  --header \"authorization: Bearer $ACCESS_TOKEN\" \\\n  \
             --header \"cookie: a=$A; b=$B\" \\\n  --header \"x-key: $X_KEY\"",
        );
        // One secret, one variable; another secret, another one.
        let two = curl(&post("code=a&code=b&code=a"), Secrets::Redacted);
        assert!(two.contains("$CODE\"") && two.contains("$CODE_2\"") && !two.contains("$CODE_3"), "{two}");
    }

    #[test]
    fn bodies_travel_as_they_are() {
        let with = |body: Body| Request { body, headers: Headers::new(), ..post("") };
        check(
            &with("{\"a\":\"it's\"}".to_owned().into()),
            Secrets::Included,
            "curl https://x.example/token \\\n  --data-raw '{\"a\":\"it'\\''s\"}'",
        );
        assert!(curl(&post("a=%20&&b"), Secrets::Included).ends_with("--data-raw 'a=%20&&b'"));
        assert!(curl(&post("scope=%1B%0A"), Secrets::Redacted).ends_with("--data-raw scope=%1B%0A"));
        assert!(curl(&post("=x"), Secrets::Included).ends_with("--data-raw '=x'"));
        assert!(
            curl(&with(Body::Whole(vec![0xff])), Secrets::Included).starts_with("# the body is not text")
        );
        let cut =
            curl(&with(Body::Cut { kept: b"{\"code\":\"abc".to_vec(), total: 9999 }), Secrets::Redacted);
        assert!(cut.starts_with("# only 12 of 9999 bytes") && !cut.contains("abc"), "{cut}");
    }

    /// Nothing from outside may end a quotation or reach the terminal.
    #[test]
    fn hostile_requests_stay_inside_their_quotes() {
        let pairs = [("scope", "';$(x)`y`\"&"), ("$(z)';", "1"), ("client_secret", "';$(x)")];
        let pairs = Params(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
        let mut form = post(&pairs.encode());
        form.headers.push("x-'$(x)", "`y`\u{1b}]0;\u{202e}");
        form.url.set_query(Some("state=$(x)';`y`&code=';$(x)"));
        let text = Request {
            headers: Headers::new(),
            body: "'; $(x) `y` \u{1b}\u{202e}".to_owned().into(),
            ..form.clone()
        };
        for request in [&form, &text, &Request { method: Method::Get, body: Body::Empty, ..form.clone() }] {
            for secrets in [Secrets::Redacted, Secrets::Included] {
                let command = curl(request, secrets);
                assert!(!command.contains(['\u{1b}', '\u{202e}']), "{command}");
                assert_eq!(
                    unquoted(&command).find(['$', '`', '(', ')', ';', '&', '<', '>', '|', '*', '\'', '"']),
                    None,
                    "{command}"
                );
            }
        }
    }

    /// What a POSIX shell would still act on: the command without quotations, escapes and plain variables.
    fn unquoted(command: &str) -> String {
        let mut out = String::new();
        let mut chars = command.chars().peekable();
        let mut in_double = false;
        while let Some(c) = chars.next() {
            match c {
                '\\' => drop(chars.next()),
                '\'' if !in_double => drop(chars.by_ref().find(|c| *c == '\'')),
                '"' => in_double = !in_double,
                '$' if in_double
                    && chars.peek().is_some_and(|c| c.is_ascii_uppercase() || "_{".contains(*c)) => {}
                ';' | '&' | '(' | ')' | '<' | '>' | '|' | '*' if in_double => {}
                c => out.push(c),
            }
        }
        assert!(!in_double, "a quotation is left open: {command}");
        out
    }

    #[test]
    fn no_secret_survives_in_a_command() {
        for secret in ["Xy7~correct.horse", "it's;$(x)", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"]
        {
            for name in ["client_secret", "code", "password", "access_token", "something_new"] {
                let pairs =
                    Params(vec![(name.to_owned(), secret.to_owned()), ("state".to_owned(), "s".to_owned())]);
                let mut request = post(&pairs.encode());
                request.url.set_query(Some(&pairs.encode()));
                request.headers =
                    request.headers.with("authorization", format!("Bearer {secret}")).with(name, secret);
                let json = Request {
                    headers: Headers::new().with("content-type", "application/json"),
                    body: format!("{{\"{name}\":\"{secret}\"}}").into(),
                    ..request.clone()
                };
                let bare = Request { method: Method::Get, body: Body::Empty, ..request.clone() };
                let trace = secret.rsplit('.').next().unwrap();
                for request in [&request, &json, &bare] {
                    let command = curl(request, Secrets::Redacted);
                    assert!(!command.contains(trace) && !command.contains("Xy7"), "{command}");
                    assert!(!curl(request, Secrets::Included).contains("$CLIENT_SECRET"));
                }
            }
        }
    }
}
