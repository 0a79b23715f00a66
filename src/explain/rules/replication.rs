//! What was made or changed moments ago, and may not be known everywhere yet.

use std::time::Duration;

use serde_json::Value;

use super::{Case, Check, Found};
use crate::{text::beginning, time::UnixTime};

/// One check for each cause.
pub(super) const CHECKS: &[(&str, Check)] = &[("directory.replication", replication)];

fn replication(case: &Case<'_>) -> Option<Found> {
    const FRESH: Duration = Duration::from_secs(900);
    let now = case.evidence.now?;
    let created = |json: &Value, name: &str| json.get(name).and_then(Value::as_str).and_then(UnixTime::parse);
    let is_fresh = |time: &UnixTime| *time <= now && now.since(*time) < FRESH;
    let evidence = case.evidence;
    let mut objects: Vec<(&str, UnixTime)> = Vec::new();
    let of_app = case.app().and_then(|app| created(&app.json, "createdDateTime"));
    let of_principal =
        evidence.service_principal.found().and_then(|one| created(&one.json, "createdDateTime"));
    match case.code {
        Some(7_000_215) => {
            let secrets = case.app().map(|app| app.passwords.as_slice()).unwrap_or_default();
            let sent = case.param("client_secret").unwrap_or_default();
            let begins = |hint: &Option<String>| hint.as_deref().is_none_or(|hint| sent.starts_with(hint));
            let newest = secrets.iter().filter(|one| begins(&one.hint)).filter_map(|one| one.start);
            objects.extend(newest.map(|start| ("registration passwordCredentials startDateTime", start)));
        }
        Some(500_011) => {
            let resource = evidence.resource_service_principal.found();
            let created = resource.and_then(|one| created(&one.json, "createdDateTime"));
            objects.extend(created.map(|time| ("resource service principal createdDateTime", time)));
        }
        _ => {
            objects.extend(of_principal.map(|time| ("service principal createdDateTime", time)));
            objects.extend(of_app.map(|time| ("registration createdDateTime", time)));
        }
    }
    if let Some((place, time)) = objects.into_iter().find(|(_, time)| is_fresh(time)) {
        let age = format!("{} old: {}", crate::time::span(now.since(time)), time.rfc3339());
        return Found::likely(
            place,
            &age,
            &format!("known everywhere some minutes later; now is {}", now.rfc3339()),
        );
    }
    if matches!(case.code, Some(70021 | 700_211 | 700_213))
        && let Some(name) = super::federated::fitting(case)
    {
        let expected = "known everywhere some minutes after it was made";
        return Found::likely(
            "registration federatedIdentityCredentials",
            &format!("“{name}” fits the token in all parts"),
            expected,
        );
    }
    fresh_in_words(case)
}

/// Whether whoever pasted the text says that something was made moments ago.
pub(super) fn fresh_in_words(case: &Case<'_>) -> Option<Found> {
    const WORDS: [&str; 16] = [
        "just created",
        "just been created",
        "newly created",
        "just added",
        "just made",
        "just rotated",
        "seconds ago",
        "a minute ago",
        "moments ago",
        "right after creat",
        "immediately after",
        "works on retry",
        "on the second attempt",
        "second try works",
        "worked on retry",
        "succeeds on retry",
    ];
    let found = WORDS.into_iter().find(|word| in_text(case, word)).map(str::to_owned);
    let word = found.or_else(|| moments_ago(case.evidence.text.as_deref().unwrap_or_default()))?;
    Found::likely("the text", &format!("says “{word}”"), "some minutes between the change and its use")
}

/// How somebody says how short ago it was: `4 s ago`, `30 seconds after`, `2 min ago`.
fn moments_ago(text: &str) -> Option<String> {
    const UNITS: [&str; 9] = ["s", "sec", "secs", "second", "seconds", "min", "mins", "minute", "minutes"];
    let text = beginning(text, 8000).to_ascii_lowercase();
    let words: Vec<&str> =
        text.split_whitespace().map(|word| word.trim_matches(['.', ',', ':', ')', '('])).collect();
    let is_said = |three: &[&str]| {
        let number: Option<u32> = three[0].parse().ok();
        number.is_some_and(|number| number < 60)
            && UNITS.contains(&three[1])
            && ["ago", "after", "later"].contains(&three[2])
    };
    words.windows(3).find(|three| is_said(three)).map(|three| three.join(" "))
}

/// Whether the words of whoever pasted the text are in it.
pub(super) fn in_text(case: &Case<'_>, word: &str) -> bool {
    let text = case.evidence.text.as_deref().unwrap_or_default();
    let text = beginning(text, 8000);
    text.to_ascii_lowercase().contains(word)
}
