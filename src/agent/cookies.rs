//! The cookie jar of one visit: the essentials of RFC 6265, and what browsers have agreed on since.
//!
//! It knows no clock. `Max-Age` tells a deletion from a cookie that stays, and `Expires` is compared with the `Date`
//! of the same response. A cookie that would run out in the middle of a visit stays. `SameSite` and `HttpOnly` have no
//! meaning here: every request is a top-level navigation, and there are no scripts.

use url::{Host, Url};

use crate::{
    secret::Secret,
    wire::{Headers, Response},
};

/// Longer cookies are dropped, as browsers do.
const LONGEST: usize = 4096;
/// More than this many are not kept; the oldest go first.
const MOST: usize = 300;
/// `Expires` before this is over when the response has no `Date`: a deletion is written as a day in 1970.
const LONG_AGO: Moment = (2020, 1, 1, 0, 0, 0);

/// Year, month, day, hour, minute, second; compares as time does.
type Moment = (u32, u32, u32, u32, u32, u32);

/// Cookies, in the order in which they were first set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Jar(Vec<Cookie>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Cookie {
    name: String,
    value: Secret,
    domain: String,
    host_only: bool,
    path: String,
    secure: bool,
}

impl Jar {
    /// Takes in what the response to a request for `url` sets.
    pub(super) fn keep(&mut self, url: &Url, response: &Response) {
        let date = response.headers.get("date").and_then(moment);
        for line in response.headers.all("set-cookie") {
            let Some((cookie, deleted)) = read(line, url, date) else { continue };
            let same = |old: &Cookie| {
                (&old.name, &old.domain, &old.path) == (&cookie.name, &cookie.domain, &cookie.path)
            };
            match (self.0.iter().position(same), deleted) {
                (Some(old), true) => drop(self.0.remove(old)),
                (Some(old), false) => self.0[old] = cookie,
                (None, true) => {}
                (None, false) => {
                    if self.0.len() == MOST {
                        self.0.remove(0);
                    }
                    self.0.push(cookie);
                }
            }
        }
    }

    /// Adds the `cookie` header for a request to `url`, if any cookie belongs there: longer paths first, then older
    /// cookies (RFC 6265 §5.4).
    pub(super) fn attach(&self, url: &Url, headers: &mut Headers) {
        let mut cookies: Vec<&Cookie> = self.0.iter().filter(|cookie| cookie.belongs_to(url)).collect();
        if cookies.is_empty() {
            return;
        }
        cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = cookies
            .into_iter()
            .map(|cookie| match cookie.name.as_str() {
                "" => cookie.value.expose().to_owned(),
                name => format!("{name}={}", cookie.value.expose()),
            })
            .collect();
        headers.push("cookie", pairs.join("; "));
    }
}

impl Cookie {
    fn belongs_to(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let host_fits = if self.host_only { host == self.domain } else { covers(&self.domain, url) };
        host_fits && path_fits(&self.path, url.path()) && (!self.secure || is_trustworthy(url))
    }
}

/// Reads one `Set-Cookie` line; the flag says whether it deletes. `None` for a cookie that is refused.
fn read(line: &str, url: &Url, date: Option<Moment>) -> Option<(Cookie, bool)> {
    let mut parts = line.split(';');
    let pair = parts.next().unwrap_or_default();
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    let (name, value) = (name.trim(), value.trim());
    let too_long = name.len() + value.len() > LONGEST;
    let unsendable = line.contains(|c: char| c.is_control() && c != '\t');
    if too_long || unsendable || (name.is_empty() && value.is_empty()) {
        return None;
    }

    let (mut domain, mut path, mut secure) = (None, None, false);
    let (mut max_age, mut expires) = (None, None);
    for attribute in parts {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "domain" => domain = Some(value.trim_start_matches('.').to_ascii_lowercase()),
            "path" => path = Some(value),
            "secure" => secure = true,
            "max-age" => max_age = seconds(value).or(max_age),
            "expires" => expires = moment(value).or(expires),
            _ => {}
        }
    }

    let host = url.host_str()?.to_owned();
    let (domain, host_only) = match domain.filter(|domain| !domain.is_empty()) {
        None => (host, true),
        Some(domain) if domain == host => (domain, false),
        // A domain without a dot is a whole registry, such as `com`.
        Some(domain) if domain.contains('.') && covers(&domain, url) => (domain, false),
        Some(_) => return None,
    };
    let path = match path {
        Some(path) if path.starts_with('/') => path.to_owned(),
        _ => default_path(url.path()),
    };
    let whole_host = host_only && path == "/";
    if (secure && !is_trustworthy(url))
        || (starts_with(name, "__secure-") && !secure)
        || (starts_with(name, "__host-") && !(secure && whole_host))
    {
        return None;
    }

    let deleted = match (max_age, expires) {
        (Some(seconds), _) => seconds <= 0,
        (None, Some(end)) => end <= date.unwrap_or(LONG_AGO),
        (None, None) => false,
    };
    let cookie = Cookie { name: name.to_owned(), value: Secret::new(value), domain, host_only, path, secure };
    Some((cookie, deleted))
}

/// Whether `domain` is the host or a parent of it (RFC 6265 §5.1.3). An IP address has no parents.
fn covers(domain: &str, url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(host)) => {
            host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        }
        _ => url.host_str() == Some(domain),
    }
}

/// RFC 6265 §5.1.4.
fn path_fits(cookie: &str, request: &str) -> bool {
    request
        .strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.ends_with('/'))
}

/// The directory of the request's path (RFC 6265 §5.1.4).
fn default_path(path: &str) -> String {
    match path.rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(end) => path[..end].to_owned(),
    }
}

/// Whether a `Secure` cookie or a password may travel there: over TLS, or to this machine, as in browsers.
pub(super) fn is_trustworthy(url: &Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Domain(host)) => host == "localhost" || host.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}

fn starts_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// `Max-Age`: digits with an optional minus. What does not fit a number is as good as forever.
fn seconds(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

/// Reads a date as loosely as RFC 6265 §5.1.1 asks: the order of its parts and most separators do not matter.
fn moment(text: &str) -> Option<Moment> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (mut clock, mut day, mut month, mut year) = (None, None, None, None);
    for part in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == ':')).filter(|part| !part.is_empty())
    {
        if clock.is_none()
            && let Some(time) = time_of_day(part)
        {
            clock = Some(time);
            continue;
        }
        let number: Option<u32> = part.parse().ok();
        match number {
            Some(n) if day.is_none() && part.len() <= 2 => day = Some(n),
            Some(n) if year.is_none() && (part.len() == 2 || part.len() == 4) => {
                year = Some(match n {
                    0..=69 => n + 2000,
                    70..=99 => n + 1900,
                    _ => n,
                });
            }
            None if month.is_none() => {
                let start = part.get(..3).unwrap_or_default().to_ascii_lowercase();
                month = (1..).zip(MONTHS).find(|(_, name)| *name == start).map(|(number, _)| number);
            }
            _ => {}
        }
    }
    let (hour, minute, second) = clock?;
    Some((year?, month?, day?, hour, minute, second))
}

fn time_of_day(part: &str) -> Option<(u32, u32, u32)> {
    let mut fields = part.splitn(3, ':').map(|field| field.parse::<u32>().ok());
    Some((fields.next()??, fields.next()??, fields.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Body;

    fn response(headers: Headers) -> Response {
        Response { status: 200, headers, body: Body::Empty }
    }

    fn sent(jar: &Jar, url: &str) -> String {
        let mut headers = Headers::new();
        jar.attach(&Url::parse(url).unwrap(), &mut headers);
        headers.get("cookie").unwrap_or_default().to_owned()
    }

    /// Sets `lines` at `set_at`, then says what a request to `asked` carries.
    fn check(set_at: &str, lines: &[&str], asked: &str, expected: &str) {
        let mut jar = Jar::default();
        for line in lines {
            jar.keep(&Url::parse(set_at).unwrap(), &response(Headers::new().with("set-cookie", *line)));
        }
        assert_eq!(sent(&jar, asked), expected, "{lines:?} set at {set_at}, asked {asked}");
    }

    #[test]
    fn cookies_go_back_where_they_belong() {
        let login = "https://login.example/oauth2/authorize";
        check(login, &["a=1"], "https://login.example/oauth2/x", "a=1");
        check(login, &["a=1"], "https://login.example/oauth2", "a=1");
        check(login, &["a=1"], "https://login.example/oauth2x", "");
        check(login, &["a=1"], "https://login.example/", "");
        check(login, &["a=1; Path=/"], "https://login.example/", "a=1");
        check(login, &["a=1; path=relative"], "https://login.example/oauth2/", "a=1");
        check(login, &["a=1; Path=/"], "https://sub.login.example/", "");
        check(login, &["a=1; Path=/"], "https://login.example:8443/", "a=1");
        check(login, &["a=1; Path=/; Domain=login.example"], "https://sub.login.example/", "a=1");
        check(login, &["a=1; Path=/; Domain=.LOGIN.example"], "https://login.example/", "a=1");
        check("https://a.b.example/", &["a=1; Domain=b.example"], "https://c.b.example/", "a=1");
        check("https://a.b.example/", &["a=1; Domain=b.example"], "https://cb.example/", "");
        check(login, &["a=1; Domain=other.example"], "https://other.example/", "");
        check(login, &["a=1; Domain=example"], login, "");
        check("http://127.0.0.1:7080/", &["a=1; Domain=0.0.1"], "http://127.0.0.1:7080/", "");
        check("http://localhost:7080/", &["a=1; Domain=localhost"], "http://localhost:9/", "a=1");
    }

    #[test]
    fn secure_cookies_travel_over_tls_or_stay_on_this_machine() {
        check("https://login.example/", &["a=1; Secure"], "http://login.example/", "");
        check("http://login.example/", &["a=1; Secure"], "https://login.example/", "");
        check("http://localhost:7080/", &["a=1; secure; HttpOnly"], "http://localhost:7080/", "a=1");
        check("http://127.0.0.1/", &["a=1; Secure"], "http://127.0.0.1/", "a=1");
        check("http://[::1]:7080/", &["__Host-a=1; Secure; Path=/"], "http://[::1]:7080/", "__Host-a=1");
        check("https://login.example/", &["__Host-a=1; Path=/"], "https://login.example/", "");
        check("https://login.example/x/y", &["__host-a=1; Secure"], "https://login.example/x/y", "");
        check("https://login.example/", &["__Secure-a=1"], "https://login.example/", "");
    }

    #[test]
    fn a_later_cookie_replaces_or_deletes_an_earlier_one() {
        let at = "https://login.example/";
        check(at, &["a=1", "b=2", "a=3"], at, "a=3; b=2");
        check(at, &["a=1", "a=; Max-Age=0"], at, "");
        check(at, &["a=1", "a=; Max-Age=-5; Expires=Wed, 01 Jan 2100 00:00:00 GMT"], at, "");
        check(at, &["a=1; Max-Age=3600; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], at, "a=1");
        check(at, &["a=1", "a=; Expires=Thu, 01-Jan-1970 00:00:00 GMT"], at, "");
        check(at, &["a=1", "a=x; Expires=Thu, 01-Jan-70 00:00:01 GMT"], at, "");
        check(at, &["a=1; Max-Age=99999999999999999999"], at, "a=1");
        check(at, &["a=1; Max-Age=soon; Expires=whenever"], at, "a=1");
        check("https://login.example/x/", &["a=1; Path=/", "a=2"], "https://login.example/x/", "a=2; a=1");
    }

    #[test]
    fn an_end_is_measured_by_the_date_of_its_response() {
        let at = Url::parse("https://login.example/").unwrap();
        let headers = |expires: &str| {
            Headers::new()
                .with("date", "Wed, 04 Mar 2026 09:15:27 GMT")
                .with("set-cookie", format!("a=1; Expires={expires}"))
        };
        let mut jar = Jar::default();
        jar.keep(&at, &response(headers("Wed, 04 Mar 2026 09:15:28 GMT")));
        assert_eq!(sent(&jar, at.as_str()), "a=1");
        jar.keep(&at, &response(headers("Wed, 04 Mar 2026 09:15:27 GMT")));
        assert_eq!(sent(&jar, at.as_str()), "");
    }

    #[test]
    fn what_cannot_be_a_cookie_is_dropped() {
        let at = "https://login.example/";
        check(at, &["", "=", ";", "a=1\r\nx: y", &format!("big={}", "x".repeat(5000))], at, "");
        check(at, &["lonely"], at, "lonely");
        check(at, &["a=b=c; unknown=1"], at, "a=b=c");
        let many: Vec<String> = (0..400).map(|i| format!("c{i}=1")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let mut jar = Jar::default();
        for line in many {
            jar.keep(&Url::parse(at).unwrap(), &response(Headers::new().with("set-cookie", line)));
        }
        assert_eq!(jar.0.len(), MOST);
        assert!(sent(&jar, at).ends_with("c399=1") && !sent(&jar, at).contains("c0="));
    }

    #[test]
    fn values_stay_out_of_debug_output() {
        let mut jar = Jar::default();
        let headers = Headers::new().with("set-cookie", "session=correct-horse");
        jar.keep(&Url::parse("https://login.example/").unwrap(), &response(headers));
        assert!(!format!("{jar:?}").contains("correct-horse"));
    }
}
