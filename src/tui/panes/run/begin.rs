//! The token that a run begins with, as far as a person has a say in it: taken from the shelf, or pasted.

use super::{keys::bad, shown::Shown};
use crate::{
    flow::Need,
    secret::Secret,
    text::{Line, Role},
    token::{self, Kind, bend, kind_of},
    tui::pane::{Choice, Intent},
    workbench::{Held, TokenUse, User, Workbench},
};

/// What is waited for, in words.
pub const fn wanted(need: Need) -> &'static str {
    match need {
        Need::UserAssertion => "the access token that a front end has called us with",
        Need::RefreshToken => "a refresh token",
        Need::AccessToken => "an access token",
        Need::IdToken => "an ID token",
    }
}

/// `w`: the tokens on the shelf that the run could begin with, the one that suits best first.
pub fn pick(shown: &Shown<'_>) -> Intent {
    let (bench, id) = (shown.bench, shown.bench.root(shown.session.id));
    let (Some(need), true) = (bench.need(id), bench.takes_token(id)) else {
        return bad("this run waits for no token");
    };
    let Some(root) = bench.session(id) else { return bad("this run is gone") };
    let choices: Vec<Choice> = bench
        .candidates(need, &root.profile)
        .into_iter()
        .filter_map(|candidate| {
            let held = bench.shelf.all().get(candidate.index)?;
            let note = match candidate.unfit {
                Some(why) => format!("{}; {why}", about(held, bench)),
                None => about(held, bench),
            };
            let intent = Intent::Bench(User::Give(id, held.decoded.raw.clone()));
            Some(Choice { name: name(held), note, intent })
        })
        .collect();
    if choices.is_empty() {
        return bad("there is no token on the shelf yet; p takes a pasted one");
    }
    Intent::Choose { title: format!("Begin with {}", wanted(need)), choices }
}

/// In which column the texts stand that may go on in the next row.
pub const TEXT: u16 = 21;

/// What is asked for, and the ways to give it.
pub fn lines(shown: &Shown<'_>) -> Vec<Line> {
    let (bench, id) = (shown.bench, shown.bench.root(shown.session.id));
    let (Some(need), Some(root)) = (bench.need(id), bench.session(id)) else { return Vec::new() };
    let candidates = bench.candidates(need, &root.profile);
    let fit = candidates.iter().filter(|candidate| candidate.unfit.is_none()).count();
    let shelf = match (fit, candidates.len()) {
        (_, 0) => "Nothing lies there yet.".to_owned(),
        (0, all) => format!("{all} lie there, none of which suits. It can be tried all the same."),
        (1, _) => "One that suits lies there.".to_owned(),
        (fit, _) => format!("{fit} that suit lie there; the newest comes first."),
    };
    let way = |key: &str, name: &str, about: String| {
        Line::of(Role::Key, format!(" {key}  "))
            .then(Role::Title, format!("{name:<17}"))
            .then(Role::Text, about)
    };
    vec![
        Line::of(Role::Text, format!("{} begins with {}.", root.kind.title(), wanted(need))),
        Line::new(),
        way("w", "From the shelf", shelf),
        way("p", "Paste", "From anywhere else; it is masked while you type.".to_owned()),
    ]
}

/// What a token is called in a list: `access token 09:15:27Z`.
fn name(held: &Held) -> String {
    let used_as = match held.used_as {
        TokenUse::Id => "ID",
        other => other.name(),
    };
    format!("{used_as} token {}", held.received.clock())
}

/// For whom and from whom it is; an application of the lab by its name, which is shorter than its id.
fn about(held: &Held, bench: &Workbench) -> String {
    let claim = |name: &str| held.decoded.claims.get(name).and_then(serde_json::Value::as_str);
    let mut parts = vec![kind_of(&held.decoded).kind.title().to_owned()];
    parts.extend(claim("aud").map(|audience| {
        let known = bench.lab.scenario.application_with_id(audience).filter(|_| bench.is_lab());
        let audience = known.map_or(audience, |known| known.display_name.as_str());
        format!("for {}", crate::text::visible(audience))
    }));
    if let Some((changes, signing)) = &held.bent {
        parts.push(crate::text::visible(&bend::in_short(changes, *signing)).into_owned());
    }
    if held.decoded.kind != Kind::Jws {
        parts = vec![held.decoded.kind.title().to_owned()];
        // Nothing in it tells it from the others, so the run that brought it has to.
        let run = held.session.and_then(|id| bench.session(id));
        parts.extend(run.map(|run| format!("from {} as {}", run.kind.title(), run.profile.name)));
    }
    parts.join(", ")
}

/// Reads what a person pasted as a token.
pub fn read(text: &str) -> Result<Secret, String> {
    let decoded = token::decode(text);
    if decoded.kind == Kind::NotAToken {
        let why = decoded.findings.first().map_or_else(String::new, |finding| format!(": {}", finding.title));
        return Err(format!("that is no token{why}"));
    }
    Ok(decoded.raw)
}
