//! An explanation as this screen tells it: what is wrong in the first line, what was sent beside what was expected, and what
//! mends it before any prose, so that the first fix stands on the first screen of the smallest terminal. What it means, how
//! to be sure, the other causes, and what evidence there is follow.
//!
//! ```text
//! AADSTS50011  The path differs from the registered one  (certain)
//! Next move: the application's registration
//!
//! Sent       http://localhost:53111/callback
//! Registered http://localhost, any port
//! Difference from character 23: "callback" is too much
//!
//! → Register the address, or send the registered one
//!   az ad app update …
//! ```

use crate::{
    entra::aadsts,
    explain::{
        Cause, Certainty, Evidence, EvidenceLine, Explanation, Fix, Holding, Place, Printed, closest,
        difference, holdings, with_port_of,
    },
    finding::Compared,
    text::{Line, Role},
    workbench::registrations::Supplied,
};

/// How many causes are told in full; the others are named.
const IN_FULL: usize = 3;

/// How many of the values that would have been right are listed.
const LISTED: usize = 6;

/// How many causes are named that a piece of evidence would settle.
const NAMED: usize = 2;

/// The answer that leaves it open.
const UNDETERMINED: &str = "undetermined";

/// Lays an explanation out, and says before which line there is room for what the lab tenant can do about it: where nobody
/// waits for help, before the rest; else behind all that helps.
pub fn told(
    explanation: &Explanation,
    evidence: &Evidence,
    supplied: &Supplied,
    is_looked_up: bool,
) -> (Printed, usize) {
    let mut out = Told::default();
    let lab;
    let first = explanation.causes.first();
    let known = first.filter(|cause| cause.id != UNDETERMINED);
    out.headline(explanation, known);
    if let Some(cause) = known {
        if explanation.sent.is_empty() {
            out.lines_beside(&cause.evidence);
        } else {
            out.compared(&explanation.sent);
        }
        out.section("What helps");
        out.fixes(cause);
        out.section("How it comes about");
        out.text(&cause.explanation);
        out.sure(cause);
        lab = out.lines.len();
        out.meaning(explanation);
        out.others(explanation);
        out.evidence(&holdings(evidence, explanation), supplied);
    } else {
        out.compared(&explanation.sent);
        if let Some(open) = first {
            out.line(Line::new());
            out.text(explanation.below_title(open));
            out.asks(open, explanation);
        }
        lab = out.lines.len();
        out.evidence(&holdings(evidence, explanation), supplied);
        out.others(explanation);
        out.meaning(explanation);
    }
    if let Some(demand) = &explanation.demand {
        out.section("What the lab tenant demands");
        out.text(demand);
    }
    if let Some(proves) = &explanation.proves {
        out.section("What is right already");
        out.text(proves);
    }
    let lab = if is_looked_up { lab } else { out.lines.len() };
    out.related(&explanation.related);
    (Printed { lines: out.lines, places: out.places }, lab)
}

#[derive(Default)]
struct Told {
    lines: Vec<Line>,
    places: Vec<(usize, Place)>,
}

/// A value beside what should have been there.
struct Beside {
    what: String,
    sent: String,
    expected: Vec<String>,
}

impl Beside {
    fn of_compared(compared: &Compared) -> Self {
        Self { what: compared.what.clone(), sent: compared.sent.clone(), expected: compared.expected.clone() }
    }

    fn of_line(line: &EvidenceLine) -> Self {
        let expected = Some(line.expected.clone()).filter(|text| !text.is_empty());
        Self { what: line.where_.clone(), sent: line.sent.clone(), expected: Vec::from_iter(expected) }
    }
}

impl Told {
    fn line(&mut self, line: Line) {
        self.lines.push(line);
    }

    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.line(Line::of(Role::Text, text));
        }
    }

    fn section(&mut self, title: &str) {
        self.line(Line::new());
        self.line(Line::of(Role::Title, title));
    }

    fn headline(&mut self, explanation: &Explanation, known: Option<&Cause>) {
        let name = match (explanation.code, &explanation.error) {
            (Some(code), _) => Some(format!("AADSTS{code}")),
            (None, error) => error.clone(),
        };
        let line = name.map_or_else(Line::new, |name| Line::of(Role::Refused, name).then(Role::Text, "  "));
        let title = known.map_or(&explanation.title, |cause| &cause.title);
        let line = line.then(Role::Title, title);
        self.line(match known {
            Some(cause) => line.then(Role::Muted, format!("  ({})", cause.certainty.name())),
            None => line,
        });
        let mut under = Line::of(Role::Muted, "Next move: ").then(Role::Text, explanation.whose_move.label());
        if let Some(error) = explanation.error.as_deref().filter(|_| explanation.code.is_some()) {
            under = under.then(Role::Muted, "   OAuth error: ").then(Role::Value, error);
        }
        self.line(under);
    }

    fn meaning(&mut self, explanation: &Explanation) {
        self.section("Meaning");
        // Where the first line names the cause, what the number itself says has its place here.
        if explanation.causes.first().is_some_and(|cause| cause.id != UNDETERMINED) {
            self.line(Line::of(Role::Name, &explanation.title));
        }
        self.text(&explanation.meaning);
    }

    fn compared(&mut self, compared: &[Compared]) {
        for one in compared {
            self.beside(&Beside::of_compared(one));
        }
    }

    fn lines_beside(&mut self, lines: &[EvidenceLine]) {
        for line in lines {
            self.beside(&Beside::of_line(line));
        }
    }

    /// What was sent, what was expected, and where the two part.
    fn beside(&mut self, beside: &Beside) {
        let label = |text: &str| Line::of(Role::Muted, format!("{text:<11}"));
        let Beside { what, sent, expected } = beside;
        self.line(Line::new());
        self.line(Line::of(Role::Name, what));
        let near = closest(sent, expected);
        // The port of this machine is no difference, and what is registered is shown as it is registered.
        let aligned = near.map(|near| with_port_of(sent, near));
        let found = near.zip(aligned.as_deref());
        let found = found.and_then(|(near, aligned)| Some((near, aligned, difference(sent, aligned)?)));
        // Only values that have much in common are worth a mark; two ids differ everywhere.
        let found = found.filter(|(_, _, found)| found.column + found.tail.chars().count() > found.size());
        let Some((near, aligned, found)) = found else {
            // What is compared with nothing was not sent either: it only stands there to be seen.
            let is_compared = expected.iter().any(|expected| !expected.is_empty());
            self.line(label(if is_compared { "Sent" } else { "There" }).then(Role::Value, sent));
            return self.listed("Expected", expected.iter());
        };
        let begin = |text: &str| text.chars().take(found.column).collect::<String>();
        self.line(
            label("Sent")
                .then(Role::Value, begin(sent))
                .then(Role::DiffSent, found.sent)
                .then(Role::Value, found.tail),
        );
        let line = label("Expected");
        let line = if aligned == near {
            line.then(Role::Value, begin(near))
                .then(Role::DiffExpected, found.expected)
                .then(Role::Value, found.tail)
        } else {
            line.then(Role::Value, near).then(Role::Muted, ", any port")
        };
        // A remark may stand behind an address, such as its platform.
        let remark = |one: &'_ String| {
            one.strip_prefix(near).filter(|rest| rest.is_empty() || rest.starts_with(" (")).map(str::to_owned)
        };
        self.line(line.then(Role::Muted, expected.iter().find_map(remark).unwrap_or_default()));
        self.line(label("Difference").then(Role::Warn, found.in_words()));
        self.listed("or", expected.iter().filter(|one| remark(one).is_none()));
    }

    /// Values one below the other; of many, some.
    fn listed<'a>(&mut self, first: &str, values: impl Iterator<Item = &'a String>) {
        let values: Vec<&String> = values.collect();
        for (at, value) in values.iter().take(LISTED).enumerate() {
            let label = format!("{:<11}", if at == 0 { first } else { "or" });
            self.line(Line::of(Role::Muted, label).then(Role::Value, value.as_str()));
        }
        if values.len() > LISTED {
            self.line(Line::of(Role::Muted, format!("{:<11}{} more", "", values.len() - LISTED)));
        }
    }

    fn fix(&mut self, fix: &Fix) {
        self.places.push((self.lines.len(), Place::Fix(fix.clone())));
        self.line(Line::of(Role::Ok, "→ ").then(Role::Text, &fix.title));
        if let Some(command) = &fix.command {
            self.line(Line::of(Role::Text, "  ").then(Role::Value, command));
        }
    }

    fn fixes(&mut self, cause: &Cause) {
        for fix in &cause.fixes {
            self.fix(fix);
        }
    }

    fn sure(&mut self, cause: &Cause) {
        if !cause.confirm.is_empty() {
            self.line(Line::of(Role::Muted, "To be sure: ").then(Role::Text, &cause.confirm));
        }
    }

    /// What to get where the evidence leaves it open; what is to be looked for stands beside each cause.
    fn asks(&mut self, open: &Cause, explanation: &Explanation) {
        let is_sign = |fix: &&Fix| explanation.causes.iter().any(|cause| cause.confirm == fix.title);
        let asks: Vec<&Fix> = open.fixes.iter().filter(|fix| !is_sign(fix)).collect();
        if !asks.is_empty() {
            self.section("What would settle it");
            for fix in asks {
                self.fix(fix);
            }
        }
    }

    /// The causes behind the first, or all of them if it is open.
    fn others(&mut self, explanation: &Explanation) {
        let first_is_open = explanation.causes.first().is_some_and(|cause| cause.id == UNDETERMINED);
        let told = if first_is_open { IN_FULL } else { IN_FULL - 1 };
        let others = &explanation.causes[explanation.causes.len().min(1)..];
        for (at, cause) in others.iter().take(told).enumerate() {
            let place = if first_is_open { at + 1 } else { at + 2 };
            let heading = if others.len() == 1 && first_is_open {
                "Cause".to_owned()
            } else {
                format!("Cause {place}")
            };
            self.section(&heading);
            let mut line = Line::of(Role::Text, &cause.title);
            if cause.certainty != Certainty::Possible {
                line = line.then(Role::Muted, format!("  ({})", cause.certainty.name()));
            }
            self.line(line);
            self.lines_beside(&cause.evidence);
            self.sure(cause);
            self.fixes(cause);
            self.text(&cause.explanation);
        }
        if others.len() > told {
            self.section("Less often");
            for cause in &others[told..] {
                self.line(Line::of(Role::Text, "· ").then(Role::Text, &cause.title));
                self.line(Line::of(Role::Muted, "  ").then(Role::Muted, &cause.confirm));
            }
        }
    }

    fn evidence(&mut self, holdings: &[Holding], supplied: &Supplied) {
        if holdings.is_empty() && supplied.is_empty() {
            return;
        }
        self.section("Evidence");
        for holding in holdings {
            if holding.is_there {
                let from = match holding.name {
                    "registration" => supplied.registration.as_deref(),
                    "service principal, grants" => supplied.directory.as_deref(),
                    _ => None,
                };
                self.there(holding.name, from);
                continue;
            }
            let named: Vec<&str> = holding.settles.iter().take(NAMED).map(String::as_str).collect();
            let more = holding.settles.len() - named.len();
            let more = if more > 0 { format!("; {more} more") } else { String::new() };
            self.line(
                Line::of(Role::Muted, "– ")
                    .then(Role::Text, holding.name)
                    .then(Role::Muted, format!(": would tell whether: {}{more}", named.join("; "))),
            );
        }
        if let Some(name) = &supplied.resource {
            self.there("the API", Some(name));
        }
        if holdings.iter().any(|holding| !holding.is_there) {
            self.line(Line::of(Role::Key, "a").then(
                Role::Muted,
                " adds what az, Graph, a HAR file or a log tells; pasting it here does, too",
            ));
        }
    }

    /// What is at hand; `from` names the registration of the other screen that it came from.
    fn there(&mut self, name: &str, from: Option<&str>) {
        let line = Line::of(Role::Ok, "✓ ").then(Role::Text, name);
        self.line(match from {
            Some(from) => line
                .then(Role::Muted, ": ")
                .then(Role::Value, from)
                .then(Role::Muted, ", from screen ")
                .then(Role::Key, "6"),
            None => line,
        });
    }

    fn related(&mut self, related: &[u32]) {
        if related.is_empty() {
            return;
        }
        self.section("Easily confused with");
        for code in related.iter().filter_map(|code| aadsts::lookup(*code)) {
            self.places.push((self.lines.len(), Place::Related(code.number)));
            self.line(
                Line::of(Role::Name, code.number.to_string())
                    .then(Role::Text, "  ")
                    .then(Role::Text, &code.title),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{explain, time::UnixTime};

    fn lines(evidence: &Evidence) -> Vec<String> {
        let explanation = explain::explain(evidence);
        let (printed, _) = told(&explanation, evidence, &Supplied::default(), false);
        for (line, place) in &printed.places {
            let text = printed.lines[*line].plain();
            match place {
                Place::Fix(fix) => assert_eq!(text, format!("→ {}", fix.title)),
                Place::Related(code) => assert!(text.starts_with(&code.to_string())),
            }
        }
        assert!(printed.places.is_sorted_by_key(|(line, _)| *line));
        printed.lines.iter().map(Line::plain).collect()
    }

    #[test]
    fn the_first_fix_comes_before_the_prose() {
        let evidence = Evidence {
            text: Some("AADSTS50011".into()),
            compared: vec![Compared {
                what: "redirect_uri".into(),
                sent: "https://app.example/cb/".into(),
                expected: vec!["http://localhost".into(), "https://app.example/cb (web)".into()],
            }],
            rule: Some(("redirect_uri.registered".into(), "The address must be registered.".into())),
            lab: true,
            ..Evidence::default()
        };
        let lines = lines(&evidence);
        let at = |text: &str| {
            lines
                .iter()
                .position(|line| line.starts_with(text))
                .unwrap_or_else(|| panic!("{text}: {lines:#?}"))
        };
        assert!(lines[0].starts_with("AADSTS50011  ") && lines[0].ends_with("(certain)"), "{lines:#?}");
        assert!(at("→") < 14 && at("→") < at("Meaning"), "{lines:#?}");
        assert_eq!(lines[at("Difference")], "Difference from character 23: \"/\" is too much");
        assert_eq!(lines[at("Difference") - 1], "Expected   https://app.example/cb (web)");
    }

    #[test]
    fn where_it_is_open_it_says_what_would_settle_it() {
        let evidence = Evidence {
            text: Some("AADSTS50011".into()),
            now: Some(UnixTime::default()),
            ..Evidence::default()
        };
        let lines = lines(&evidence);
        assert_eq!(lines[0], "AADSTS50011  Redirect URI is not registered for this application");
        for part in ["What would settle it", "Evidence", "Cause 1", "Less often", "Easily confused with"] {
            assert!(lines.iter().any(|line| line == part), "{part}: {lines:#?}");
        }
        assert!(
            lines.iter().any(|line| line.starts_with("– registration: would tell whether: ")),
            "{lines:#?}"
        );
    }
}
