//! Subjects as the platforms write them: GitHub, GitLab, Azure DevOps, Kubernetes, Terraform Cloud, and Entra's own
//! identities. A subject is text with parts; what differs is said by part.

use std::fmt;

use crate::{text::visible, token::known};

/// A subject taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Whose form it has.
    pub form: Form,
    /// Its parts, by what they are: `repository`, `branch`.
    pub parts: Vec<(&'static str, String)>,
}

/// Whose form a subject has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `repo:{org}/{repo}:…`.
    GitHub,
    /// `project_path:{group}/{project}:ref_type:…:ref:…`.
    GitLab,
    /// `sc://{organization}/{project}/{connection}`.
    AzureDevOps,
    /// `system:serviceaccount:{namespace}:{account}`.
    Kubernetes,
    /// `organization:…:project:…:workspace:…:run_phase:…`.
    Terraform,
    /// A GUID: the object id of one of Entra's identities.
    ObjectId,
    /// No form that is known.
    Other,
}

impl Form {
    const fn title(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub Actions",
            Self::GitLab => "GitLab CI",
            Self::AzureDevOps => "an Azure DevOps service connection",
            Self::Kubernetes => "a Kubernetes service account",
            Self::Terraform => "Terraform Cloud",
            Self::ObjectId => "an identity in Entra, by object id",
            Self::Other => "a form of the issuer's own",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.form.title())?;
        for (at, (name, value)) in self.parts.iter().enumerate() {
            let separator = if at == 0 { ": " } else { ", " };
            write!(f, "{separator}{name}")?;
            if !value.is_empty() {
                write!(f, " {}", visible(value))?;
            }
        }
        Ok(())
    }
}

/// Takes a subject apart; the issuer settles what its text alone leaves open.
pub fn subject_of(issuer: &str, subject: &str) -> Subject {
    let host = known::issuer_host(issuer);
    let made = |form, parts: Vec<(&'static str, String)>| Subject { form, parts };
    if let Some(rest) = subject.strip_prefix("repo:") {
        return made(Form::GitHub, github(rest));
    }
    if let Some(rest) = subject.strip_prefix("project_path:") {
        return made(Form::GitLab, gitlab(rest));
    }
    if let Some(rest) = subject.strip_prefix("sc://") {
        let names = ["organization", "project", "service connection"];
        return made(
            Form::AzureDevOps,
            names.into_iter().zip(rest.splitn(3, '/').map(str::to_owned)).collect(),
        );
    }
    if let Some(rest) = subject.strip_prefix("system:serviceaccount:") {
        let names = ["namespace", "service account"];
        return made(
            Form::Kubernetes,
            names.into_iter().zip(rest.splitn(2, ':').map(str::to_owned)).collect(),
        );
    }
    if subject.starts_with("organization:") && subject.contains(":workspace:") {
        return made(Form::Terraform, terraform(subject));
    }
    if known::is_guid(subject) {
        return made(Form::ObjectId, vec![("object", subject.to_owned())]);
    }
    let form = if host == "token.actions.githubusercontent.com" { Form::GitHub } else { Form::Other };
    made(form, Vec::new())
}

/// What stands behind `repo:`.
fn github(rest: &str) -> Vec<(&'static str, String)> {
    let (repository, context) = rest.split_once(':').unwrap_or((rest, ""));
    let mut parts = vec![("repository", repository.to_owned())];
    let named = |name, text: &str| Some((name, text.to_owned()));
    let context = if context.is_empty() {
        None
    } else if let Some(name) = context.strip_prefix("environment:") {
        named("environment", name)
    } else if let Some(branch) = context.strip_prefix("ref:refs/heads/") {
        named("branch", branch)
    } else if let Some(tag) = context.strip_prefix("ref:refs/tags/") {
        named("tag", tag)
    } else if let Some(other) = context.strip_prefix("ref:") {
        named("ref", other)
    } else if context == "pull_request" {
        named("pull request", "")
    } else {
        named("context", context)
    };
    parts.extend(context);
    parts
}

fn gitlab(rest: &str) -> Vec<(&'static str, String)> {
    let (project, context) = rest.split_once(":ref_type:").unwrap_or((rest, ""));
    let mut parts = vec![("project", project.to_owned())];
    if let Some((kind, name)) = context.split_once(":ref:") {
        let kind = match kind {
            "branch" => "branch",
            "tag" => "tag",
            _ => "ref",
        };
        parts.push((kind, name.to_owned()));
    }
    parts
}

fn terraform(subject: &str) -> Vec<(&'static str, String)> {
    const NAMES: [&str; 4] = ["organization", "project", "workspace", "run_phase"];
    let words: Vec<&str> = subject.split(':').collect();
    let pairs = words.chunks(2).filter_map(|pair| match pair {
        [name, value] => Some((NAMES.into_iter().find(|known| known == name)?, (*value).to_owned())),
        _ => None,
    });
    pairs.collect()
}

/// What differs between two subjects, in words.
pub(super) fn differs(issuer: &str, presented: &str, registered: &str) -> Vec<String> {
    let mut why = Vec::new();
    if super::in_form(presented, registered, &mut why) {
        return why;
    }
    let (sent, held) = (subject_of(issuer, presented), subject_of(issuer, registered));
    if registered.ends_with(":pull-request") {
        why.push("GitHub writes pull_request, with an underscore.".to_owned());
        return why;
    }
    if sent.form == Form::GitHub && registered.starts_with("refs/") || registered.starts_with("ref:") {
        why.push(
            "The entry holds only the ref: a subject of GitHub begins with repo:ORGANIZATION/REPOSITORY."
                .to_owned(),
        );
        return why;
    }
    if sent.form != held.form {
        why.push(format!(
            "Two forms: the token's is that of {}, the entry's that of {}.",
            sent.form.title(),
            held.form.title()
        ));
        return why;
    }
    match sent.form {
        Form::ObjectId => why.push(
            "Another object id. The subject of a managed identity is its object (principal) id, not its client id.".to_owned(),
        ),
        Form::Other => why.push("Another subject.".to_owned()),
        Form::GitHub | Form::GitLab | Form::AzureDevOps | Form::Kubernetes | Form::Terraform => {
            by_part(&sent, &held, &mut why);
        }
    }
    why
}

fn by_part(sent: &Subject, held: &Subject, why: &mut Vec<String>) {
    for at in 0..sent.parts.len().max(held.parts.len()) {
        let described = |part: Option<&(&'static str, String)>| match part {
            Some((name, value)) if value.is_empty() => format!("a {name}"),
            Some((name, value)) => format!("the {name} \u{201c}{}\u{201d}", visible(value)),
            None => "nothing".to_owned(),
        };
        match (sent.parts.get(at), held.parts.get(at)) {
            (Some(sent), Some(held)) if sent == held => {}
            (Some((kind, sent)), Some((other, held))) if kind == other => {
                let sent_id = without_ids(sent);
                why.push(if *sent != *held && sent_id == without_ids(held) {
                    format!("The {kind} is the same but for the numeric ids, which newer tokens write behind the names.")
                } else {
                    format!(
                        "Another {kind}: the token's is \u{201c}{}\u{201d}, the entry's \u{201c}{}\u{201d}.",
                        visible(sent),
                        visible(held)
                    )
                });
            }
            (sent, held) => {
                why.push(format!("The token is for {}, the entry for {}.", described(sent), described(held)));
                if sent.is_some_and(|(kind, _)| *kind == "environment") {
                    why.push("A job that names an environment has that in its subject, and no longer branch or tag.".to_owned());
                }
            }
        }
    }
}

/// `org@123/repo@456` without the numbers.
fn without_ids(repository: &str) -> String {
    let parts = repository.split('/').map(|part| match part.split_once('@') {
        Some((name, id)) if id.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => part,
    });
    parts.collect::<Vec<_>>().join("/")
}
