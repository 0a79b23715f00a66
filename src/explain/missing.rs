//! What is not known yet, and what it would settle: the honest answer where the evidence leaves several causes open.
//!
//! `causes.tsv` says for each cause which evidence decides about it. What is not at hand is asked for, by the command that
//! gets it where there is one.

use memchr::memmem;

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
    /// What it is called in a list.
    noun: &'static str,
    is_at_hand: fn(&Evidence) -> bool,
    /// What to get.
    ask: &'static str,
    command: Option<&'static str>,
}

const KINDS: [Kind; 6] = [
    Kind {
        name: "request",
        noun: "the request",
        is_at_hand: |evidence| evidence.request.is_some(),
        ask: "Get the request that was refused, with address, headers and body: from the browser's network view (save it as HAR) or the library's verbose log",
        command: None,
    },
    Kind {
        name: "previous_request",
        noun: "the request before it",
        is_at_hand: |evidence| evidence.previous_request.is_some(),
        ask: "Get the authorize request of the same sign-in as well",
        command: None,
    },
    Kind {
        name: "registration",
        noun: "the registration",
        is_at_hand: |evidence| evidence.registration.is_some(),
        ask: "Get the registration of the application",
        command: Some("az ad app show --id {client_id}"),
    },
    Kind {
        name: "directory",
        noun: "what the tenant knows of the application",
        is_at_hand: |evidence| !evidence.service_principal.is_unknown() || evidence.grants.is_some(),
        ask: "Look the application up in the tenant of the request",
        command: Some("az ad sp show --id {client_id}"),
    },
    Kind {
        name: "token",
        noun: "the token",
        is_at_hand: |evidence| {
            let bearer = |request: &crate::wire::Request| request.headers.get("authorization").is_some();
            evidence.token.is_some() || evidence.request.as_ref().is_some_and(bearer)
        },
        ask: "Get the token that was sent and decode it (authwright decode): aud, iss, scp, roles and exp tell most",
        command: None,
    },
    Kind {
        name: "history",
        noun: "what happened before",
        is_at_hand: |evidence| !evidence.history.is_empty(),
        ask: "Look at what happened before: the log of the program, and what was changed in the last minutes",
        command: None,
    },
];

/// Look-ups that decide about families of causes, where the registration itself does not show it.
const LOOKUPS: [(&[&str], &str, &str); 4] = [
    (
        &["credential.certificate", "credential.x5t", "credential.key", "credential.assertion"],
        "List the certificates of the application and compare their thumbprints with x5t and kid in the header of the assertion",
        "az ad app credential list --id {client_id} --cert",
    ),
    (
        &["credential.secret", "credential.other", "credential.mangled", "credential.expired_secret"],
        "List the secrets of the application: first characters, key id and end date",
        "az ad app credential list --id {client_id}",
    ),
    (
        &["federated."],
        "List the federated credentials and compare issuer, subject and audience letter by letter",
        "az ad app federated-credential list --id {client_id}",
    ),
    (
        &["consent.", "permission."],
        "List what was granted to the application",
        "az ad app permission list-grants --id {client_id} --show-resource-name",
    ),
];

/// Whether there is a cause of that id.
pub(super) fn is_cause(id: &str) -> bool {
    row(id).is_some()
}

/// The evidence that decides about a cause, as words of `causes.tsv`.
pub(super) fn needs(id: &str) -> impl Iterator<Item = &'static str> {
    let needs = row(id).and_then(|row| row.split('\t').nth(2)).unwrap_or_default();
    needs.split(',').filter(|need| !need.is_empty())
}

/// The row of a cause in `causes.tsv`; the table begins with a comment, so that each row follows a line break.
fn row(id: &str) -> Option<&'static str> {
    let at = memmem::find(CAUSES.as_bytes(), format!("\n{id}\t").as_bytes())?;
    CAUSES[at + 1..].lines().next()
}

/// The answer that several causes stay open: which, and what would settle it.
pub(super) fn undetermined(
    entry: &'static Entry,
    open: &[Verdict],
    evidence: &Evidence,
    facts: &Facts,
) -> Verdict {
    const MOST: usize = 4;
    let title = |verdict: &Verdict| {
        let title = slots::fill_text(&verdict.reason.title, &facts.with(verdict.values.clone()));
        title.trim_end_matches('.').to_owned()
    };
    // Together they stay shorter than the longest value that prose takes.
    let short = |title: String| match title.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &title[..end]),
        None => title,
    };
    let titles: Vec<String> = open.iter().take(MOST).map(|verdict| short(title(verdict))).collect();
    let more = open.len().saturating_sub(MOST);
    let causes = match (titles.is_empty(), more) {
        (true, _) => format!("{}. None of the usual causes fits what is at hand.", entry.title),
        (false, 0) => format!("{}. {} causes are open: {}.", entry.title, open.len(), titles.join("; ")),
        (false, more) => {
            format!(
                "{}. {} causes are open: {}; and {more} more.",
                entry.title,
                open.len(),
                titles.join("; ")
            )
        }
    };
    let needed_by = |kind: &Kind| -> Vec<&Verdict> {
        open.iter().filter(|verdict| needs(&verdict.reason.id).any(|need| need == kind.name)).collect()
    };
    let missing: Vec<(&Kind, Vec<&Verdict>)> = KINDS
        .iter()
        .filter(|kind| !(kind.is_at_hand)(evidence))
        .map(|kind| (kind, needed_by(kind)))
        .filter(|(_, verdicts)| !verdicts.is_empty())
        .collect();
    let nouns: Vec<&str> = missing.iter().map(|(kind, _)| kind.noun).collect();
    let question = match nouns.as_slice() {
        [] => "The evidence at hand does not decide which cause it is".to_owned(),
        nouns => format!("Not decided yet: {} would tell which cause it is", listed(nouns)),
    };

    let command = |command: &str| Some(slots::fill_command(command, facts)).filter(|_| !evidence.lab);
    let asked = missing.iter().map(|(kind, verdicts)| {
        // What all of them need says nothing about one of them.
        let settles: Vec<String> =
            verdicts.iter().take(3).map(|verdict| format!("“{}”", title(verdict))).collect();
        let settles = if verdicts.len() < open.len() {
            format!("; it settles {}", listed(&settles.iter().map(String::as_str).collect::<Vec<_>>()))
        } else {
            String::new()
        };
        Fix { title: format!("{}{settles}", kind.ask), command: kind.command.and_then(command) }
    });
    let lookups = LOOKUPS.iter().filter(|(families, ..)| {
        open.iter().any(|verdict| families.iter().any(|family| verdict.reason.id.starts_with(family)))
    });
    let lookups = lookups
        .filter(|_| !evidence.lab)
        .map(|(_, ask, line)| Fix { title: (*ask).to_owned(), command: command(line) });
    // How each of them shows itself is what to look for in it.
    let signs = open.iter().take(MOST).map(|verdict| Fix {
        title: format!(
            "{}: {}",
            title(verdict),
            slots::fill_text(&verdict.reason.confirm, &facts.with(verdict.values.clone()))
        ),
        command: None,
    });
    Verdict {
        reason: entry::undetermined(),
        certainty: Certainty::Possible,
        evidence: at_hand(evidence, facts),
        values: vec![("open_question", question), ("open_causes", causes)],
        ask: asked.chain(lookups).chain(signs).collect(),
    }
}

/// What was read so far, so that a person sees what is being talked about: the tenant's own comparison, or else the values
/// of request and message.
pub(super) fn at_hand(evidence: &Evidence, facts: &Facts) -> Vec<EvidenceLine> {
    if !evidence.compared.is_empty() {
        return evidence.compared.iter().map(EvidenceLine::of).collect();
    }
    let place = if evidence.request.is_some() { "request" } else { "message" };
    let error = facts.error.as_deref().filter(|error| !error.starts_with("http_"));
    let called = facts.said.filter(|said| facts.code.is_none() && error != Some(*said));
    let said =
        [error, called].into_iter().flatten().map(|error| EvidenceLine::new("message error", error, ""));
    let values = ["client_id", "tenant", "redirect_uri", "scope", "resource", "username"]
        .into_iter()
        .filter_map(|name| Some(EvidenceLine::new(&format!("{place} {name}"), facts.get(name)?, "")));
    said.chain(values).collect()
}

/// What is told where no entry fits: nothing is known, so nothing is claimed, and what to get is said.
pub(super) fn without_entry(evidence: &Evidence, facts: &Facts) -> Verdict {
    let fix = |title: &str| Fix { title: title.to_owned(), command: None };
    let (question, open, ask) = match (facts.code, &facts.error) {
        (Some(number), _) => (
            format!("AADSTS{number} has no explanation here yet"),
            "The words behind the number say what was compared; the OAuth error beside it says whether to sign in again, to \
             mend the request, or to try later."
                .to_owned(),
            vec![
                fix(&format!(
                    "Read what the authority says about it: https://login.microsoftonline.com/error?code={number}"
                )),
                fix("Read the words behind the number in error_description: values in quotes are what was compared"),
                fix("Look at the request as it was sent: path, client_id, redirect_uri, scope"),
            ],
        ),
        (None, Some(error)) => (
            "The error is known by its name only".to_owned(),
            format!("Nothing more precise than “{error}” stands in the text, and that name is not known here."),
            vec![
                fix("Paste the whole answer with error_description, or the log around it with the innermost exception"),
                fix("Look at the request as it was sent: path, client_id, redirect_uri, scope"),
            ],
        ),
        (None, None) => (
            "There is no error in it that could be explained".to_owned(),
            "Programs often show a sentence of their own and keep what the authority said in a log or in the answer to the \
             request."
                .to_owned(),
            vec![
                fix("Paste the whole message: the page (below it stand the number and the correlation id), the JSON answer, or the \
                     address that the browser ended on"),
                fix("Turn the library's log to verbose, repeat the sign-in, and paste the last failure with the lines around it"),
                fix("Or save the browser's network view as a HAR file and hand that in: authwright explain - < sign-in.har"),
            ],
        ),
    };
    Verdict {
        reason: entry::undetermined(),
        certainty: Certainty::Possible,
        evidence: evidence.compared.iter().map(EvidenceLine::of).collect(),
        values: vec![("open_question", question), ("open_causes", open)],
        ask,
    }
}

/// `a, b and c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
