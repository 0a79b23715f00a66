//! The command that registers what the token has (reference §13.1).

use serde_json::json;

use super::{Candidate, Member, is_exchange};

/// Creates an entry where none is near, else brings the nearest one up to the token; `None` where that would not help.
pub(super) fn command(
    number: u32,
    candidates: &[Candidate],
    issuer: &str,
    subject: &str,
    audiences: &[String],
    application: &str,
) -> Option<String> {
    if number == 700_229 {
        return None;
    }
    let audience = audiences.iter().find(|one| is_exchange(one)).or(audiences.first())?;
    // An entry of this issuer in which only the form differs is a slip; another subject deserves an entry of its own.
    let slip = candidates.first().filter(|one| {
        let differing: Vec<_> = one.compared.iter().filter(|one| !one.fits).collect();
        !one.registered.name.is_empty()
            && one.registered.expression.is_none()
            && differing.len() == 1
            && (differing[0].member != Member::Subject
                || is_slip(&differing[0].presented, &differing[0].registered))
    });
    let name = match slip {
        Some(one) => one.registered.name.clone(),
        None => fresh_name(candidates, subject),
    };
    let parameters = json!({ "name": name, "issuer": issuer, "subject": subject, "audiences": [audience] });
    let parameters = shell_quoted(&parameters.to_string());
    let application = shell_word(application);
    Some(match slip {
        Some(_) => format!(
            "az ad app federated-credential update --id {application} --federated-credential-id {} --parameters {parameters}",
            shell_word(&name)
        ),
        None => format!("az ad app federated-credential create --id {application} --parameters {parameters}"),
    })
}

fn is_slip(presented: &str, registered: &str) -> bool {
    let plain = |text: &str| text.trim().trim_end_matches('/').to_lowercase().replace('-', "_");
    plain(presented) == plain(registered)
}

/// A name that the registration takes: 3 to 120 letters, digits, dashes and underscores.
fn fresh_name(candidates: &[Candidate], subject: &str) -> String {
    let words: Vec<&str> =
        subject.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let words: String = words.join("-").chars().take(100).collect();
    let mut name = match words.len() {
        0 => "federated".to_owned(),
        1 | 2 => format!("federated-{words}"),
        _ => words,
    };
    let is_taken = |name: &str| candidates.iter().any(|one| one.registered.name.eq_ignore_ascii_case(name));
    let stem = name.clone();
    let mut number = 2;
    while is_taken(&name) {
        name = format!("{stem}-{number}");
        number += 1;
    }
    name
}

/// In single quotes, which take everything but themselves.
fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// As it stands where that is safe, else in quotes.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text.to_owned() } else { shell_quoted(text) }
}
