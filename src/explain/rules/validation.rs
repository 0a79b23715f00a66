//! What a validator of tokens said: which of its comparisons failed, and the values that it names.
//!
//! Validators differ in their words and agree on what they compare: form, key and signature, issuer, audience, lifetime,
//! permissions. `names.tsv` knows the words; what is found there decides which causes are out of question. The values stand
//! in quotes, brackets or bare behind a few labels (`Did not match: validationParameters.ValidAudience: '…'`).

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    super::{
        Evidence, names, quotes,
        reading::{plain, what_stayed},
    },
    times,
};
use crate::{
    oauth::challenge::{self, Challenge},
    text::beginning,
    time::UnixTime,
    token::{self, Decoded, Kind},
};

/// Which comparison failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explain) enum Complaint {
    /// There was no token.
    Missing,
    /// It is no JWT.
    Form,
    /// `aud`.
    Audience,
    /// `iss`.
    Issuer,
    /// `kid`: no such key.
    Key,
    /// The signature.
    Signature,
    /// `exp`.
    Expired,
    /// `nbf` or `iat`.
    NotYet,
    /// There is no permission at all in it.
    NoPermission,
    /// A certain scope is not in it.
    Scope,
    /// A certain role is not in it.
    Role,
}

/// The entries of `names.tsv` that stand for a failed comparison.
const COMPLAINTS: &[(&str, Complaint)] = &[
    ("token_missing", Complaint::Missing),
    ("token_malformed", Complaint::Form),
    ("audience_refused", Complaint::Audience),
    ("issuer_refused", Complaint::Issuer),
    ("issuer_mismatch", Complaint::Issuer),
    ("tenant_refused", Complaint::Issuer),
    ("key_not_found", Complaint::Key),
    ("signature_refused", Complaint::Signature),
    ("token_expired", Complaint::Expired),
    ("token_not_yet_valid", Complaint::NotYet),
    ("no_permissions", Complaint::NoPermission),
    ("scope_absent", Complaint::Scope),
    ("role_absent", Complaint::Role),
];

/// What the answer and the pasted text say.
#[derive(Debug, Default)]
pub(in crate::explain) struct Validation {
    /// Which comparison failed, if it is told.
    pub complaint: Option<Complaint>,
    /// All texts, with their quotation marks as a person would see them.
    pub text: String,
    /// The same in lower case, byte for byte.
    pub lower: String,
    /// What the API wants as credential.
    pub challenges: Vec<Challenge>,
}

impl Validation {
    /// Reads the answer and the text.
    pub fn read(evidence: &Evidence) -> Self {
        let mut text = String::new();
        let mut add = |part: &str| {
            text.push_str(&both_ends(part));
            text.push('\n');
        };
        if let Some(refusal) = &evidence.refusal {
            add(&refusal.error);
            add(refusal.suberror.as_deref().unwrap_or_default());
            add(refusal.description.as_deref().unwrap_or_default());
        }
        if let Some(response) = &evidence.response {
            response.headers.all("www-authenticate").for_each(&mut add);
            add(&response.body.text());
        }
        add(what_stayed(evidence.text.as_deref().unwrap_or_default()));
        let text = plain::words(&text).into_owned();
        let mut challenges =
            evidence.response.as_ref().map(|response| challenge::read(&response.headers)).unwrap_or_default();
        let lower = text.to_ascii_lowercase();
        if challenges.is_empty()
            && let Some(at) = lower.find("www-authenticate:")
        {
            let line = text[at + "www-authenticate:".len()..].lines().next().unwrap_or_default();
            challenges = challenge::parse(line);
        }
        let entries = names::entries(&text);
        let complaint = entries
            .iter()
            .find_map(|entry| COMPLAINTS.iter().find(|(known, _)| known == entry))
            .map(|(_, complaint)| *complaint);
        Self { complaint, text, lower, challenges }
    }

    /// The same without the complaint: a text can tell of an earlier failure as well.
    pub fn without_complaint(evidence: &Evidence) -> Self {
        Self { complaint: None, ..Self::read(evidence) }
    }

    /// The same for an answer about permissions: a complaint about anything else is no part of it.
    pub fn about_rights(evidence: &Evidence) -> Self {
        const RIGHTS: [Complaint; 3] = [Complaint::NoPermission, Complaint::Scope, Complaint::Role];
        let read = Self::read(evidence);
        Self { complaint: read.complaint.filter(|complaint| RIGHTS.contains(complaint)), ..read }
    }

    /// Whether the complaint is one of these, or nothing is known about it.
    pub fn may_be(&self, complaints: &[Complaint]) -> bool {
        self.complaint.is_none_or(|complaint| complaints.contains(&complaint))
    }

    /// Whether the complaint is this one.
    pub fn is(&self, complaint: Complaint) -> bool {
        self.complaint == Some(complaint)
    }

    /// Whether one of these words stands in it; in lower case.
    pub fn says(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.lower.contains(word))
    }

    /// The values behind the first of these labels that has any.
    pub fn first_of(&self, labels: &[&str]) -> Vec<String> {
        labels.iter().map(|label| self.behind(label)).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// The values behind all of these labels, each once.
    pub fn all_of(&self, labels: &[&str]) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for value in labels.iter().flat_map(|label| self.behind(label)) {
            if !found.contains(&value) {
                found.push(value);
            }
        }
        found
    }

    /// What came, by the first of these labels, and what was expected, by all of those; nothing where another comparison
    /// failed.
    pub fn named(
        &self,
        complaint: Complaint,
        sent: &[&str],
        expected: &[&str],
    ) -> (Vec<String>, Vec<String>) {
        if self.is(complaint) { (self.first_of(sent), self.all_of(expected)) } else { Default::default() }
    }

    /// The value that a challenge has for one of these parameters.
    pub fn challenged(&self, names: &[&str]) -> Option<String> {
        let mut values =
            self.challenges.iter().flat_map(|challenge| names.iter().filter_map(|name| challenge.get(name)));
        values.next().map(str::to_owned)
    }

    /// The values behind a label, where it stands at the beginning of a word and values follow.
    fn behind(&self, label: &str) -> Vec<String> {
        const MOST: usize = 16;
        // `Issuer:` begins a message of .NET, and ends the name of a setting in it.
        let is_setting = |c: char| c == '.' && label.starts_with("issuer");
        let starts_word =
            |at: usize| !self.lower[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || is_setting(c));
        let places = self.lower.match_indices(label).map(|(at, _)| at).filter(|at| starts_word(*at));
        places
            .take(MOST)
            .map(|at| values(&self.text[at + label.len()..]))
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    /// A point in time behind one of these labels, as it is written and as it is meant.
    pub fn time_behind(&self, labels: &[&str]) -> Option<(String, Option<UnixTime>)> {
        labels.iter().find_map(|label| {
            let at = self.lower.find(label)? + label.len();
            let rest = self.text[at..].trim_start_matches([' ', '\'', '"', '(']);
            let end = rest.find(['\'', '"', ',', ';', ')', '\n', '|']).unwrap_or(rest.len()).min(40);
            let written = beginning(rest, end).trim_end_matches(['.', ' ']);
            written
                .starts_with(|c: char| c.is_ascii_digit())
                .then(|| (written.to_owned(), times::parse(written)))
        })
    }
}

/// A text that is longer than any message without its middle: a log tells at its beginning or at its end.
fn both_ends(text: &str) -> Cow<'_, str> {
    const BEGINNING: usize = 16_000;
    const END: usize = 32_000;
    if text.len() <= BEGINNING + END {
        return Cow::Borrowed(text);
    }
    let head = beginning(text, BEGINNING);
    let tail = &text[beginning(text, text.len() - END).len()..];
    Cow::Owned(format!("{head}\n{tail}"))
}

/// The values at the beginning of a text: several in quotes, or one without.
fn values(text: &str) -> Vec<String> {
    let mut rest = text.trim_start_matches([' ', '[', '(', '=', ':']);
    let mut found = Vec::new();
    let is_quoted = rest.starts_with(quotes::opens);
    while let Some((inside, behind)) = quotes::at_start(rest) {
        // A blank at the beginning belongs to the value: people have one in their settings and cannot see it.
        let parts = inside.split([',', ';']).enumerate();
        let parts = parts.map(|(at, part)| if at == 0 { part } else { part.trim_start() });
        found.extend(parts.filter(|value| is_value(value)).map(str::to_owned));
        let behind = behind.trim_start_matches([' ', ',', ']']);
        rest = behind.strip_prefix("or ").unwrap_or(behind);
    }
    if !is_quoted {
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ')' | ']' | '"' | '\''));
        let bare = rest[..end.unwrap_or(rest.len())].trim_end_matches('.');
        let bare = bare.split(":{").next().unwrap_or_default(); // a map of Go
        let looks_like_one = bare.len() > 3 && bare.contains([':', '/', '-', '.', '_']);
        found.extend(Some(bare.to_owned()).filter(|_| looks_like_one && is_value(bare)));
    }
    found
}

/// Whether it is a value: .NET prints these where it has none, or keeps it to itself.
fn is_value(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    !lower.is_empty() && lower != "null" && !lower.starts_with("[pii") && !lower.starts_with("system.")
}

/// A JWT in a pasted text; also in the form in which .NET prints one into its messages: header and claims as JSON, with a
/// dot between.
pub(super) fn token_in(text: &str) -> Option<Decoded> {
    if text.contains("eyJ") {
        let found = token::decode_all(text).into_iter().find(|token| token.kind == Kind::Jws);
        if found.as_ref().is_some_and(|token| !token.claims.is_empty()) {
            return found;
        }
    }
    let text = text.replace("\\\"", "\"");
    let between = text.find("}.{")?;
    let header = &text[text[..between].rfind('{')?..=between];
    let claims = &text[between + 2..];
    let mut values = serde_json::Deserializer::from_str(claims).into_iter::<serde_json::Value>();
    values.next()?.ok()?;
    let claims = &claims[..values.byte_offset()];
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    Some(token::decode(&format!("{}.{}.c2ln", part(header), part(claims))))
        .filter(|token| token.kind == Kind::Jws)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Validation {
        Validation::read(&Evidence { text: Some(text.to_owned()), ..Evidence::default() })
    }

    #[test]
    fn values_stand_in_many_dresses() {
        let check = |text: &str, wanted: &[&str]| assert_eq!(values(text), wanted, "{text}");
        check("'api://a', 'b' or 'c' and more 'd'", &["api://a", "b", "c"]);
        check("'api://a, api://b'.", &["api://a", "api://b"]);
        check(r#"["x" "y"]"#, &["x", "y"]);
        check("https://sts.windows.net/t/, found", &["https://sts.windows.net/t/"]);
        check("'null' or 'x'", &["x"]);
        check("did not match", &[]);
        check("'open", &[]);
        check("'[PII of type 'System.String' is hidden.", &[]);
    }

    #[test]
    fn labels_count_at_the_beginning_of_a_word() {
        let said = of("Issuer: 'a://1'. Did not match: validationParameters.ValidIssuer: 'null' or \
                       CurrentConfiguration.Issuer: 'b://2'.");
        assert_eq!(said.first_of(&["issuer: "]), ["a://1"]);
        assert_eq!(said.all_of(&["validissuer: ", "currentconfiguration.issuer: "]), ["b://2"]);
    }

    #[test]
    fn times_are_read_in_the_forms_of_programs() {
        let wanted = UnixTime::parse("2026-10-14T08:21:07Z");
        for written in [
            "10/14/2026 8:21:07 AM",
            "10/14/2026 08:21:07",
            "2026-10-14T08:21:07Z",
            "2026-10-14 08:21:07 +0000 UTC",
        ] {
            let said = of(&format!("The token is expired. ValidTo (UTC): '{written}', more"));
            assert_eq!(
                said.time_behind(&["validto (utc): "]),
                Some((written.to_owned(), wanted)),
                "{written}"
            );
        }
    }

    #[test]
    fn a_token_that_was_printed_as_json_is_read() {
        let token = token_in(r#"token: '{"alg":"RS256","kid":"k1"}.{"aud":"api://a","x":{"y":1}}'. more"#);
        assert_eq!(token.and_then(|token| token.claims.get("aud").cloned()), Some("api://a".into()));
        assert_eq!(token_in("{}.{").map(|_| ()), None);
    }
}
