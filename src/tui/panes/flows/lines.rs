//! What stands in the regions of the Flows screen.

use super::about::{about as known, platform_note};
use crate::{
    entra::aadsts,
    flow::{Credential, Federated, FlowKind, Outcome, Profile, UserAssigned},
    text::{Line, Role, visible},
    time::UnixTime,
    tui::{glyphs::Glyphs, widgets::fit},
    workbench::{Group, LabState, Offer, Session, Workbench},
};

/// Where the description of an application begins, in the list.
pub const ABOUT_COLUMN: u16 = 20;

/// Where a value begins that has a name before it.
pub const VALUE_COLUMN: u16 = 7;

/// The offers under their flow's name, and the line of the selected one.
pub fn offers(
    bench: &Workbench,
    shown: &[&Offer],
    selected: usize,
    width: u16,
    glyphs: &Glyphs,
) -> (Vec<Line>, Option<usize>) {
    let (mut lines, mut mark) = (Vec::new(), None);
    let widest = usize::from(ABOUT_COLUMN) - 4;
    let mut last = None;
    for (index, offer) in shown.iter().enumerate() {
        if last != Some(offer.kind) {
            if last.map(Group::of) != Some(Group::of(offer.kind)) {
                if last.is_some() {
                    lines.push(Line::new());
                }
                let heading = Group::of(offer.kind).title();
                lines.push(Line::of(Role::Title, fit::text(heading, width, glyphs)));
            }
            lines.push(Line::of(Role::Name, format!(" {}", offer.kind.title())));
            last = Some(offer.kind);
        }
        if index == selected {
            mark = Some(lines.len());
        }
        lines.push(
            Line::of(Role::Text, format!("  {:<widest$}  ", offer.key))
                .then(Role::Muted, fit::text(&offer.about, width.saturating_sub(ABOUT_COLUMN + 1), glyphs)),
        );
    }
    if shown.is_empty() && !bench.offers.is_empty() {
        lines.push(Line::of(Role::Muted, fit::text("Nothing fits. Esc shows all.", width, glyphs)));
    }
    if let LabState::Failed(why) = &bench.lab.state
        && bench.is_lab()
    {
        lines.push(Line::new());
        lines.push(Line::of(Role::Refused, format!("The lab tenant cannot start: {why}")));
    }
    (lines, mark)
}

/// What a flow is for, and as what it would be run.
pub fn about(offer: &Offer, bench: &Workbench, glyphs: &Glyphs) -> Vec<Line> {
    let about = known(offer.kind);
    let heading = |text: &str| Line::of(Role::Title, text);
    let pair = |name: &str, value: &str| Line::of(Role::Name, format!("{name:<7}")).then(Role::Text, value);
    let mut lines = vec![
        heading(offer.kind.title()).then(Role::Muted, format!("  as {}: {}", offer.key, offer.about)),
        Line::new(),
    ];
    if let Some(warning) = offer.kind.warning() {
        let mark = format!("{:<7}", glyphs.warning);
        lines.push(Line::of(Role::Warn, mark).then(Role::Warn, warning));
    }
    lines.extend([
        pair("what", about.purpose),
        pair("acts", about.acts),
        pair("needs", about.needs),
        pair("gives", about.gives),
        pair("care", about.care),
    ]);
    if offer.kind == FlowKind::AuthorizationCode {
        lines.push(pair("here", platform_note(offer.profile.platform)));
    }
    lines.push(Line::new());
    lines.push(heading("Steps"));
    lines.extend(
        about
            .steps
            .iter()
            .enumerate()
            .map(|(index, step)| Line::of(Role::Muted, format!("  {} ", index + 1)).then(Role::Text, step)),
    );
    lines.push(Line::new());
    lines.push(heading("With these settings"));
    lines.extend(settings(&offer.profile));
    if let Some(source) = &offer.profile.source {
        lines.push(Line::new());
        lines.push(heading("The run that brings its token"));
        let what = format!("  {} as {}", source.kind.title(), source.profile.name);
        lines.push(Line::of(Role::Value, what).then(Role::Muted, "; or one from the shelf, or a pasted one"));
        lines.push(
            Line::of(Role::Name, format!("  {:<14}", "scope")).then(Role::Value, &source.profile.scope),
        );
    }
    if bench.is_lab() {
        lines.push(Line::new());
        lines.push(heading("Who can sign in"));
        let signs_in = signs_in(offer.kind, &offer.profile);
        let people = bench.lab.scenario.users().iter().filter(|_| signs_in);
        let before = lines.len();
        lines.extend(people.map(|person| {
            Line::of(Role::Value, format!("  {:<26} ", person.user_principal_name))
                .then(Role::Secret, format!("{:<13} ", person.password.expose()))
                .then(Role::Muted, person.about.as_str())
        }));
        if lines.len() == before {
            lines.push(Line::of(Role::Muted, "  Nobody: the application acts in its own name."));
        }
    }
    if !about.errors.is_empty() {
        lines.push(Line::new());
        lines.push(heading("Errors that people meet here"));
    }
    lines.extend(about.errors.iter().filter_map(|number| {
        let code = aadsts::lookup(*number)?;
        Some(Line::of(Role::Value, format!("  {number:<8} ")).then(Role::Text, code.title.as_ref()))
    }));
    lines.push(Line::new());
    lines.push(Line::of(Role::Muted, format!("Defined in {}.", about.source)));
    lines
}

/// Whether somebody signs in, in this run or in the one that brings its token.
fn signs_in(kind: FlowKind, profile: &Profile) -> bool {
    match (kind, &profile.source) {
        (FlowKind::ClientCredentials | FlowKind::ManagedIdentity, _) => false,
        (_, Some(source)) => signs_in(source.kind, &source.profile),
        _ => true,
    }
}

fn settings(profile: &Profile) -> Vec<Line> {
    let pair =
        |name: &str, value: &str| Line::of(Role::Name, format!("  {name:<14}")).then(Role::Value, value);
    let mut lines = vec![pair("client_id", &profile.client_id)];
    if let Some(api) = &profile.api {
        lines.push(pair("call", &format!("{} {}", api.method, api.url)));
        return lines;
    }
    if profile.fan_out.is_empty() {
        lines.push(pair("scope", &profile.scope));
    }
    lines.extend(profile.fan_out.iter().map(|scope| pair("try", scope)));
    if let Some(identity) = &profile.managed_identity {
        lines.push(pair("endpoint", identity.endpoint.as_str()));
        let named = match &identity.identity {
            None => "the machine's own".to_owned(),
            Some(UserAssigned::ClientId(id)) => format!("client id {id}"),
            Some(UserAssigned::ObjectId(id)) => format!("object id {id}"),
            Some(UserAssigned::ResourceId(id)) => format!("resource id {id}"),
        };
        lines.push(pair("identity", &named));
        return lines;
    }
    if let Some(response_type) = &profile.response_type {
        lines.push(pair("response_type", response_type));
    }
    if let Some(uri) = &profile.redirect_uri {
        lines.push(pair("redirect_uri", uri.as_str()));
        if profile.source.is_none() {
            lines.push(pair("PKCE", profile.pkce.name()));
        }
    }
    if let Some(username) = &profile.username {
        lines.push(pair("username", username));
    }
    lines.push(match &profile.credential {
        Credential::None => pair("credential", "none: a public client"),
        Credential::Secret(secret) => {
            Line::of(Role::Name, format!("  {:<14}", "client_secret")).then(Role::Secret, secret.masked())
        }
        Credential::PrivateKey(key) => pair("credential", &key.about),
        Credential::Federated(Federated::Given(_)) => {
            pair("credential", "an assertion of another issuer, in hand")
        }
        Credential::Federated(Federated::Fetched(from)) => {
            pair("credential", &format!("an assertion from {from}"))
        }
    });
    lines
}

/// The runs so far, newest first.
pub fn runs(bench: &Workbench, now: UnixTime) -> Vec<Line> {
    if bench.sessions.is_empty() {
        return vec![Line::of(
            Role::Muted,
            "None yet. Choose a flow above and press Enter: it goes one step at a time.",
        )];
    }
    bench.sessions.iter().rev().map(|session| run(session, now)).collect()
}

fn run(session: &Session, now: UnixTime) -> Line {
    let (role, word, detail) = match &session.outcome {
        None => (Role::Busy, "running", format!("for {}", crate::time::span(now.since(session.began)))),
        Some(Outcome::Tokens(set)) => {
            let given =
                [("access", &set.access_token), ("id", &set.id_token), ("refresh", &set.refresh_token)];
            let names: Vec<_> =
                given.iter().filter(|(_, token)| token.is_some()).map(|(name, _)| *name).collect();
            (Role::Ok, "tokens", names.join(", "))
        }
        Some(Outcome::Refused(refusal)) => {
            let number = refusal.error_codes.last().map_or(String::new(), |code| format!("AADSTS{code} "));
            (Role::Refused, "refused", format!("{number}{}", visible(&refusal.error)))
        }
        Some(Outcome::Rejected { reason, .. }) => (Role::Refused, "rejected", visible(reason).into_owned()),
        Some(Outcome::Failed(failure)) => {
            (Role::Refused, "no answer", visible(&failure.to_string()).into_owned())
        }
        Some(Outcome::Done(what)) => (Role::Ok, "done", visible(what).into_owned()),
        Some(Outcome::Cancelled) => (Role::Muted, "cancelled", String::new()),
    };
    Line::of(Role::Muted, format!("{}  ", session.began.clock()))
        .then(Role::Text, format!("{:<20} {:<15} ", session.kind.title(), session.profile.name))
        .then(role, format!("{word:<10}"))
        .then(Role::Text, detail)
}
