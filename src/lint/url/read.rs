//! Taking an address apart as it is written, and what that shows of its encoding.

use percent_encoding::percent_decode_str;

use super::Endpoint;
use crate::lint::LintFinding;

/// A parameter as it is written.
pub struct Raw {
    pub name: String,
    /// Between the signs, undecoded.
    pub written: String,
    /// Decoded once, with `+` as a blank.
    pub value: String,
}

/// An address in parts.
pub struct Address {
    /// Scheme, host and path.
    pub base: String,
    pub scheme: String,
    pub host: String,
    pub path: Vec<String>,
    pub parameters: Vec<Raw>,
    pub fragment: Option<String>,
    /// Whether it came with `&amp;` for `&`.
    pub is_html: bool,
    /// Whether it was encoded as a whole.
    pub is_encoded: bool,
}

/// Finds the address in a text: in quotes, in a log line, over several lines, escaped for HTML or encoded as a whole.
pub fn address(text: &str) -> Result<Address, String> {
    let none = || "there is no address in it: expected https://…/authorize?client_id=…".to_owned();
    let mut text = text.trim().to_owned();
    let lower = text.to_ascii_lowercase();
    let is_encoded = !lower.contains("://") && lower.contains("%3a%2f%2f");
    if is_encoded {
        text = percent_decode_str(&text).decode_utf8_lossy().into_owned();
    }
    let lower = text.to_ascii_lowercase();
    let start =
        ["https://", "http://"].iter().filter_map(|scheme| lower.find(scheme)).min().ok_or_else(none)?;
    // What stands before it tells where it ends.
    let quote = text[..start].chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`' | '<'));
    let rest = &text[start..];
    let end = match quote {
        Some('<') => rest.find('>'),
        Some(quote) => rest.find(quote),
        None => None,
    };
    let rest = end.map_or(rest, |end| &rest[..end]);
    // One parameter on each line.
    let rest: String = rest.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let mut whole = String::new();
    for line in rest.split('\n') {
        let goes_on = whole.is_empty()
            || whole.ends_with(['?', '&', '=', '\\'])
            || line.starts_with(['&', '?'])
            || (!line.is_empty() && !line.contains(' ') && line.contains('='));
        if !goes_on {
            break;
        }
        if whole.ends_with('\\') {
            whole.pop();
        }
        whole.push_str(line);
    }
    let is_html = whole.contains("&amp;");
    let whole = if is_html { whole.replace("&amp;", "&") } else { whole };
    Ok(taken_apart(whole.trim(), is_html, is_encoded))
}

fn taken_apart(whole: &str, is_html: bool, is_encoded: bool) -> Address {
    let (before, fragment) = match whole.split_once('#') {
        Some((before, fragment)) => (before, Some(fragment.to_owned())),
        None => (whole, None),
    };
    let (base, query) = before.split_once('?').unwrap_or((before, ""));
    let (scheme, rest) = base.split_once("://").unwrap_or(("", base));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let parameters = query.split('&').filter(|piece| !piece.is_empty()).map(|piece| {
        let (name, raw) = piece.split_once('=').unwrap_or((piece, ""));
        Raw { name: decoded(name), written: raw.to_owned(), value: decoded(raw) }
    });
    Address {
        base: base.to_owned(),
        scheme: scheme.to_ascii_lowercase(),
        host: host.to_ascii_lowercase(),
        path: path.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect(),
        parameters: parameters.collect(),
        fragment,
        is_html,
        is_encoded,
    }
}

/// Decoded once.
pub fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

impl Address {
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::of(&self.path)
    }

    /// The first segment of the path, where the address has the form of Entra's.
    pub fn tenant(&self) -> Option<String> {
        let first = self.path.first()?;
        let is_endpoint =
            ["authorize", "token", "oauth2", "v2.0"].contains(&first.to_ascii_lowercase().as_str());
        (self.path.len() > 1 && self.is_entra() && !is_endpoint).then(|| first.clone())
    }

    /// Whether the host, or the path, is Entra's.
    pub fn is_entra(&self) -> bool {
        super::endpoint::HOSTS.iter().any(|(host, _)| *host == self.host)
            || [".ciamlogin.com", ".b2clogin.com"].iter().any(|end| self.host.ends_with(end))
            || self.path.windows(2).skip(1).any(|two| {
                // Behind a tenant, and before what Entra has there: Google's has /o/oauth2/v2/auth.
                let next = two[1].to_ascii_lowercase();
                two[0].eq_ignore_ascii_case("oauth2")
                    && ["v2.0", "authorize", "token", "devicecode", "logout"].contains(&next.as_str())
            })
    }
}

/// Values whose own meaning has percent signs: never taken for encoded twice.
const FREE: [&str; 3] = ["state", "nonce", "claims"];

pub fn check(address: &Address, out: &mut Vec<LintFinding>) {
    if address.is_html {
        out.push(
            LintFinding::info("url.html", "url", "The address was escaped for HTML (&amp;)")
                .why("It was read with plain & signs. Sent as it stands, every parameter but the first would be called amp;…")
                .fix("Use & outside of HTML."),
        );
    }
    if address.is_encoded {
        out.push(
            LintFinding::info("url.encoded", "url", "The address was percent-encoded as a whole")
                .why("It was decoded once before it was read.")
                .fix("Encode the values of parameters only."),
        );
    }
    if let Some(fragment) = &address.fragment
        && fragment.contains('=')
    {
        out.push(
            LintFinding::error("url.cut_off", "url", "A # cuts the address off: what follows is never sent")
                .value(format!("#{fragment}"))
                .why("A # inside of a value has to be written %23.")
                .fix("Encode the value that has the # in it."),
        );
    }
    let mut seen: Vec<&str> = Vec::new();
    for raw in &address.parameters {
        one(raw, out);
        if seen.contains(&raw.name.as_str())
            && out.iter().all(|one| one.id != "url.twice" || one.place != raw.name)
        {
            out.push(
                LintFinding::error("url.twice", raw.name.as_str(), format!("{} stands twice", raw.name))
                    .fails("The request", &[9_000_411])
                    .why("No parameter may be sent more than once (RFC 6749 §3.1).")
                    .fix("Keep one of them."),
            );
        }
        seen.push(&raw.name);
    }
    torn(address, out);
}

fn one(raw: &Raw, out: &mut Vec<LintFinding>) {
    let place = raw.name.as_str();
    if raw.name.starts_with("amp;") {
        out.push(
            LintFinding::error("url.html", place, "A parameter's name begins with amp;")
                .fails("The parameter does not arrive", &[900_144])
                .why("The address was escaped for HTML twice.")
                .fix("Write & and nothing behind it."),
        );
    }
    if raw.written.chars().any(char::is_whitespace) {
        out.push(
            LintFinding::warning("url.blank", place, format!("{place} has a blank that is not encoded"))
                .why("Browsers mend it; libraries, terminals and mail programs cut the address there.")
                .fix(format!(
                    "Write %20: {place}={}",
                    raw.written.split_whitespace().collect::<Vec<_>>().join("%20")
                )),
        );
    } else if !raw.written.is_ascii() {
        out.push(
            LintFinding::warning("url.not_ascii", place, format!("{place} has letters that are not encoded"))
                .why("Addresses are ASCII; what becomes of other letters depends on who sends it.")
                .fix("Percent-encode the value as UTF-8."),
        );
    }
    let bytes = raw.written.as_bytes();
    let is_broken = bytes.iter().enumerate().any(|(at, b)| {
        *b == b'%' && !bytes.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    });
    if is_broken {
        out.push(
            LintFinding::error("url.percent", place, format!("{place} has a % that begins no code"))
                .value(raw.written.as_str())
                .why("A % is followed by two hexadecimal digits; for the sign itself write %25.")
                .fix("Encode the value once, as a whole."),
        );
    }
    let again = decoded(&raw.value);
    let is_twice = raw.value.contains('%') && again != raw.value && !FREE.contains(&place);
    let looks_encoded =
        ["%3a", "%2f", "%20", "%25"].iter().any(|code| raw.value.to_ascii_lowercase().contains(code));
    if is_twice && looks_encoded {
        let codes: &'static [u32] = match place {
            "redirect_uri" => &[90102, 50011],
            "scope" => &[70011],
            _ => &[],
        };
        out.push(
            LintFinding::error("url.encoded_twice", place, format!("{place} was encoded twice"))
                .value(raw.value.as_str())
                .fails("The request", codes)
                .why(format!("Decoded once it still has percent signs; what is meant is {again}."))
                .fix("Encode it in one place only: the library does it already."),
        );
    }
}

/// An `&` inside of a value ends it: the rest of a redirect URI then stands there as parameters of their own.
fn torn(address: &Address, out: &mut Vec<LintFinding>) {
    let Some(at) =
        address.parameters.iter().position(|raw| raw.name == "redirect_uri" && raw.written.contains('?'))
    else {
        return;
    };
    let endpoint = address.endpoint();
    let after = address.parameters[at + 1..].iter().take_while(|raw| !endpoint.takes(&raw.name));
    let names: Vec<_> = after.map(|raw| raw.name.as_str()).collect();
    if !names.is_empty() {
        out.push(
            LintFinding::error(
                "redirect_uri.torn",
                "redirect_uri",
                "The redirect URI is cut off at its own &",
            )
            .value(format!("{} | {}", address.parameters[at].value, names.join(", ")))
            .fails("The request", &[50011])
            .why("A bare & ends the value; what follows arrives as parameters of the sign-in.")
            .fix("Percent-encode the redirect URI as a whole: ? becomes %3F, & becomes %26."),
        );
    }
}
