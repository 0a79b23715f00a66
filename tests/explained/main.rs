//! Explanations against a corpus: failures as people paste them, with the cause that an expert would name.
//!
//! `corpus/*.json` holds arrays of cases, one file for each family of causes:
//!
//! - `id`, and `form`: what kind of paste it is (`page`, `json`, `callback`, `msal-python`, `spring`, `curl`, …);
//! - `input`: a bundle, as `explain --bundle` takes it;
//! - `expect`: `code`; `cause`, the first one named (`also_ok`: others that are right as well); `must_mention`, texts that
//!   must stand in that cause (`a|b`: either); `fix_any`, one of which must stand in its fixes; `not`: causes that come near
//!   and must not be named as certain or likely.

#[path = "../mutation/mod.rs"]
mod mutation;
mod pasted;
mod properties;

use std::{collections::BTreeMap, fs, path::Path};

use authwright::{
    explain::{self, Certainty, Evidence},
    time::UnixTime,
};
use serde_json::Value;
use url::form_urlencoded;

const NOW: UnixTime = UnixTime::from_seconds(1_791_964_800);

struct Case {
    file: String,
    id: String,
    input: Value,
    expect: Value,
}

impl Case {
    fn evidence(&self) -> Evidence {
        explain::read_bundle(&self.input.to_string(), NOW).unwrap_or_else(|why| panic!("{}: {why}", self.id))
    }

    fn texts(&self, member: &str) -> Vec<&str> {
        let list = self.expect.get(member).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn cause(&self) -> &str {
        self.expect["cause"].as_str().unwrap_or_else(|| panic!("{}: expect.cause", self.id))
    }

    fn is_right(&self, cause: &str) -> bool {
        cause == self.cause() || self.texts("also_ok").contains(&cause)
    }
}

fn corpus() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explained/corpus");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the corpus").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for path in files {
        let file = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a text file");
        let rows: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{file}: {why}"));
        cases.extend(rows.into_iter().map(|mut row| Case {
            file: file.clone(),
            id: row["id"].as_str().unwrap_or_else(|| panic!("{file}: a case without id")).to_owned(),
            input: row["input"].take(),
            expect: row["expect"].take(),
        }));
    }
    cases
}

/// What is wrong with the explanation of a case.
fn problems(case: &Case) -> Vec<String> {
    let explanation = explain::explain(&case.evidence());
    let json = explanation.to_json();
    let mut problems = Vec::new();
    if json["code"] != case.expect["code"] {
        problems.push(format!("code {}, expected {}", json["code"], case.expect["code"]));
    }
    let named: Vec<&str> = explanation.causes.iter().map(|cause| cause.id.as_str()).collect();
    if !named.first().is_some_and(|first| case.is_right(first)) {
        problems.push(format!("first causes {:?}, expected {}", &named[..named.len().min(3)], case.cause()));
    }
    let at = named.iter().take(3).position(|id| case.is_right(id)).unwrap_or(0);
    let said = json["causes"][at].to_string().to_lowercase().replace("\\\"", "\"");
    for wanted in case.texts("must_mention") {
        if !wanted.split('|').any(|text| said.contains(&text.to_lowercase())) {
            problems.push(format!("does not mention {wanted}"));
        }
    }
    let fixes = json["causes"][at]["fixes"].to_string().to_lowercase().replace("\\\"", "\"");
    let any = case.texts("fix_any");
    if !any.is_empty() && !any.iter().any(|text| fixes.contains(&text.to_lowercase())) {
        problems.push(format!("no fix with any of {any:?}"));
    }
    for cause in explanation.causes.iter().filter(|cause| cause.certainty != Certainty::Possible) {
        if case.texts("not").contains(&cause.id.as_str()) {
            problems.push(format!("{} is named as {}", cause.id, cause.certainty.name()));
        }
    }
    let printed: String = explanation.lines().iter().map(|line| line.plain() + "\n").collect();
    let out = json.to_string() + &printed;
    if out.chars().any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)) {
        problems.push("control characters come out".to_owned());
    }
    problems.extend(
        secrets(case)
            .into_iter()
            .filter(|secret| out.contains(secret))
            .map(|_| "a secret comes out".to_owned()),
    );
    problems
}

/// Values that must never be shown whole: long credentials of the requests, and signatures of tokens.
fn secrets(case: &Case) -> Vec<String> {
    const NAMES: [&str; 8] = [
        "client_secret",
        "password",
        "refresh_token",
        "code",
        "device_code",
        "code_verifier",
        "assertion",
        "client_assertion",
    ];
    let mut found = Vec::new();
    for request in ["request", "previous_request"] {
        let body = case.input[request]["body"].as_str().unwrap_or_default();
        let pairs = form_urlencoded::parse(body.as_bytes());
        let is_secret = |name: &str, value: &str| {
            let is_guid = value.len() == 36 && value.matches('-').count() == 4;
            NAMES.contains(&name) && value.len() >= 30 && !is_guid && !value.contains('$')
        };
        found.extend(
            pairs.filter(|(name, value)| is_secret(name, value)).map(|(_, value)| value.into_owned()),
        );
    }
    let text = case.input.to_string();
    let tokens = text.split(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
    let signatures =
        tokens.filter(|token| token.starts_with("eyJ")).filter_map(|token| token.split('.').nth(2));
    found.extend(signatures.filter(|signature| signature.len() >= 40).map(str::to_owned));
    found
}

#[test]
fn every_failure_is_explained_by_its_cause() {
    let cases = corpus();
    let mut wrong = Vec::new();
    for case in &cases {
        let problems = problems(case);
        if !problems.is_empty() {
            wrong.push(format!("{}/{}: {}", case.file, case.id, problems.join("; ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// How often the first cause is the right one, beside what a look-up of the number alone would say. Figures, no verdict:
/// run with `--nocapture`.
#[test]
#[expect(clippy::print_stdout, reason = "figures for whoever asks for them")]
fn the_evidence_tells_more_than_the_number() {
    let cases = corpus();
    let (mut first, mut among_three, mut looked_up) = (0, 0, 0);
    let mut families: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for case in &cases {
        let explanation = explain::explain(&case.evidence());
        let named: Vec<&str> = explanation.causes.iter().map(|cause| cause.id.as_str()).collect();
        let is_first = named.first().is_some_and(|id| case.is_right(id));
        first += usize::from(is_first);
        among_three += usize::from(named.iter().take(3).any(|id| case.is_right(id)));
        let by_number = explanation.code.and_then(explain::entry);
        let usual = by_number.and_then(|entry| entry.causes().next());
        looked_up += usize::from(usual.is_some_and(|reason| case.is_right(&reason.id)));
        let family = families.entry(&case.file).or_default();
        *family = (family.0 + usize::from(is_first), family.1 + 1);
    }
    let of = |count: usize| 100 * count / cases.len().max(1);
    println!(
        "{} cases: first cause right {} %, among the first three {} %, by number alone {} %",
        cases.len(),
        of(first),
        of(among_three),
        of(looked_up)
    );
    for (family, (right, all)) in families {
        println!("{family:<20} {right} of {all}");
    }
    assert!(first >= looked_up);
}

/// Every cause of the list has a case where it is the first one, and one that comes near and where it must not be named.
#[test]
fn every_cause_has_a_case_and_a_near_miss() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(folder.join("src/explain/causes.tsv")).expect("the list of causes");
    let causes: Vec<&str> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').next())
        .collect();
    let all = corpus();
    for case in &all {
        for id in [case.cause()].into_iter().chain(case.texts("also_ok")).chain(case.texts("not")) {
            assert!(causes.contains(&id), "{}: {id} is not in the list of causes", case.id);
        }
    }
    for cause in causes {
        assert!(all.iter().any(|case| case.cause() == cause), "{cause} has no case");
        let is_spared = |case: &Case| case.texts("not").contains(&cause);
        assert!(cause == "undetermined" || all.iter().any(is_spared), "{cause} has no near miss");
    }
}

#[test]
fn ids_are_unique() {
    let mut seen = std::collections::BTreeSet::new();
    for case in corpus() {
        assert!(seen.insert(case.id.clone()), "{} stands twice", case.id);
    }
}
