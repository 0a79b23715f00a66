//! A `curl` command as somebody typed it into a shell, and the request that it sends.

use url::{Url, form_urlencoded::byte_serialize};

use super::{commands, shell::words};
use crate::wire::{Body, Headers, Method, Request};

/// Every `curl` command of a text, as a request, and where it stands.
pub fn all(text: &str) -> Vec<(usize, Request)> {
    commands(text, "curl").filter_map(|at| Some((at, request(&words(text, at))?))).collect()
}

/// Options that take a value which says nothing about the request.
const SKIPPED: [&str; 22] = [
    "-o",
    "-w",
    "-c",
    "-m",
    "-x",
    "-E",
    "-U",
    "-T",
    "-r",
    "-e",
    "-K",
    "-C",
    "--output",
    "--write-out",
    "--cookie-jar",
    "--max-time",
    "--proxy",
    "--cert",
    "--key",
    "--cacert",
    "--connect-timeout",
    "--resolve",
];

fn request(words: &[String]) -> Option<Request> {
    let mut method = None;
    let mut address = None;
    let mut headers = Headers::new();
    let mut data: Vec<String> = Vec::new();
    let mut is_query = false;
    let mut is_form = true;
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        let (option, mut joined) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value)),
            // `-XPOST`, `-dname=value`
            _ if word.len() > 2
                && word.is_char_boundary(2)
                && ["-X", "-d", "-H", "-F", "-u", "-b", "-A"].contains(&&word[..2]) =>
            {
                (&word[..2], Some(&word[2..]))
            }
            _ => (word.as_str(), None),
        };
        let mut value =
            || joined.take().map(str::to_owned).or_else(|| words.next().cloned()).unwrap_or_default();
        match option {
            "-X" | "--request" => method = Method::parse(&value().to_ascii_uppercase()),
            "-H" | "--header" => {
                if let Some((name, value)) = value().split_once(':') {
                    headers.push(name.trim(), value.trim());
                }
            }
            "-d" | "--data" | "--data-raw" | "--data-binary" | "--data-ascii" => data.push(value()),
            "--data-urlencode" => data.push(encoded(&value())),
            "--json" => {
                is_form = false;
                headers.push("content-type", "application/json");
                data.push(value());
            }
            "-F" | "--form" | "--form-string" => {
                is_form = false;
                if headers.get("content-type").is_none() {
                    headers.push("content-type", "multipart/form-data");
                }
                data.push(value());
            }
            "-u" | "--user" => {
                use base64::{Engine as _, engine::general_purpose::STANDARD};
                headers.push("authorization", format!("Basic {}", STANDARD.encode(value())));
            }
            "-b" | "--cookie" => headers.push("cookie", value()),
            "-A" | "--user-agent" => headers.push("user-agent", value()),
            "-G" | "--get" => is_query = true,
            "-I" | "--head" => method = Some(Method::Head),
            "--url" => address = Some(value()),
            option if SKIPPED.contains(&option) => drop(value()),
            option if option.starts_with('-') => {}
            _ => address = address.or_else(|| Some(word.clone())),
        }
    }
    let address = address?;
    let address = if address.contains("://") { address } else { format!("http://{address}") };
    let mut url = Url::parse(&address).ok()?;
    let body = data.join("&");
    let has_body = !body.is_empty();
    if is_query && has_body {
        let query = url.query().map_or(body.clone(), |query| format!("{query}&{body}"));
        url.set_query(Some(&query));
    }
    let is_sent = has_body && !is_query;
    if is_sent && is_form && headers.get("content-type").is_none() {
        headers.push("content-type", "application/x-www-form-urlencoded");
    }
    let usual = if is_sent { Method::Post } else { Method::Get };
    let body = if is_sent { Body::from(body) } else { Body::Empty };
    Some(Request { method: method.unwrap_or(usual), url, headers, body })
}

/// `name=content`, `=content`, `content`: the content is encoded, the name is not.
fn encoded(text: &str) -> String {
    let (name, content) = text.split_once('=').map_or(("", text), |(name, content)| (name, content));
    let content: String = byte_serialize(content.as_bytes()).collect();
    if name.is_empty() { content } else { format!("{name}={content}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curl(text: &str) -> Option<Request> {
        all(text).into_iter().next().map(|(_, request)| request)
    }

    #[test]
    fn the_usual_ways_to_write_it_send_the_same() {
        for text in [
            "$ curl -X POST https://login.example/t/oauth2/v2.0/token -d 'client_id=c1' -d scope=a%20b",
            "curl --request POST \\\n  --url https://login.example/t/oauth2/v2.0/token \\\n  --data client_id=c1 \\\n  \
             --data-urlencode 'scope=a b'",
            "curl -XPOST \"https://login.example/t/oauth2/v2.0/token\" ^\n -d \"client_id=c1&scope=a+b\"",
            "I ran\ncurl -s -o out.json https://login.example/t/oauth2/v2.0/token --data-raw $'client_id=c1&scope=a b' | jq .",
        ] {
            let request = curl(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(request.method, Method::Post, "{text}");
            assert_eq!(request.url.as_str(), "https://login.example/t/oauth2/v2.0/token", "{text}");
            let form = request.form();
            assert_eq!((form.get("client_id"), form.get("scope")), (Some("c1"), Some("a b")), "{text}");
        }
    }

    #[test]
    fn other_options_are_read_too() {
        let request = curl("curl -G https://a.example/x -d a=1 -d b=2 -H 'Authorization: Bearer t' -A me")
            .expect("one");
        assert_eq!(request.url.as_str(), "https://a.example/x?a=1&b=2");
        assert_eq!(request.headers.get("authorization"), Some("Bearer t"));
        assert_eq!(request.method, Method::Get);
        let request = curl("curl https://a.example/token -F grant_type=password -u me:you").expect("one");
        assert!(request.form().is_empty(), "that is not what a token endpoint reads");
        assert_eq!(request.headers.get("authorization"), Some("Basic bWU6eW91"));
    }

    #[test]
    fn words_about_curl_are_no_command() {
        for text in ["the curl of it", "curl", "curly https://a", "libcurl error", "curl -X"] {
            assert_eq!(curl(text), None, "{text}");
        }
    }
}
