//! What is not known yet, and what it would settle: the honest answer where the evidence leaves several causes open.
//!
//! `causes.tsv` says for each cause which evidence decides about it. What is not at hand is asked for, by the command that
//! gets it where there is one.

use super::{
    Certainty, Evidence, EvidenceLine, Fix,
    entry::{self, Entry},
    facts::Facts,
    judge::Verdict,
    slots,
};

const CAUSES: &str = include_str!("causes.tsv");

/// A kind of evidence, by the word in `causes.tsv`.
struct Kind {
    name: &'static str,
    is_at_hand: fn(&Evidence) -> bool,
    /// What to get.
    ask: &'static str,
    command: Option<&'static str>,
}

const KINDS: [Kind; 6] = [
    Kind {
        name: "request",
        is_at_hand: |evidence| evidence.request.is_some(),
        ask: "Get the request that was refused: address, headers and body, from the browser's network view or the library's log",
        command: None,
    },
    Kind {
        name: "previous_request",
        is_at_hand: |evidence| evidence.previous_request.is_some(),
        ask: "Get the request before it as well: the authorize request of the same sign-in",
        command: None,
    },
    Kind {
        name: "registration",
        is_at_hand: |evidence| evidence.registration.is_some(),
        ask: "Get the registration of the application",
        command: Some("az ad app show --id {client_id}"),
    },
    Kind {
        name: "directory",
        is_at_hand: |evidence| !evidence.service_principal.is_unknown() || evidence.grants.is_some(),
        ask: "Look the application up in the tenant of the request, and what it was granted there",
        command: Some("az ad sp show --id {client_id}"),
    },
    Kind {
        name: "token",
        is_at_hand: |evidence| {
            let bearer = |request: &crate::wire::Request| request.headers.get("authorization").is_some();
            evidence.token.is_some() || evidence.request.as_ref().is_some_and(bearer)
        },
        ask: "Get the token and decode it: aud, iss, scp, roles and exp tell most",
        command: None,
    },
    Kind {
        name: "history",
        is_at_hand: |evidence| !evidence.history.is_empty(),
        ask: "Look at what happened before: the log of the program, and what was changed in the last minutes",
        command: None,
    },
];

/// Whether there is a cause of that id.
pub(super) fn is_cause(id: &str) -> bool {
    CAUSES.lines().any(|line| !line.starts_with('#') && line.split('\t').next() == Some(id))
}

/// The evidence that decides about a cause, as words of `causes.tsv`.
pub(super) fn needs(id: &str) -> impl Iterator<Item = &'static str> {
    let row = CAUSES.lines().find(|line| line.split('\t').next() == Some(id));
    row.and_then(|row| row.split('\t').nth(2)).unwrap_or_default().split(',').filter(|need| !need.is_empty())
}

/// The answer that several causes stay open: which, and what would settle it.
pub(super) fn undetermined(
    entry: &'static Entry,
    open: &[Verdict],
    evidence: &Evidence,
    facts: &Facts,
) -> Verdict {
    const MOST: usize = 4;
    let titles: Vec<String> = open
        .iter()
        .take(MOST)
        .map(|verdict| slots::fill_text(&verdict.reason.title, &facts.with(verdict.values.clone())))
        .collect();
    let more = open.len().saturating_sub(MOST);
    let sentence = match (titles.is_empty(), more) {
        (true, _) => format!("{}. None of the usual causes fits what is at hand.", entry.title),
        (false, 0) => format!("It can be: {}.", titles.join("; ")),
        (false, more) => format!("It can be: {}; or one of {more} others.", titles.join("; ")),
    };
    let wanted =
        |kind: &&Kind| open.iter().any(|verdict| needs(&verdict.reason.id).any(|need| need == kind.name));
    let missing = KINDS.iter().filter(|kind| !(kind.is_at_hand)(evidence)).filter(wanted);
    let asked = missing.map(|kind| Fix {
        title: kind.ask.to_owned(),
        command: kind.command.filter(|_| !evidence.lab).map(|command| slots::fill_command(command, facts)),
    });
    // How each of them shows itself is what to look for in it.
    let signs = open.iter().take(MOST).map(|verdict| Fix {
        title: slots::fill_text(&verdict.reason.confirm, &facts.with(verdict.values.clone())),
        command: None,
    });
    Verdict {
        reason: entry::undetermined(),
        certainty: Certainty::Possible,
        evidence: evidence.compared.iter().map(EvidenceLine::of).collect(),
        values: vec![("open_causes", sentence)],
        ask: asked.chain(signs).collect(),
    }
}
