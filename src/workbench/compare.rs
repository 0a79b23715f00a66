//! Two answers side by side: what is the same, what differs, what only one of them has.
//!
//! Status and headers are compared by name, JSON bodies member by member, other texts line by line. Values that are new in
//! every answer (dates, ids of requests, tokens) are told apart from those that tell something.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    secret::find,
    wire::{Body, Failure, Headers, Response},
};

/// Bodies of more lines than this are compared line by line at the same place, without looking for shifts.
const LINES: usize = 400;

/// One thing that was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands.
    pub part: Part,
    /// `status`, the header's name, the path of the member (`error_codes[0]`), or nothing for a line of text.
    pub name: String,
    /// What the first answer says.
    pub before: Option<String>,
    /// What the second answer says.
    pub after: Option<String>,
    /// What to make of it.
    pub verdict: Verdict,
}

/// Where something stands in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The status, or that there was no answer.
    Status,
    /// A header line.
    Header,
    /// A member of a JSON body.
    Member,
    /// A line of another body, or the body as a whole.
    Line,
}

/// What a comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Both say the same.
    Same,
    /// Both say something, and not the same.
    Differs,
    /// Only the first has it.
    Gone,
    /// Only the second has it.
    New,
    /// Both have it, and it is another in every answer.
    Volatile,
}

impl Row {
    /// The name of the innermost member, by which one knows whether its value is a secret.
    pub fn member(&self) -> &str {
        let mut parts = self.name.rsplit('.').map(|part| part.split('[').next().unwrap_or_default());
        let (name, parent) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        find::judged_name(parent, name)
    }

    fn new(part: Part, name: &str, before: Option<String>, after: Option<String>) -> Self {
        let verdict = match (&before, &after) {
            (Some(_), None) => Verdict::Gone,
            (None, Some(_)) => Verdict::New,
            (Some(one), Some(other)) if one != other => Verdict::Differs,
            _ => Verdict::Same,
        };
        let mut row = Self { part, name: name.to_owned(), before, after, verdict };
        if row.verdict == Verdict::Differs {
            row.verdict = match (&row.before, &row.after) {
                (Some(before), Some(after)) if row.is_volatile(before, after) => Verdict::Volatile,
                _ => Verdict::Differs,
            };
        }
        row
    }

    fn is_volatile(&self, before: &str, after: &str) -> bool {
        match self.part {
            Part::Header => VOLATILE_HEADERS.contains(&&*self.name),
            Part::Member if self.member() == "error_description" => core(before) == core(after),
            Part::Member => VOLATILE_MEMBERS.contains(&self.member()),
            Part::Status | Part::Line => false,
        }
    }
}

/// Header lines that are another in every answer.
const VOLATILE_HEADERS: &[&str] =
    &["date", "x-ms-request-id", "request-id", "client-request-id", "x-ms-srs", "etag", "content-length"];

/// Members that are another in every answer.
const VOLATILE_MEMBERS: &[&str] = &[
    "timestamp",
    "trace_id",
    "correlation_id",
    "access_token",
    "refresh_token",
    "id_token",
    "device_code",
    "user_code",
    "expires_on",
    "not_before",
    "request-id",
    "client-request-id",
    "date",
];

/// An error description without the ids and the date at its end, which Entra writes behind `Trace ID:`.
fn core(description: &str) -> &str {
    description.split("Trace ID:").next().unwrap_or_default().trim_end()
}

/// Everything that two answers say, in the order of the first; what only the second has stands last in its part.
pub fn compare(before: &Result<Response, Failure>, after: &Result<Response, Failure>) -> Vec<Row> {
    let status = |result: &Result<Response, Failure>| match result {
        Ok(response) => response.status.to_string(),
        Err(failure) => failure.to_string(),
    };
    let mut rows = vec![Row::new(Part::Status, "status", Some(status(before)), Some(status(after)))];
    let (Ok(before), Ok(after)) = (before, after) else { return rows };
    rows.extend(named(Part::Header, &lines_of(&before.headers), &lines_of(&after.headers)));
    rows.extend(bodies(&before.body, &after.body));
    rows
}

fn lines_of(headers: &Headers) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn bodies(before: &Body, after: &Body) -> Vec<Row> {
    let json = |body: &Body| match body {
        Body::Whole(bytes) => serde_json::from_slice::<Value>(bytes).ok(),
        Body::Empty | Body::Cut { .. } => None,
    };
    match (json(before), json(after)) {
        (Some(one), Some(other)) => {
            let members = |value: &Value| {
                let mut found = Vec::new();
                flatten(value, String::new(), &mut found);
                found
            };
            named(Part::Member, &members(&one), &members(&other))
        }
        _ => match (text_of(before), text_of(after)) {
            (Some(one), Some(other)) => texts(&one, &other),
            (one, other) => {
                // Something that is no text: all that can be said is whether it is the same.
                let about = |text: Option<String>, body: &Body| {
                    let what = if text.is_some() { "of text" } else { "that are no text" };
                    (!body.is_empty()).then(|| format!("{} bytes {what}", body.len()))
                };
                let mut row = Row::new(Part::Line, "body", about(one, before), about(other, after));
                if row.verdict == Verdict::Same && before != after {
                    row.verdict = Verdict::Differs;
                }
                vec![row]
            }
        },
    }
}

fn text_of(body: &Body) -> Option<String> {
    std::str::from_utf8(body.bytes()).ok().map(ToOwned::to_owned)
}

/// Every leaf with its path.
fn flatten(value: &Value, path: String, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(member, path, found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                flatten(item, format!("{path}[{index}]"), found);
            }
        }
        Value::String(text) => found.push((path, text.clone())),
        other => found.push((path, other.to_string())),
    }
}

/// Pairs of the same name, the first with the first and so on.
fn named(part: Part, before: &[(String, String)], after: &[(String, String)]) -> Vec<Row> {
    let mut taken = BTreeSet::new();
    let mut rows = Vec::new();
    for (name, value) in before {
        let twin = (0..after.len()).find(|index| after[*index].0 == *name && !taken.contains(index));
        taken.extend(twin);
        let other = twin.map(|index| after[index].1.clone());
        rows.push(Row::new(part, name, Some(value.clone()), other));
    }
    let left = (0..after.len()).filter(|index| !taken.contains(index));
    rows.extend(left.map(|index| Row::new(part, &after[index].0, None, Some(after[index].1.clone()))));
    rows
}

/// Two texts line by line: what both have in the same order is the same.
fn texts(before: &str, after: &str) -> Vec<Row> {
    let (one, other): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let line = |before: Option<&str>, after: Option<&str>| {
        Row::new(Part::Line, "", before.map(ToOwned::to_owned), after.map(ToOwned::to_owned))
    };
    if one.len() > LINES || other.len() > LINES {
        let count = one.len().max(other.len());
        return (0..count).map(|at| line(one.get(at).copied(), other.get(at).copied())).collect();
    }
    // How long the longest common sequence of what is left is, from each pair of places on.
    let mut longest = vec![vec![0_u16; other.len() + 1]; one.len() + 1];
    for left in (0..one.len()).rev() {
        for right in (0..other.len()).rev() {
            longest[left][right] = if one[left] == other[right] {
                longest[left + 1][right + 1] + 1
            } else {
                longest[left + 1][right].max(longest[left][right + 1])
            };
        }
    }
    let (mut left, mut right, mut rows) = (0, 0, Vec::new());
    while left < one.len() || right < other.len() {
        if left < one.len() && right < other.len() && one[left] == other[right] {
            rows.push(line(Some(one[left]), Some(other[right])));
            (left, right) = (left + 1, right + 1);
        } else if right == other.len()
            || (left < one.len() && longest[left + 1][right] >= longest[left][right + 1])
        {
            rows.push(line(Some(one[left]), None));
            left += 1;
        } else {
            rows.push(line(None, Some(other[right])));
            right += 1;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "what is compared is the result of an exchange")]
    fn answer(status: u16, kind: &str, body: &str) -> Result<Response, Failure> {
        let headers = Headers::new().with("content-type", kind).with("date", body.len().to_string());
        Ok(Response { status, headers, body: Body::from(body.to_owned()) })
    }

    fn seen(rows: &[Row]) -> Vec<(&str, Verdict)> {
        rows.iter().map(|row| (row.name.as_str(), row.verdict)).collect()
    }

    #[test]
    fn json_is_compared_member_by_member() {
        let one = answer(
            200,
            "application/json",
            r#"{"scope":"a","access_token":"x","list":[1,2],"only":{"deep":true}}"#,
        );
        let other =
            answer(400, "application/json", r#"{"scope":"b","access_token":"y","list":[1],"error":"no"}"#);
        let rows = compare(&one, &other);
        assert_eq!(
            seen(&rows),
            [
                ("status", Verdict::Differs),
                ("content-type", Verdict::Same),
                ("date", Verdict::Volatile),
                ("scope", Verdict::Differs),
                ("access_token", Verdict::Volatile),
                ("list[0]", Verdict::Same),
                ("list[1]", Verdict::Gone),
                ("only.deep", Verdict::Gone),
                ("error", Verdict::New),
            ]
        );
        assert_eq!((rows[6].member(), rows[7].member()), ("list", "deep"));
        assert_eq!((rows[3].before.as_deref(), rows[3].after.as_deref()), (Some("a"), Some("b")));
    }

    #[test]
    fn a_refusal_that_differs_in_its_ids_alone_is_the_same_refusal() {
        let refusal = |said: &str, trace: &str| {
            let text = format!("AADSTS70008: {said} Trace ID: {trace} Timestamp: {trace}");
            answer(400, "application/json", &serde_json::json!({"error_description": text}).to_string())
        };
        let verdict = |one, other| compare(&one, &other).last().map(|row| row.verdict);
        assert_eq!(verdict(refusal("Expired.", "1"), refusal("Expired.", "2")), Some(Verdict::Volatile));
        assert_eq!(verdict(refusal("Expired.", "1"), refusal("Revoked.", "1")), Some(Verdict::Differs));
        assert_eq!(verdict(refusal("Expired.", "1"), refusal("Expired.", "1")), Some(Verdict::Same));
    }

    #[test]
    fn texts_are_compared_line_by_line_and_shifts_are_found() {
        let rows = texts("a\nb\nc\nd", "a\nc\nx\nd");
        let seen: Vec<_> = rows.iter().map(|row| (row.before.as_deref(), row.after.as_deref())).collect();
        assert_eq!(
            seen,
            [
                (Some("a"), Some("a")),
                (Some("b"), None),
                (Some("c"), Some("c")),
                (None, Some("x")),
                (Some("d"), Some("d")),
            ]
        );
        let long = vec!["same"; LINES + 1].join("\n");
        let rows = texts(&long, &format!("{long}\nmore"));
        assert_eq!(rows.iter().filter(|row| row.verdict != Verdict::Same).count(), 1);
    }

    #[test]
    fn no_answer_differs_from_every_answer() {
        let none = Err(Failure::Dns { host: "nowhere.example".to_owned() });
        let rows = compare(&none, &answer(200, "text/plain", "hello"));
        assert_eq!(seen(&rows), [("status", Verdict::Differs)]);
        assert!(rows[0].before.as_deref().is_some_and(|text| text.contains("nowhere.example")));
    }

    #[test]
    fn what_is_no_text_is_at_least_told_apart() {
        let bytes = |bytes: &[u8]| {
            Ok(Response { status: 200, headers: Headers::new(), body: Body::Whole(bytes.to_vec()) })
        };
        let verdict = |one, other| compare(&one, &other).last().map(|row| row.verdict);
        assert_eq!(verdict(bytes(&[0xff, 1]), bytes(&[0xff, 2])), Some(Verdict::Differs));
        assert_eq!(verdict(bytes(&[0xff, 1]), bytes(&[0xff, 1])), Some(Verdict::Same));
    }
}
