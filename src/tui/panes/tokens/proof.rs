//! An assertion beside what a registration trusts. Of one that a client has signed itself: each of its fields in a light, and
//! its thumbprint beside the registered certificates. Of another issuer's (a CI job's, a pod's): its issuer, subject and
//! audience beside each federated credential, with the part marked in which they differ.

use serde_json::Value;

use super::checks;
use crate::{
    finding::Finding,
    flow::StepId,
    provider::scenario::Application,
    text::{Line, Role, visible},
    time::UnixTime,
    token::{
        TokenKind, assertion,
        federation::{self, Candidate, Matching, Registered},
        kind_of,
        thumbprint::{Certificate, Comparison, Form},
    },
    tui::glyphs::Glyphs,
    workbench::{Held, TokenUse, Workbench},
};

/// So many entries of registrations are set beside the token.
const ENTRIES: usize = 5;

/// What a person has pasted for this.
#[derive(Clone, Copy, Debug)]
pub struct Pasted<'a> {
    /// A certificate.
    pub certificate: Option<&'a Certificate>,
    /// Federated credentials of a registration.
    pub registered: &'a [Registered],
}

/// Everything that stands in the panel.
pub fn lines(
    held: &Held,
    pasted: Pasted<'_>,
    bench: &Workbench,
    now: UnixTime,
    glyphs: &Glyphs,
) -> Vec<Line> {
    let names_a_key = ["x5t", "x5t#S256"].iter().any(|name| held.decoded.header.contains_key(*name));
    let claim = |name: &str| held.decoded.claims.get(name).and_then(Value::as_str);
    let of_client = claim("iss").is_some() && claim("iss") == claim("sub");
    let is_workload = kind_of(&held.decoded).kind == TokenKind::WorkloadAssertion;
    // Tokens that Entra signs name its certificates as well.
    if kind_of(&held.decoded).kind == TokenKind::ClientAssertion
        || (of_client && names_a_key)
        || (pasted.certificate.is_some() && !is_workload && pasted.registered.is_empty())
    {
        certificates(held, pasted.certificate, bench, now, glyphs)
    } else {
        credentials(held, pasted.registered, bench, now, glyphs)
    }
}

fn light(finding: &Finding, glyphs: &Glyphs) -> Line {
    checks::line(finding, glyphs)
}

/// A client assertion beside certificates: the pasted one, else those of the registration that it names.
fn certificates(
    held: &Held,
    pasted: Option<&Certificate>,
    bench: &Workbench,
    now: UnixTime,
    glyphs: &Glyphs,
) -> Vec<Line> {
    let mut lines = vec![Line::of(Role::Title, "As a client assertion")];
    lines.extend(lights(held, bench, now).iter().map(|finding| light(finding, glyphs)));
    let client = held.decoded.claims.get("sub").and_then(Value::as_str);
    let registration = client.and_then(|id| bench.lab.scenario.application_with_id(id));
    let registered: Vec<Certificate> = match (pasted, registration) {
        (None, Some(application)) => {
            let read = application.certificates().filter_map(|one| Certificate::read(&one.der).ok());
            read.collect()
        }
        _ => Vec::new(),
    };
    let all = pasted.into_iter().chain(&registered);
    let text = held.decoded.raw.expose();
    let mut any = false;
    for certificate in all {
        any = true;
        lines.push(Line::new());
        let from = match (pasted, registration) {
            (None, Some(application)) => format!("registered for {}", application.key),
            _ => "pasted".to_owned(),
        };
        lines.push(
            Line::of(Role::Title, "Certificate ")
                .then(Role::Value, &certificate.subject)
                .then(Role::Muted, format!("  {from}")),
        );
        lines.push(Line::of(
            Role::Muted,
            format!("{}, until {}", certificate.key, certificate.not_after.date_time()),
        ));
        lines.extend(certificate.signed(text).iter().map(|finding| light(finding, glyphs)));
        lines.extend(certificate.compare(text).iter().flat_map(|one| thumbprint(one, glyphs)));
        lines.extend(certificate.forms().iter().map(form));
    }
    if !any {
        lines.push(Line::new());
        lines.push(Line::of(Role::Text, "No certificate is known for it: ").then(Role::Key, "p").then(
            Role::Text,
            " and paste one (-----BEGIN CERTIFICATE-----) to compare thumbprints and signature.",
        ));
    }
    lines
}

/// The lights of a client assertion.
pub fn lights(held: &Held, bench: &Workbench, now: UnixTime) -> Vec<Finding> {
    assertion::judge(&held.decoded, &expected(held, bench), now)
}

/// Whom and which endpoint the assertion of a run should name: the client of the run, and the address that it was sent to.
fn expected(held: &Held, bench: &Workbench) -> assertion::Expected {
    if held.used_as != TokenUse::Proof {
        return assertion::Expected::default();
    }
    let run = held.session.and_then(|id| bench.session(id));
    let sent = held.exchange.and_then(|id| bench.traffic.get(id));
    assertion::Expected {
        client_id: run.map(|run| run.profile.client_id.clone()),
        // A device code is asked for elsewhere, with an assertion for the token endpoint all the same.
        token_endpoint: sent
            .filter(|exchange| matches!(exchange.step, Some(StepId::Token | StepId::Poll)))
            .map(|exchange| exchange.request.url.to_string()),
    }
}

fn thumbprint(one: &Comparison, glyphs: &Glyphs) -> Vec<Line> {
    let mut lines = vec![light(&one.finding, glyphs)];
    if !one.fits {
        lines.push(Line::of(Role::Name, "  in use    ").then(Role::DiffSent, &one.used));
        lines.push(Line::of(Role::Name, "  expected  ").then(Role::DiffExpected, &one.expected));
    }
    lines.extend(
        one.mixups.iter().map(|mixup| {
            Line::of(Role::Warn, format!("{} ", glyphs.warning)).then(Role::Text, mixup.about())
        }),
    );
    lines
}

fn form(form: &Form) -> Line {
    Line::of(Role::Name, format!("  {:<8}", form.hash.title()))
        .then(Role::Value, &form.text)
        .then(Role::Muted, format!("  {}", form.about))
}

/// The credential's issuer as it is spelled here.
fn entries(application: &Application, bench: &Workbench) -> Vec<Registered> {
    let base = bench.lab.base();
    let base = base.as_str().trim_end_matches('/');
    let entry = |one: &crate::provider::scenario::FederatedCredential| Registered {
        name: one.name.clone(),
        issuer: one.issuer_at(base),
        subject: one.subject.clone(),
        audiences: one.audiences.clone(),
        expression: None,
    };
    application.federated_identity_credentials.iter().map(entry).collect()
}

/// Another issuer's token beside the federated credentials that were pasted, else those of every registration in the lab,
/// the nearest first.
fn credentials(
    held: &Held,
    pasted: &[Registered],
    bench: &Workbench,
    now: UnixTime,
    glyphs: &Glyphs,
) -> Vec<Line> {
    let in_lab = || {
        let trusting = bench
            .lab
            .scenario
            .applications()
            .iter()
            .filter(|one| !one.federated_identity_credentials.is_empty());
        trusting.map(|one| (one.key.as_str(), entries(one, bench), one.app_id.as_str())).collect::<Vec<_>>()
    };
    let registrations =
        if pasted.is_empty() { in_lab() } else { vec![("pasted", pasted.to_vec(), "CLIENT_ID")] };
    let mut matched: Vec<(&str, Matching)> = Vec::new();
    for (key, entries, application) in &registrations {
        match federation::matching(&held.decoded, entries, application, now) {
            Ok(matching) => matched.push((key, matching)),
            Err(why) => return vec![Line::of(Role::Text, why.to_string())],
        }
    }
    let fitting = |matching: &Matching| {
        let fits = |one: &Candidate| one.compared.iter().filter(|compared| compared.fits).count();
        matching.candidates.iter().map(fits).max().unwrap_or(0)
    };
    matched.sort_by_key(|(_, matching)| std::cmp::Reverse(fitting(matching)));
    let Some((key, nearest)) = matched.first() else {
        return vec![Line::of(Role::Text, "No registration in the lab has a federated credential.")];
    };
    let (mark, role) =
        if nearest.refused.is_none() { (glyphs.ok, Role::Ok) } else { (glyphs.failed, Role::Refused) };
    let mut lines = vec![Line::of(role, format!("{mark} ")).then(Role::Title, visible(&nearest.headline))];
    lines.push(if pasted.is_empty() {
        Line::of(Role::Muted, "compared with the lab; nearest is ")
            .then(Role::Value, *key)
            .then(Role::Muted, ". ")
            .then(Role::Key, "p")
            .then(Role::Muted, " takes others from az")
    } else {
        let count = pasted.len();
        let entries =
            if count == 1 { "entry that was".to_owned() } else { format!("{count} entries that were") };
        Line::of(Role::Muted, format!("compared with the {entries} pasted"))
    });
    if let Some(platform) = nearest.platform {
        lines.push(Line::of(Role::Muted, format!("a token of {platform}; its subject: {}", nearest.about)));
    }
    lines.extend(nearest.findings.iter().map(|finding| light(finding, glyphs)));
    for (key, candidate) in matched
        .iter()
        .flat_map(|(key, one)| one.candidates.iter().map(move |candidate| (key, candidate)))
        .take(ENTRIES)
    {
        lines.push(Line::new());
        lines.push(Line::of(Role::Title, format!("{key}: ")).then(Role::Title, &candidate.registered.name));
        lines.extend(candidate.compared.iter().flat_map(|one| compared(one, glyphs)));
    }
    if let Some(command) = &nearest.command {
        lines.push(Line::new());
        lines.push(Line::of(Role::Muted, "What would make it fit:"));
        lines.extend(crate::text::visible_lines(command).map(|line| Line::of(Role::Value, line)));
    }
    lines
}

fn compared(one: &federation::Compared, glyphs: &Glyphs) -> Vec<Line> {
    let (mark, role) = if one.fits { (glyphs.ok, Role::Ok) } else { (glyphs.failed, Role::Refused) };
    let head = Line::of(role, format!("{mark} ")).then(Role::Name, format!("{:<4}", one.member.claim()));
    if one.fits {
        return vec![head.then(Role::Value, &one.presented)];
    }
    let cut = &one.marked;
    let side = |name: &str, differs: &str, role: Role| {
        // Brackets show the part that differs where there is no colour.
        Line::of(Role::Muted, format!("    {name:<11}"))
            .then(Role::Value, &cut.before)
            .then(role, format!("[{}]", visible(differs)))
            .then(Role::Value, &cut.after)
    };
    let mut lines = vec![
        head,
        side("token", &cut.presented, Role::DiffSent),
        side("registered", &cut.registered, Role::DiffExpected),
    ];
    lines.extend(one.why.iter().map(|why| Line::of(Role::Text, "    ").then(Role::Text, why)));
    lines
}
