//! HTTP messages as people paste them: `POST /t/oauth2/v2.0/token HTTP/1.1`, its headers and body, and the answer below it;
//! also with the marks that `curl -v` puts before each line.

use url::Url;

use crate::wire::{Body, Headers, Method, Request, Response};

/// A request, its answer, or both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exchange {
    /// Where it begins in the text, in bytes.
    pub at: usize,
    pub request: Option<Request>,
    pub response: Option<Response>,
}

/// So many exchanges are read from one text.
const MOST: usize = 200;
/// A body beyond this is cut.
const LONGEST_BODY: usize = 512 * 1024;

/// Every exchange in a text, in order.
pub fn exchanges(text: &str) -> Vec<Exchange> {
    if !text.contains("HTTP/") && !text.contains(" http") {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().map(without_mark).collect();
    // A line is a part of the text: where it begins is where it points to.
    let place = |line: &str| line.as_ptr().addr() - text.as_ptr().addr();
    let mut found: Vec<Exchange> = Vec::new();
    let mut at = 0;
    while at < lines.len() && found.len() < MOST {
        if let Some((method, target)) = request_line(lines[at]) {
            let head = head(&lines[at + 1..]);
            let begin = at + 1 + head.lines;
            let end = begin + lines[begin..].iter().take_while(|line| !is_start(line)).count();
            let body = form(&lines[begin..end]);
            if let Some(url) = address(target, &head.headers) {
                let request = Request { method, url, headers: head.headers, body };
                found.push(Exchange { at: place(lines[at]), request: Some(request), response: None });
            }
            at = end.max(at + 1);
        } else if let Some(status) = status_line(lines[at]) {
            let head = head(&lines[at + 1..]);
            let begin = at + 1 + head.lines;
            let end = begin + lines[begin..].iter().take_while(|line| !is_start(line)).count();
            let response = Response { status, headers: head.headers, body: body(&lines[begin..end]) };
            match found.last_mut() {
                // An interim answer, or the answer of a proxy to CONNECT, is followed by the real one.
                Some(last) if last.response.as_ref().is_none_or(|before| before.status < 200) => {
                    last.response = Some(response);
                }
                _ => found.push(Exchange { at: place(lines[at]), request: None, response: Some(response) }),
            }
            at = end.max(at + 1);
        } else {
            at += 1;
        }
    }
    found
}

/// The line without what `curl -v` and mail put before it.
fn without_mark(line: &str) -> &str {
    let line = line.trim_end();
    ["> ", "< ", "| ", "* "].iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(match line {
        ">" | "<" | "|" => "",
        line => line,
    })
}

fn is_start(line: &str) -> bool {
    request_line(line).is_some() || status_line(line).is_some()
}

/// `POST /path HTTP/1.1`, and `POST https://host/path` without a version.
fn request_line(line: &str) -> Option<(Method, &str)> {
    const LONGEST: usize = 32 * 1024;
    let line = line.trim_start();
    let (method, rest) = line.split_once(' ').filter(|(method, _)| (3..=7).contains(&method.len()))?;
    let method = Method::parse(method)?;
    let mut words = rest.split_whitespace();
    let target = words.next().filter(|target| target.len() <= LONGEST)?;
    let has_version = words.next().is_some_and(|word| word.starts_with("HTTP/"));
    let is_address = target.starts_with("https://") || target.starts_with("http://");
    ((has_version && target.starts_with('/')) || is_address).then_some((method, target))
}

/// `HTTP/1.1 400 Bad Request`.
fn status_line(line: &str) -> Option<u16> {
    let rest = line.trim_start().strip_prefix("HTTP/")?;
    let status = rest.split_once(' ')?.1.trim_start().get(..3)?;
    status.parse().ok().filter(|status| (100..600).contains(status))
}

struct Head {
    headers: Headers,
    /// With the empty line behind them.
    lines: usize,
}

fn head(lines: &[&str]) -> Head {
    let mut headers = Headers::new();
    let mut count = 0;
    for line in lines {
        count += 1;
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        let header = line.split_once(':').filter(|(name, _)| {
            let is_token = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            !name.is_empty() && name.len() <= 60 && name.bytes().all(is_token)
        });
        let Some((name, value)) = header else {
            count -= 1; // somebody left the empty line out
            break;
        };
        headers.push(name, value.trim());
    }
    Head { headers, lines: count }
}

/// The body of a request: a form may be spread over lines, and what stands behind it is no part of it.
fn form(lines: &[&str]) -> Body {
    let mut lines = lines.iter().map(|line| line.trim()).skip_while(|line| line.is_empty()).peekable();
    let Some(first) = lines.peek() else { return Body::Empty };
    if first.starts_with(['{', '[', '<']) {
        return body(&lines.collect::<Vec<_>>());
    }
    let mut text = String::new();
    for line in lines {
        let belongs = line.contains('=') && !line.contains(' ') || line.starts_with('&');
        if !belongs || text.len() > LONGEST_BODY {
            break;
        }
        if !text.is_empty() && !text.ends_with('&') && !line.starts_with('&') {
            text.push('&');
        }
        text.push_str(line);
    }
    if text.is_empty() { Body::Empty } else { Body::from(text) }
}

fn body(lines: &[&str]) -> Body {
    let mut text = String::new();
    for line in lines {
        if text.len() + line.len() > LONGEST_BODY {
            break;
        }
        text.push_str(line);
        text.push('\n');
    }
    let text = text.trim();
    if text.is_empty() { Body::Empty } else { Body::from(text.to_owned()) }
}

fn address(target: &str, headers: &Headers) -> Option<Url> {
    if target.starts_with('/') {
        // A path that only the authority has needs no host to be known.
        let of_authority = target.contains("/oauth2/") || target.contains("/v2.0/");
        let host = headers.get("host").or(of_authority.then_some("login.microsoftonline.com"))?;
        let scheme = if host.starts_with("localhost") || host.starts_with("127.") { "http" } else { "https" };
        return Url::parse(&format!("{scheme}://{host}{target}")).ok();
    }
    Url::parse(target.trim_end_matches([',', ';', '"', '\''])).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_is_read_with_its_answer() {
        let text = "some words\nPOST /t1/oauth2/v2.0/token HTTP/1.1\nHost: login.example\n\
                    Content-Type: application/x-www-form-urlencoded\n\ngrant_type=authorization_code\n&client_id=c1\n\n\
                    HTTP/1.1 400 Bad Request\nDate: Wed, 14 Oct 2026 08:21:07 GMT\n\n{\"error\":\"invalid_grant\"}\n";
        let found = exchanges(text);
        assert_eq!(found.len(), 1);
        let request = found[0].request.as_ref().expect("a request");
        assert_eq!(request.url.as_str(), "https://login.example/t1/oauth2/v2.0/token");
        assert_eq!(request.form().get("client_id"), Some("c1"));
        let response = found[0].response.as_ref().expect("an answer");
        assert_eq!((response.status, &*response.body.text()), (400, "{\"error\":\"invalid_grant\"}"));
    }

    #[test]
    fn the_marks_of_curl_are_no_part_of_it() {
        let text = "* Connected to login.example\n> POST /t/oauth2/v2.0/token HTTP/2\n> Host: login.example\n> \n\
                    * upload completely sent off\n< HTTP/2 401 \n< content-type: application/json\n< \n{\"error\":\"invalid_client\"}";
        let found = exchanges(text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].response.as_ref().map(|response| response.status), Some(401));
    }

    #[test]
    fn prose_and_addresses_of_nobody_are_no_messages() {
        for text in ["GET it done HTTP/1.1", "POST the letter", "HTTP/1.1 abc", "GET /x HTTP/1.1", ""] {
            assert!(exchanges(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_megabyte_of_anything_is_read_once() {
        for pattern in ["GET /oauth2/ HTTP/1.1\n", "HTTP/1.1 400\n", "> \n", "A: b\n", "POST https://a\n\n\n"]
        {
            let text = pattern.repeat(1_000_000 / pattern.len());
            assert!(exchanges(&text).len() <= MOST, "{pattern}");
        }
    }
}
