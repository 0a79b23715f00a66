//! An explanation as JSON and as lines for screen and terminal. Lines are logical ones: whoever shows them wraps them.

use serde_json::{Value, json};

use super::{
    Cause, EvidenceLine, Explanation, Fix, closest, difference,
    difference::{apart, with_port_of},
    judge::difference_in_words,
};
use crate::{
    entra::aadsts,
    finding::Compared,
    text::{Line, Role},
};

/// How many causes are told in full; the others are named.
const IN_FULL: usize = 3;

/// An explanation as lines, and the places in them that lead on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// The lines.
    pub lines: Vec<Line>,
    /// Where a fix or another number stands: the index of its line. In order of the lines.
    pub places: Vec<(usize, Place)>,
}

/// Something in an explanation that a person can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Something that helps.
    Fix(Fix),
    /// A number that is easily confused with this one.
    Related(u32),
}

impl Explanation {
    /// The shape of `explain --json` (design §7), with what the screen shows beside it.
    pub fn to_json(&self) -> Value {
        let related: Vec<_> = self.related.iter().map(|code| json!(code)).collect();
        let causes: Vec<_> = self.causes.iter().map(cause_json).collect();
        json!({
            "code": self.code,
            "error": self.error,
            "title": self.title,
            "meaning": self.meaning,
            "whose_move": self.whose_move.name(),
            "proves": self.proves,
            "causes": causes,
            "related": related,
        })
    }

    /// The explanation for a person, top down: what it is, what it means, what differs, why, what to do.
    pub fn lines(&self) -> Vec<Line> {
        self.printed().lines
    }

    /// The same, and where in it a person can act.
    pub fn printed(&self) -> Printed {
        let mut places = Vec::new();
        let mut out = vec![self.headline()];
        let mut under = Line::of(Role::Muted, "Next move: ").then(Role::Text, self.whose_move.label());
        if let Some(error) = self.error.as_deref().filter(|_| self.code.is_some()) {
            under = under.then(Role::Muted, "   OAuth error: ").then(Role::Value, error);
        }
        out.push(under);
        section(&mut out, "Meaning");
        out.push(Line::of(Role::Text, &self.meaning));
        if let Some(proves) = &self.proves {
            section(&mut out, "What is right already");
            out.push(Line::of(Role::Text, proves));
        }
        if self.demand.is_some() || !self.sent.is_empty() {
            section(&mut out, "What was compared");
            out.extend(self.demand.as_ref().map(|demand| Line::of(Role::Text, demand)));
            self.sent.iter().for_each(|compared| compared_lines(&mut out, compared));
        }
        for (at, cause) in self.causes.iter().take(IN_FULL).enumerate() {
            let heading =
                if self.causes.len() == 1 { "Cause".to_owned() } else { format!("Cause {}", at + 1) };
            section(&mut out, &heading);
            cause_lines(&mut out, &mut places, cause, self);
        }
        if self.causes.len() > IN_FULL {
            section(&mut out, "Less often");
            for cause in &self.causes[IN_FULL..] {
                out.push(Line::of(Role::Text, "· ").then(Role::Text, &cause.title));
                out.push(Line::of(Role::Muted, "  ").then(Role::Muted, &cause.confirm));
            }
        }
        if !self.related.is_empty() {
            section(&mut out, "Easily confused with");
            for code in self.related.iter().filter_map(|code| aadsts::lookup(*code)) {
                places.push((out.len(), Place::Related(code.number)));
                out.push(
                    Line::of(Role::Name, code.number.to_string())
                        .then(Role::Text, "  ")
                        .then(Role::Text, &code.title),
                );
            }
        }
        Printed { lines: out, places }
    }

    fn headline(&self) -> Line {
        let name = match (self.code, &self.error) {
            (Some(code), _) => format!("AADSTS{code}"),
            (None, Some(error)) => error.clone(),
            (None, None) => return Line::of(Role::Title, &self.title),
        };
        Line::of(Role::Refused, name).then(Role::Text, "  ").then(Role::Title, &self.title)
    }
}

fn section(out: &mut Vec<Line>, title: &str) {
    out.push(Line::new());
    out.push(Line::of(Role::Title, title));
}

fn compared_lines(out: &mut Vec<Line>, compared: &Compared) {
    let label = |text: &str| Line::of(Role::Muted, format!("{text:<11}"));
    let near = closest(&compared.sent, &compared.expected);
    let parts: Vec<_> = compared.expected.iter().map(|expected| apart(expected)).collect();
    out.push(Line::of(Role::Name, &compared.what));
    // The port of this machine is no difference, and what is registered is shown as it is registered.
    let aligned = near.map(|near| with_port_of(&compared.sent, near));
    let found = near.zip(aligned.as_ref());
    let found = found.and_then(|(near, aligned)| Some((near, aligned, difference(&compared.sent, aligned)?)));
    match found {
        // Only values that have much in common are worth a mark; two ids differ everywhere.
        Some((near, aligned, found)) if found.column + found.tail.chars().count() > found.size() => {
            let begin = |text: &str| text.chars().take(found.column).collect::<String>();
            out.push(
                label("Sent")
                    .then(Role::Value, begin(&compared.sent))
                    .then(Role::DiffSent, found.sent)
                    .then(Role::Value, found.tail),
            );
            let expected = label("Expected");
            let expected = if aligned == near {
                expected
                    .then(Role::Value, begin(near))
                    .then(Role::DiffExpected, found.expected)
                    .then(Role::Value, found.tail)
            } else {
                expected.then(Role::Value, near).then(Role::Muted, ", any port")
            };
            let remark = parts.iter().find(|(value, _)| *value == near).map_or("", |part| part.1);
            out.push(expected.then(Role::Muted, remark));
            for (other, remark) in parts.iter().filter(|(value, _)| *value != near) {
                out.push(label("").then(Role::Value, other).then(Role::Muted, remark));
            }
            out.push(label("Difference").then(Role::Warn, found.in_words()));
        }
        _ => {
            out.push(label("Sent").then(Role::Value, &compared.sent));
            for (at, expected) in compared.expected.iter().enumerate() {
                out.push(label(if at == 0 { "Expected" } else { "" }).then(Role::Value, expected));
            }
        }
    }
}

fn cause_lines(out: &mut Vec<Line>, places: &mut Vec<(usize, Place)>, cause: &Cause, of: &Explanation) {
    out.push(Line::of(Role::Text, &cause.title).then(Role::Muted, format!("  ({})", cause.certainty.name())));
    out.push(Line::of(Role::Text, of.below_title(cause)));
    // What the tenant compared stands above already.
    let is_new = |line: &&EvidenceLine| !of.sent.iter().any(|compared| compared.sent == line.sent);
    for line in cause.evidence.iter().filter(is_new) {
        let place = Line::of(Role::Name, &line.where_).then(Role::Text, "  ");
        // What only stands there for a person to see is compared with nothing.
        out.push(if line.expected.is_empty() {
            place.then(Role::Value, &line.sent)
        } else {
            place
                .then(Role::DiffSent, &line.sent)
                .then(Role::Muted, "  expected  ")
                .then(Role::DiffExpected, &line.expected)
        });
        let words = difference_in_words(&line.sent, std::slice::from_ref(&line.expected));
        let is_address = line.sent.contains("://") && line.expected.contains("://");
        out.extend(words.filter(|_| is_address).map(|words| Line::of(Role::Warn, words)));
    }
    out.push(Line::of(Role::Muted, "To be sure: ").then(Role::Text, &cause.confirm));
    for fix in &cause.fixes {
        places.push((out.len(), Place::Fix(fix.clone())));
        out.push(Line::of(Role::Ok, "→ ").then(Role::Text, &fix.title));
        out.extend(fix.command.as_ref().map(|command| Line::of(Role::Text, "  ").then(Role::Value, command)));
    }
}

fn cause_json(cause: &Cause) -> Value {
    let evidence: Vec<_> = cause
        .evidence
        .iter()
        .map(|line| json!({ "where": line.where_, "sent": line.sent, "expected": line.expected }))
        .collect();
    let fixes: Vec<_> =
        cause.fixes.iter().map(|fix| json!({ "title": fix.title, "command": fix.command })).collect();
    json!({
        "id": cause.id,
        "certainty": cause.certainty.name(),
        "title": cause.title,
        "explanation": cause.explanation,
        "confirm": cause.confirm,
        "evidence": evidence,
        "fixes": fixes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::{Evidence, explain};

    fn refused_in_the_lab() -> Explanation {
        explain(&Evidence {
            text: Some("AADSTS50011".into()),
            compared: vec![Compared {
                what: "redirect_uri".into(),
                sent: "https://app.example/cb/".into(),
                expected: vec!["http://localhost".into(), "https://app.example/cb".into()],
            }],
            rule: Some(("redirect_uri.registered".into(), "The address must be registered.".into())),
            lab: true,
            ..Evidence::default()
        })
    }

    #[test]
    fn the_json_has_the_members_of_the_design() {
        let json = refused_in_the_lab().to_json();
        assert_eq!(json["code"], 50011);
        assert_eq!(json["error"], Value::Null);
        let cause = &json["causes"][0];
        assert_eq!(cause["id"], "redirect_uri.trailing_slash");
        assert_eq!(cause["certainty"], "certain");
        assert_eq!(
            cause["evidence"][0],
            json!({ "where": "redirect_uri", "sent": "https://app.example/cb/", "expected": "https://app.example/cb" })
        );
        for member in ["title", "explanation"] {
            assert!(cause[member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
        }
        let names: Vec<_> = cause["fixes"][0].as_object().expect("an object").keys().collect();
        assert_eq!(names, ["title", "command"]);
    }

    #[test]
    fn the_difference_is_marked_by_role_and_in_words() {
        let lines = refused_in_the_lab().lines();
        let text: Vec<String> = lines.iter().map(Line::plain).collect();
        assert_eq!(text[0], "AADSTS50011  Redirect URI is not registered for this application");
        assert!(text.contains(&"Sent       https://app.example/cb/".to_owned()), "{text:#?}");
        assert!(text.contains(&"Expected   https://app.example/cb".to_owned()));
        assert!(text.contains(&"           http://localhost".to_owned()));
        assert!(text.contains(&"Difference from character 23: \"/\" is too much".to_owned()));
        let marked = lines.iter().flat_map(|line| &line.0).find(|span| span.role == Role::DiffSent);
        assert_eq!(marked.map(|span| span.text.as_str()), Some("/"));
    }

    #[test]
    fn the_places_are_the_lines_of_fixes_and_related_numbers() {
        let printed = crate::explain::from_text("50011", crate::time::UnixTime::default()).printed();
        assert!(printed.places.len() > 3);
        assert!(printed.places.is_sorted_by_key(|(line, _)| *line));
        for (line, place) in &printed.places {
            let text = printed.lines[*line].plain();
            match place {
                Place::Fix(fix) => {
                    assert_eq!(text, format!("→ {}", fix.title));
                    let command = fix.command.as_ref().map(|command| format!("  {command}"));
                    assert!(command.is_none_or(|command| printed.lines[line + 1].plain() == command));
                }
                Place::Related(code) => assert!(text.starts_with(&code.to_string())),
            }
        }
    }

    #[test]
    fn many_causes_are_told_shortly() {
        let lines = crate::explain::from_text("50011", crate::time::UnixTime::default()).lines();
        let text: Vec<String> = lines.iter().map(Line::plain).collect();
        assert!(text.contains(&"Cause 3".to_owned()) && !text.contains(&"Cause 4".to_owned()));
        assert!(text.contains(&"Less often".to_owned()));
    }
}
