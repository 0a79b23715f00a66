//! `authwright decode`: what a token says, without believing it.

use std::io::IsTerminal as _;

use serde_json::{Value, json};

use super::exit::{Exit, optional_argument, print, usage};
use crate::{
    finding::{Finding, Severity},
    oauth,
    runtime::clock,
    text::{visible, visible_json},
    time::{self, UnixTime},
    token::{
        self, Decoded, Kind, TokenKind, assertion,
        claims::{self, Group},
        values,
    },
};

/// The options of `decode`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The token, with or without what stands around it; @FILE reads a file, - or nothing standard input
    #[arg(value_name = "TOKEN", allow_hyphen_values = true)]
    token: Option<String>,
    /// Print one JSON object; further tokens of the same text stand in its member `more`
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn execute(options: &Options) -> Exit {
    let text = match optional_argument(options.token.as_deref(), "token") {
        Ok(text) => text,
        Err(why) => return usage(why),
    };
    let now = clock::now();
    let tokens: Vec<Decoded> = token::decode_all(&text).into_iter().map(|token| token.at(now)).collect();
    drop(text);
    let nothing = tokens.iter().all(|token| token.kind == Kind::NotAToken);
    let exit = if nothing { Exit::Usage } else { Exit::Done };
    if options.json {
        let mut tokens = tokens.into_iter().map(|token| object(token, now));
        let mut object = tokens.next().unwrap_or_default();
        let more: Vec<Value> = tokens.collect();
        if !more.is_empty() {
            object["more"] = more.into();
        }
        let text = serde_json::to_string_pretty(&object).unwrap_or_default();
        print(visible_json(&text));
        return exit;
    }
    let mut page = Page { lines: Vec::new(), paint: paints() };
    let count = tokens.len();
    for (index, token) in tokens.iter().enumerate() {
        if count > 1 {
            let name = token.name.as_deref().map_or_else(String::new, |name| format!(", {}", shown(name)));
            let blank = if index > 0 { "\n" } else { "" };
            page.heading(&format!("{blank}token {} of {count}{name}", index + 1));
        }
        page.token(token, now);
    }
    page.line("\nNothing here was verified: decoding is not checking.");
    // In one go: standard output hands every line on by itself.
    print(page.lines.join("\n"));
    exit
}

/// The object of `--json` for one token.
fn object(token: Decoded, now: UnixTime) -> Value {
    let lights = of_assertion(&token, now);
    let mut object = token.into_json();
    if !lights.is_empty() {
        let light = |light: &Finding| json!({"id": light.id, "severity": light.severity.name(), "title": light.title});
        object["assertion"] = lights.iter().map(light).collect();
    }
    object
}

/// The lights of a client assertion; none for any other token.
fn of_assertion(decoded: &Decoded, now: UnixTime) -> Vec<Finding> {
    if token::kind_of(decoded).kind != TokenKind::ClientAssertion {
        return Vec::new();
    }
    assertion::judge(decoded, &assertion::Expected::default(), now)
}

/// Whether standard output takes colours.
fn paints() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal()
        && !set("NO_COLOR")
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The width that text is broken at. Values are never broken: they are there to be copied.
pub(super) const WIDTH: usize = 80;
/// How wide the column of names is at most.
const NAMES: usize = 22;
/// So many entries of a list and so many characters of a value are printed; `--json` has them all.
const ENTRIES: usize = 250;
const CHARACTERS: usize = 4000;

/// The lines for a person.
struct Page {
    lines: Vec<String>,
    paint: bool,
}

impl Page {
    fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }

    fn painted(&self, code: &str, text: &str) -> String {
        if self.paint { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn heading(&mut self, text: &str) {
        let painted = self.painted("1", text);
        self.line(painted);
    }

    /// Prose, broken at [`WIDTH`] and indented.
    fn prose(&mut self, indent: usize, text: &str) {
        for line in wrap(text, WIDTH - indent) {
            self.line(format!("{:indent$}{line}", ""));
        }
    }

    fn token(&mut self, token: &Decoded, now: UnixTime) {
        let recognised = token::kind_of(token);
        if token.kind == Kind::Jws {
            self.heading(&format!("{}: {}", token.kind.title(), recognised.kind.title()));
        } else {
            self.heading(token.kind.title());
        }
        self.prose(0, recognised.because);
        for group in Group::ALL {
            self.group(token, group, now);
        }
        let lights = of_assertion(token, now);
        if !lights.is_empty() {
            self.heading("\nas a client assertion");
            for light in &lights {
                self.finding(light, "");
            }
        }
        if !token.findings.is_empty() {
            self.heading("\nfindings");
        }
        for (index, finding) in token.findings.iter().enumerate() {
            let place = token.place(index).map_or_else(String::new, |place| format!(" [{}]", place.words()));
            self.finding(finding, &place);
        }
    }

    /// The claims (or header members) of one group, under its heading.
    fn group(&mut self, token: &Decoded, group: Group, now: UnixTime) {
        let header = group == Group::Form;
        let members = if header { &token.header } else { &token.claims };
        let belongs = |name: &str| header || claims::group(name) == group;
        let mut members: Vec<(&String, &Value)> = members.iter().filter(|(name, _)| belongs(name)).collect();
        if members.is_empty() {
            return;
        }
        // Known claims stand in the order of the table, which goes from what matters most to what matters least.
        members.sort_by_key(|(name, _)| claims::CLAIMS.iter().position(|known| known.name == name.as_str()));
        self.heading(&format!("\n{}", if header { "header" } else { group.title() }));
        let width =
            members.iter().map(|(name, _)| visible(name).chars().count()).max().unwrap_or(0).min(NAMES);
        let over = members.len().saturating_sub(ENTRIES);
        for (name, value) in members.into_iter().take(ENTRIES) {
            self.member(token, header, name, value, width, now);
        }
        if over > 0 {
            self.line(format!("  and {over} more, which --json shows"));
        }
        if let Some(life) = token.life().filter(|_| group == Group::When) {
            let bar = bar(life.used(now));
            let left = if life.left(now).is_zero() {
                "over".to_owned()
            } else {
                format!("{} left", time::span(life.left(now)))
            };
            self.line(format!("  {:<width$}  {bar} {left} of {}", "life", time::span(life.whole())));
        }
    }

    fn member(
        &mut self,
        token: &Decoded,
        header: bool,
        name: &str,
        value: &Value,
        width: usize,
        now: UnixTime,
    ) {
        let meaning = if header { claims::header_meaning(name) } else { claims::meaning(name) };
        // The members of a client assertion mean something else than those of tokens, which an issuer writes.
        let of_assertion = token::kind_of(token).kind == TokenKind::ClientAssertion;
        let special =
            of_assertion.then(|| oauth::assertion::meaning(name)).flatten().map(|meaning| meaning.short);
        let short = special
            .or_else(|| meaning.map(|meaning| meaning.short))
            .or_else(|| claims::likely(name).filter(|_| !header));
        let items = if header { Vec::new() } else { values::items(token, name) };
        let padding = width.saturating_sub(visible(name).chars().count());
        let lead = format!("  {}{:padding$}  ", self.painted("36", &visible(name)), "");
        let indent = 4 + width.max(visible(name).chars().count());
        if items.len() > 1 {
            let about = short.map_or_else(String::new, |short| format!(": {short}"));
            self.line(format!("{lead}{} of them{about}", items.len()));
            let widest = items.iter().map(|item| item.text.chars().count()).max().unwrap_or(0).min(36);
            for item in items.iter().take(ENTRIES) {
                let text = shown(&item.text);
                let says = item.says.as_deref().map_or_else(String::new, |says| format!("  {says}"));
                self.line(format!("    {text:<widest$}{says}").trim_end().to_owned());
            }
            if items.len() > ENTRIES {
                self.line(format!("    and {} more, which --json shows", items.len() - ENTRIES));
            }
            return;
        }
        let said = match items.first() {
            Some(item) if matches!(name, "scp" | "scope" | "roles" | "wids" | "amr") => item.says.clone(),
            _ => values::explain_value(name, value, now),
        };
        let text = match items.first() {
            Some(item) => shown(&item.text),
            None => value.as_str().map_or_else(|| shown(&value.to_string()), shown),
        };
        let about = match (said, short) {
            (Some(said), Some(short)) => format!("{said} ({short})"),
            (Some(said), None) => said,
            (None, short) => short.unwrap_or_default().to_owned(),
        };
        let end = indent + text.chars().count();
        if about.is_empty() {
            self.line(format!("{lead}{text}"));
        } else if end + 2 + about.chars().count() <= WIDTH {
            self.line(format!("{lead}{text}  {about}"));
        } else {
            self.line(format!("{lead}{text}"));
            self.prose(indent.min(WIDTH / 2), &about);
        }
    }

    fn finding(&mut self, finding: &Finding, place: &str) {
        let code = match finding.severity {
            Severity::Passed => "32",
            Severity::Info => "36",
            Severity::Warning => "33",
            Severity::Error => "31",
        };
        let mark = self.painted(code, finding.severity.mark());
        let text = format!("{}{place}", visible(&finding.title));
        for (number, line) in wrap(&text, WIDTH - 4).iter().enumerate() {
            let lead = if number == 0 { mark.as_str() } else { " " };
            self.line(format!("  {lead} {line}"));
        }
    }
}

/// A text from outside, safe to print and not endless.
fn shown(text: &str) -> String {
    let mut shown: String = visible(text).chars().take(CHARACTERS).collect();
    if text.chars().nth(CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}

/// Twenty characters of which so many are filled.
fn bar(used: f64) -> String {
    const LONG: u8 = 20;
    let filled = (1..=LONG).filter(|step| f64::from(*step) <= used * f64::from(LONG)).count();
    format!("[{}{}]", "#".repeat(filled), "-".repeat(usize::from(LONG) - filled))
}

/// Prose in lines of at most `width` characters, broken at blanks.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        let line = lines.last_mut().expect("there is always a line");
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> String {
        let mut page = Page { lines: Vec::new(), paint: false };
        page.token(&token::decode(text), UnixTime::from_seconds(1_772_615_727));
        page.lines.join("\n")
    }

    #[test]
    fn bars_and_lines_fit() {
        assert_eq!(bar(0.0), format!("[{}]", "-".repeat(20)));
        assert_eq!(bar(0.5), format!("[{}{}]", "#".repeat(10), "-".repeat(10)));
        assert_eq!(bar(1.0), format!("[{}]", "#".repeat(20)));
        assert_eq!(wrap("a bb ccc dddd", 6), ["a bb", "ccc", "dddd"]);
        assert_eq!(wrap("", 6), [""]);
    }

    #[test]
    fn everything_in_it_is_shown_grouped_and_fits_eighty_columns() {
        use base64::Engine as _;
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let claims = r#"{"aud":"https://graph.microsoft.com","iss":"https://sts.windows.net/3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40/",
            "iat":1772615427,"exp":1772619327,"scp":"openid Mail.Read User.Read.All","wids":["62e90394-69f5-4237-9190-012177145e10"],
            "name":"Mina Okafor","xms_new":{"a":[1]},"tier":"gold","uti":"Yk3VfW0pQk","hasgroups":true,
            "appid":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","sub":"R2pT0mXh","ver":"1.0"}"#;
        let page = page(&format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(claims)));
        for part in [
            "signed token (JWT): Graph access token, for a user",
            "read the person's own mail",
            "Global Administrator",
            "Azure CLI",
            "ids for support\n  uti",
            "life",
            "tier  ",
            "xms_new",
            "getMemberObjects",
        ] {
            assert!(page.contains(part), "{part} is not in\n{page}");
        }
        for line in page.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }
}
