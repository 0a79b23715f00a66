//! What the token says, as rows under headings: remarks of the decoder, claims by what they are about, header members.
//! Every row is one line; the whole value and its meaning stand in the region for that.

use std::cmp::Reverse;

use serde_json::Value;

use crate::{
    finding::{Finding, Severity},
    oauth::{assertion, parameters::Parameter},
    text::{Line, Role},
    time::{self, UnixTime},
    token::{
        Decoded, Place, TokenKind, Within,
        claims::{self, Group, Meaning},
        kind_of, values,
    },
    tui::{
        glyphs::{Charset, Glyphs},
        widgets::fit,
    },
};

/// So many claims that nobody knows are listed. A token that holds more is not meant to be read.
const UNKNOWN_SHOWN: usize = 300;
/// The columns that a GUID takes: the value that most claims have.
const GUID: u16 = 36;
/// So many characters of a value are looked at for a row.
const LONGEST: usize = 200;

/// What a heading gathers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What the decoder noticed.
    Noticed,
    /// Claims, or members of the header.
    Of(Group),
}

impl Section {
    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Noticed => "noticed",
            Self::Of(Group::Form) => "header",
            Self::Of(group) => group.title(),
        }
    }

    /// What stands under it, in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Noticed => "what is odd or telling about the token as a text",
            Self::Of(Group::Who) => "the person or application that the token is about",
            Self::Of(Group::ForWhom) => "who made it, for which application or API, at whose request",
            Self::Of(Group::May) => "what the bearer may do",
            Self::Of(Group::When) => "from when until when it is valid",
            Self::Of(Group::How) => "how the person or the application proved itself",
            Self::Of(Group::Form) => "how the token is made and signed",
            Self::Of(Group::Support) => "what to look this token up by, in logs and support cases",
            Self::Of(Group::Internal) => "the issuer's own business; programs must not rely on it",
            Self::Of(Group::Unknown) => "not defined by Entra, OpenID Connect or JWT; ask whoever issued it",
        }
    }
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Row<'a> {
    /// A heading, and what it gathers.
    Heading {
        /// Which.
        section: Section,
        /// Whether its rows are hidden.
        folded: bool,
        /// How many rows it has.
        count: usize,
    },
    /// A claim, or a member of the header.
    Member {
        /// Under which heading.
        section: Section,
        /// Its name.
        name: &'a str,
        /// Its value.
        value: &'a Value,
        /// What is known of it.
        meaning: Option<&'static Meaning>,
    },
    /// Something the decoder noticed, and where.
    Remark(&'a Finding, Option<&'a Place>),
    /// So many more claims are not listed.
    More(usize),
}

impl Row<'_> {
    /// The heading that it is or stands under.
    pub const fn section(&self) -> Section {
        match self {
            Self::Heading { section, .. } | Self::Member { section, .. } => *section,
            Self::Remark(..) => Section::Noticed,
            Self::More(_) => Section::Of(Group::Unknown),
        }
    }

    /// Whether it holds a text, whatever the letter case.
    pub fn holds(&self, needle: &str) -> bool {
        let needle = needle.to_lowercase();
        let within = |text: &str| text.to_lowercase().contains(&needle);
        match self {
            Self::Heading { .. } | Self::More(_) => false,
            Self::Member { name, value, meaning, .. } => {
                within(name)
                    || within(&text_of(value))
                    || meaning.is_some_and(|meaning| within(meaning.short))
            }
            Self::Remark(finding, _) => within(&finding.title) || within(finding.id),
        }
    }
}

/// The rows of a token; those of folded sections are left out.
pub fn rows<'a>(token: &'a Decoded, folded: &[Section]) -> Vec<Row<'a>> {
    let remark = |(index, finding)| Row::Remark(finding, token.place(index));
    let mut noticed: Vec<_> = token.findings.iter().enumerate().map(remark).collect();
    noticed.sort_by_key(|row| match row {
        Row::Remark(finding, _) => Reverse(finding.severity),
        _ => Reverse(Severity::Info),
    });
    // What is wrong with the token comes first; what is merely telling comes last.
    let alarming = token.findings.iter().any(|finding| finding.severity >= Severity::Warning);
    let mut sections = Vec::new();
    if alarming {
        sections.push((Section::Noticed, noticed.clone()));
    }
    sections.extend(Group::ALL.map(|group| (Section::Of(group), members(token, group))));
    if !alarming {
        sections.push((Section::Noticed, noticed));
    }
    let mut rows = Vec::new();
    for (section, content) in sections.into_iter().filter(|(_, content)| !content.is_empty()) {
        let is_folded = folded.contains(&section);
        rows.push(Row::Heading { section, folded: is_folded, count: content.len() });
        if !is_folded {
            rows.extend(content);
        }
    }
    rows
}

fn members(token: &Decoded, group: Group) -> Vec<Row<'_>> {
    let section = Section::Of(group);
    match group {
        Group::Form => {
            let member = |(name, value)| {
                let name: &String = name;
                Row::Member { section, name, value, meaning: claims::header_meaning(name) }
            };
            token.header.iter().map(member).take(UNKNOWN_SHOWN).collect()
        }
        Group::Unknown => {
            let mut unknown = token.claims.iter().filter(|(name, _)| claims::meaning(name).is_none());
            let shown = unknown.by_ref().take(UNKNOWN_SHOWN);
            let mut rows: Vec<_> =
                shown.map(|(name, value)| Row::Member { section, name, value, meaning: None }).collect();
            if rows.len() == UNKNOWN_SHOWN {
                let known =
                    claims::CLAIMS.iter().filter(|known| token.claims.contains_key(known.name)).count();
                let more = token.claims.len() - known - rows.len();
                rows.extend((more > 0).then_some(Row::More(more)));
            }
            rows
        }
        Group::Who
        | Group::ForWhom
        | Group::May
        | Group::When
        | Group::How
        | Group::Support
        | Group::Internal => {
            let known = claims::CLAIMS.iter().filter(|meaning| meaning.group == group);
            known
                .filter_map(|meaning| {
                    let value = token.claims.get(meaning.name)?;
                    Some(Row::Member { section, name: meaning.name, value, meaning: Some(meaning) })
                })
                .collect()
        }
    }
}

/// What stands before a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A person has changed it.
    Edited,
    /// It is at fault, or in doubt.
    Fault(Severity),
}

impl Mark {
    /// Two columns wide in either set.
    const fn sign(self, glyphs: &Glyphs) -> (&'static str, Role) {
        let is_ascii = matches!(glyphs.charset, Charset::Ascii);
        match self {
            Self::Edited => (if is_ascii { "* " } else { "● " }, Role::Edited),
            Self::Fault(Severity::Error) => (if is_ascii { "F " } else { "✗ " }, Role::Refused),
            Self::Fault(_) => ("! ", Role::Warn),
        }
    }
}

/// The mark of a member by what the decoder noticed at it and by the lights that look at it.
pub fn fault(token: &Decoded, lights: &[Finding], section: Section, name: &str) -> Option<Mark> {
    let is_header = section == Section::Of(Group::Form);
    let within = if is_header { Within::Header } else { Within::Payload };
    let looked_at = |id: &str| match id {
        "check.algorithm" => is_header && name == "alg",
        "check.key" | "check.key_issuer" => is_header && name == "kid",
        _ if is_header => false,
        "check.issuer" => name == "iss",
        "check.tenant" => name == "tid",
        "check.audience" => name == "aud",
        "check.expiry" => name == "exp",
        "check.not_before" => name == "nbf",
        "check.issued_at" => name == "iat",
        "check.auth_time" => name == "auth_time",
        "check.permission" => matches!(name, "scp" | "scope" | "roles"),
        id => id.strip_prefix("check.") == Some(name),
    };
    let lights = lights.iter().filter(|finding| looked_at(finding.id));
    let worst = token.findings_on(within, name).chain(lights).map(|finding| finding.severity).max()?;
    (worst >= Severity::Warning).then_some(Mark::Fault(worst))
}

/// How wide the columns of rows are.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    name: u16,
    value: u16,
    width: u16,
}

impl Columns {
    /// For these rows in this width.
    pub fn new(rows: &[Row<'_>], token: &Decoded, width: u16) -> Self {
        let cells = rows.iter().filter_map(|row| match row {
            Row::Member { name, value, section, .. } => {
                Some((fit::width(name), fit::width(&said(token, *section, name, value))))
            }
            Row::Heading { .. } | Row::Remark(..) | Row::More(_) => None,
        });
        let (mut name, mut value) = (3, 8);
        for (of_name, of_value) in cells {
            name = name.max(of_name);
            value = value.max(of_value);
        }
        let name = name.min(20).min(width / 3);
        // The value gets what it needs, but leaves room for a few words about it.
        let room = width.saturating_sub(2 + name + 2);
        let share = room * 11 / 20;
        let value = value.min(share.max(GUID.min(room.saturating_sub(16))));
        Self { name, value, width }
    }

    /// A row as a line.
    pub fn line(
        self,
        row: &Row<'_>,
        token: &Decoded,
        mark: Option<Mark>,
        now: UnixTime,
        glyphs: &Glyphs,
    ) -> Line {
        match row {
            Row::Heading { section, folded, count } => {
                let mark = if *folded { glyphs.folded } else { glyphs.unfolded };
                let line = Line::of(Role::Text, format!("{mark} ")).then(Role::Title, section.title());
                if *folded { line.then(Role::Muted, format!("  {count}: {}", section.about())) } else { line }
            }
            Row::Remark(finding, _) => {
                let (mark, role) = glyphs.severity(finding.severity);
                Line::of(Role::Text, "  ").then(role, format!("{mark} ")).then(Role::Text, &finding.title)
            }
            Row::More(count) => Line::of(Role::Muted, format!("  and {count} more claims that nobody knows")),
            Row::Member { section, name, value, meaning } => {
                let says = remark(token, *section, name, value, *meaning, now);
                let said = said(token, *section, name, value);
                let (sign, role) = mark.map_or(("  ", Role::Text), |mark| mark.sign(glyphs));
                let line = Line::of(role, sign)
                    .then(Role::Name, fit::cell(shown_name(name), self.name, glyphs))
                    .then(Role::Text, "  ");
                if says.is_empty() {
                    return line.then(Role::Value, fit::text(&said, self.width, glyphs));
                }
                line.then(Role::Value, fit::cell(&said, self.value, glyphs))
                    .then(Role::Muted, format!("  {says}"))
            }
        }
    }
}

/// A name as it stands in its row; one without a character would not be seen.
pub const fn shown_name(name: &str) -> &str {
    if name.is_empty() { "\"\"" } else { name }
}

/// The value as it stands in its row: times as dates, lists without brackets.
fn said(token: &Decoded, section: Section, name: &str, value: &Value) -> String {
    if section == Section::Of(Group::When)
        && let Some(time) = token.time(name)
    {
        return time.date_time();
    }
    text_of(value)
}

/// A value as a text of one line.
pub fn text_of(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.chars().take(LONGEST).collect(),
        Value::Array(all) if all.iter().all(|one| one.is_string() || one.is_number()) => {
            let few =
                all.iter().take(20).map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned));
            let text = few.collect::<Vec<_>>().join(", ");
            if text.is_empty() { "none".to_owned() } else { text }
        }
        other => other.to_string(),
    };
    if text.len() > LONGEST { text.chars().take(LONGEST).collect() } else { text }
}

/// What a member of a client assertion means, which is something else than in tokens that an issuer writes.
pub fn of_assertion(token: &Decoded, name: &str) -> Option<&'static Parameter> {
    let is_assertion = kind_of(token).kind == TokenKind::ClientAssertion;
    is_assertion.then(|| assertion::meaning(name)).flatten()
}

/// What stands beside the value: what it says, and what the claim is.
fn remark(
    token: &Decoded,
    section: Section,
    name: &str,
    value: &Value,
    meaning: Option<&Meaning>,
    now: UnixTime,
) -> String {
    let likely = || claims::likely(name).filter(|_| section == Section::Of(Group::Unknown));
    let short = of_assertion(token, name).map(|meaning| meaning.short);
    let short = short.or_else(|| meaning.map(|meaning| meaning.short)).or_else(likely).unwrap_or_default();
    if section == Section::Of(Group::When)
        && let Some(time) = token.time(name)
    {
        return format!("{} · {short}", time::relative(time, now));
    }
    values::explain_value(name, value, now).unwrap_or_else(|| short.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::{secret::Secret, token::Kind};

    fn token(claims: &Value) -> Decoded {
        Decoded {
            kind: Kind::Jws,
            header: Map::from_iter([("alg".to_owned(), json!("RS256"))]),
            claims: claims.as_object().expect("an object").clone(),
            places: Vec::new(),
            name: None,
            findings: Vec::new(),
            raw: Secret::default(),
        }
    }

    fn names(rows: &[Row<'_>]) -> Vec<String> {
        let name = |row: &Row<'_>| match row {
            Row::Heading { section, folded, .. } => {
                format!("{}{}", if *folded { "+" } else { "-" }, section.title())
            }
            Row::Member { name, .. } => (*name).to_owned(),
            Row::Remark(finding, _) => finding.id.to_owned(),
            Row::More(count) => format!("{count} more"),
        };
        rows.iter().map(name).collect()
    }

    #[test]
    fn claims_stand_under_their_heading_and_unknown_ones_are_kept() {
        let token = token(
            &json!({"shoe_size": 43, "exp": 9, "sub": "x", "uti": "y", "rh": "r", "aud": "z", "scp": "a b"}),
        );
        let internal = [Section::Of(Group::Internal)];
        let expected = [
            "-who",
            "sub",
            "-for whom, by whom",
            "aud",
            "-may",
            "scp",
            "-when",
            "exp",
            "-ids for support",
            "uti",
            "-header",
            "alg",
            "+internal",
            "-unknown",
            "shoe_size",
        ];
        assert_eq!(names(&rows(&token, &internal)), expected);
        assert!(names(&rows(&token, &[])).contains(&"rh".to_owned()));
    }

    #[test]
    fn alarming_remarks_come_first_and_telling_ones_last() {
        let mut token = token(&json!({"sub": "x"}));
        let finding = |severity| Finding { id: "jwt.odd", severity, title: "Odd.".into(), source: "" };
        token.findings = vec![finding(Severity::Info)];
        assert_eq!(names(&rows(&token, &[])).last().map(String::as_str), Some("jwt.odd"));
        token.findings.push(finding(Severity::Error));
        assert_eq!(names(&rows(&token, &[]))[..3], ["-noticed", "jwt.odd", "jwt.odd"]);
    }

    #[test]
    fn of_very_many_claims_some_are_listed_and_the_rest_counted() {
        let mut many: Map<String, Value> = (0..5000).map(|at| (format!("c{at}"), json!(at))).collect();
        many.insert("sub".to_owned(), json!("x"));
        let token = token(&Value::Object(many));
        let rows = rows(&token, &[]);
        assert_eq!(rows.last(), Some(&Row::More(5000 - UNKNOWN_SHOWN)));
    }

    #[test]
    fn values_are_one_line_of_plain_text() {
        let check = |value: Value, text: &str| assert_eq!(text_of(&value), text);
        check(json!("a"), "a");
        check(json!(["a", "b", 3]), "a, b, 3");
        check(json!([]), "none");
        check(json!({"a": [1]}), r#"{"a":[1]}"#);
        check(json!(true), "true");
        assert_eq!(text_of(&json!("x".repeat(5000))).len(), LONGEST);
    }

    #[test]
    fn times_are_dates_with_their_distance_and_a_search_finds_names_values_and_words() {
        let token = token(&json!({"exp": 1_772_615_787, "oid": "4b0e"}));
        let rows = rows(&token, &[]);
        let now = UnixTime::from_seconds(1_772_615_727);
        let glyphs = Glyphs::of(Charset::Unicode);
        let columns = Columns::new(&rows, &token, 80);
        let exp = rows.iter().find(|row| row.holds("EXP")).expect("it is there");
        let line = columns.line(exp, &token, None, now, glyphs).plain();
        assert!(line.starts_with("  exp  2026-03-04 09:16:27Z  in 1:00 min · "), "{line}");
        assert!(rows.iter().any(|row| row.holds("4B0e")));
        assert!(!rows.iter().any(|row| row.holds("nowhere")));
    }
}
