//! Words of a shell, and the commands `wget` and `http` (`HTTPie`, also called `https`, `xh` and `xhs`).

use serde_json::{Map, Value as Json};

use super::{
    UNKNOWN, commands,
    value::{Draft, Value},
};
use crate::wire::{Method, Request};

/// Every command of a text, as a request, and where it stands.
pub fn all(text: &str) -> Vec<(usize, Request)> {
    let of = |name: &'static str, read: fn(&[String]) -> Option<Request>| {
        commands(text, name).filter_map(move |at| Some((at, read(&words(text, at))?)))
    };
    let httpie = ["http", "https", "xh", "xhs"].into_iter().flat_map(|name| of(name, httpie));
    of("wget", wget).chain(httpie).collect()
}

/// The words of a command line: quotes of a POSIX shell undone, lines continued behind `\`, `^` and a backtick, variables
/// replaced by what the text sets them to.
pub fn words(whole: &str, at: usize) -> Vec<String> {
    const LONGEST: usize = 64 * 1024;
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = whole[at..].chars().take(LONGEST).peekable();
    while let Some(c) = characters.next() {
        match c {
            '\'' => {
                let word = word.get_or_insert_default();
                // `$'…'` has escapes.
                let has_escapes = word.ends_with('$');
                if has_escapes {
                    word.pop();
                }
                while let Some(c) = characters.next() {
                    match c {
                        '\'' => break,
                        '\\' if has_escapes => word.extend(characters.next()),
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                while let Some(c) = characters.next() {
                    match c {
                        '"' => break,
                        '\\' if matches!(characters.peek(), Some('"' | '\\' | '$' | '`')) => {
                            word.extend(characters.next());
                        }
                        '\\' if characters.peek() == Some(&'\n') => drop(characters.next()),
                        '$' => word.push_str(&variable(&whole[..at], &mut characters)),
                        c => word.push(c),
                    }
                }
            }
            '\\' | '^' | '`' if characters.peek() == Some(&'\n') => drop(characters.next()),
            // A backslash with blanks behind it, where the paste gained some.
            '\\' if characters.clone().find(|c| *c != ' ') == Some('\n') => {
                while characters.next_if_eq(&' ').is_some() {}
                characters.next();
            }
            '\\' => word.get_or_insert_default().extend(characters.next()),
            '\n' | '|' | ';' | '>' => break,
            '&' if characters.peek() == Some(&'&') => break,
            '$' => word.get_or_insert_default().push_str(&variable(&whole[..at], &mut characters)),
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

type Characters<'t> = std::iter::Peekable<std::iter::Take<std::str::Chars<'t>>>;

/// What stands for a variable behind its `$`; a `$` that begins none stays.
fn variable(before: &str, characters: &mut Characters<'_>) -> String {
    const LONGEST: usize = 200;
    let close = match characters.peek() {
        Some('{') => '}',
        Some('(') => ')',
        Some(c) if c.is_ascii_alphabetic() || *c == '_' => ' ',
        _ => return "$".to_owned(),
    };
    let mut name = String::new();
    if close == ' ' {
        while let Some(c) = characters.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':')) {
            name.push(c);
        }
    } else {
        characters.next();
        name.extend(characters.by_ref().take(LONGEST).take_while(|c| *c != close));
    }
    value_of(before, &name).unwrap_or_else(|| UNKNOWN.to_owned())
}

/// The value that a line before sets a variable to, if it is a plain one.
fn value_of(before: &str, name: &str) -> Option<String> {
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let assigned = format!("{name}=");
    let begins =
        |at: &usize| before[..*at].is_empty() || before[..*at].ends_with([' ', '\n', ';', '\t', '$']);
    let at = before.rmatch_indices(&assigned).take(8).map(|(at, _)| at).find(|at| is_name && begins(at))?;
    let rest = &before[at + assigned.len()..];
    let value = match rest.chars().next()? {
        quote @ ('"' | '\'') => rest[1..].split(quote).next()?,
        _ => rest.split(|c: char| c.is_whitespace() || c == ';').next()?,
    };
    (!value.is_empty() && !value.contains(['$', '`', '\n'])).then(|| value.to_owned())
}

/// `wget --post-data=…` and `--method=POST --body-data=…`.
fn wget(words: &[String]) -> Option<Request> {
    let mut draft = Draft { is_complete: true, ..Draft::default() };
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        let (option, joined) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        let mut value = || joined.clone().or_else(|| words.next().cloned()).unwrap_or_default();
        match option {
            "--post-data" | "--body-data" => draft.body = Some(Value::Text(value())),
            "--method" => draft.method = Method::parse(&value().to_ascii_uppercase()),
            "--header" => {
                if let Some((name, value)) = value().split_once(':') {
                    draft.headers.push(name.trim(), value.trim());
                }
            }
            "-O" | "-o" | "-a" | "-U" | "--output-document" | "--user-agent" => drop(value()),
            option if option.starts_with('-') => {}
            _ if draft.address.is_empty() => draft.address.clone_from(word),
            _ => {}
        }
    }
    draft.request()
}

/// `http --form POST address name=value Header:value name==query`; without `--form` the items become JSON.
fn httpie(words: &[String]) -> Option<Request> {
    const LONG_WITH_VALUE: [&str; 6] = ["--auth", "--session", "--verify", "--cert", "--output", "--proxy"];
    let mut draft = Draft { is_complete: true, ..Draft::default() };
    let (mut is_form, mut is_multipart) = (false, false);
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut raw: Map<String, Json> = Map::new();
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        if word.starts_with('-') {
            match word.as_str() {
                "-f" | "--form" => is_form = true,
                "--multipart" => is_multipart = true,
                "-a" | "-o" => drop(words.next()),
                long if LONG_WITH_VALUE.contains(&long) => drop(words.next()),
                _ => {}
            }
            continue;
        }
        if draft.address.is_empty() {
            match Method::parse(word).filter(|_| draft.method.is_none()) {
                Some(method) => draft.method = Some(method),
                None if word.contains("://") => draft.address.clone_from(word),
                // The scheme may be left out; a sentence about http has no host behind it.
                None if word.split('/').next().is_some_and(|host| host.contains('.')) => {
                    draft.address = format!("https://{word}");
                }
                None => return None,
            }
            continue;
        }
        let operator = word.find(['=', ':']).filter(|at| *at > 0)?;
        let (name, rest) = word.split_at(operator);
        if let Some(value) = rest.strip_prefix("==") {
            draft.query.push((name.to_owned(), value.to_owned()));
        } else if let Some(value) = rest.strip_prefix(":=") {
            raw.insert(name.to_owned(), serde_json::from_str(value).unwrap_or(Json::Null));
        } else if let Some(value) = rest.strip_prefix('=') {
            fields.push((name.to_owned(), value.to_owned()));
        } else if let Some(value) = rest.strip_prefix(':').filter(|value| !value.contains(UNKNOWN)) {
            draft.headers.push(name, value);
        }
    }
    draft.body = match (fields.is_empty() && raw.is_empty(), is_multipart, is_form) {
        (true, ..) => None,
        (_, true, _) => Some(Value::Multipart(fields)),
        (_, _, true) => Some(Value::Form(fields)),
        (_, _, false) => {
            raw.extend(fields.into_iter().map(|(name, value)| (name, value.into())));
            Some(Value::Json(raw.into()))
        }
    };
    draft.request()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Request {
        all(text).pop().unwrap_or_else(|| panic!("{text}")).1
    }

    #[test]
    fn wget_and_httpie_send_forms() {
        for text in [
            "wget -qO- --post-data='client_id=c1&scope=a%20b' https://login.example/t/token",
            "$ wget --method=post --body-data \"client_id=c1&scope=a+b\" https://login.example/t/token",
            "http --form POST https://login.example/t/token client_id=c1 scope='a b'",
            "ID=c1\nhttp -f login.example/t/token client_id=$ID \"scope=a b\" | jq .",
        ] {
            let request = one(text);
            assert_eq!(request.url.as_str(), "https://login.example/t/token", "{text}");
            assert_eq!(request.method, Method::Post, "{text}");
            assert_eq!(request.form().get("client_id"), Some("c1"), "{text}");
            assert_eq!(request.form().get("scope"), Some("a b"), "{text}");
        }
    }

    #[test]
    fn httpie_sends_json_unless_it_is_told_otherwise() {
        let request = one("http POST https://login.example/t/token client_id=c1 n:=1 q==2 X-A:b");
        assert_eq!(request.headers.get("content-type"), Some("application/json"));
        assert_eq!(request.headers.get("x-a"), Some("b"));
        assert_eq!(request.body.text(), r#"{"n":1,"client_id":"c1"}"#);
        assert_eq!(request.url.query(), Some("q=2"));
    }

    #[test]
    fn a_variable_is_its_value_or_unknown() {
        let text = "TENANT='t1'\nexport ID=c1\ncurl https://login.example/$TENANT/token -d \"a=${ID}\" -d b=$SECRET -d 'c=$ID' -d \"d=5$\"";
        let at = text.find("curl").expect("it is there");
        assert_eq!(
            words(text, at),
            [
                "curl",
                "https://login.example/t1/token",
                "-d",
                "a=c1",
                "-d",
                "b=…",
                "-d",
                "c=$ID",
                "-d",
                "d=5$"
            ]
        );
    }

    #[test]
    fn words_about_http_are_no_command() {
        for text in ["use http not https", "http is it", "http", "> http 404 came back", "wget it"] {
            assert!(all(text).is_empty(), "{text}");
        }
    }
}
