//! What every region of the screen reads: the run that is shown and the step that is selected in it, looked up once for
//! each frame. Words that more than one region needs for steps and exchanges stand here, too.

use url::Url;

use crate::{
    flow::{Authority, Fact, FlowKind, Pkce, Prompt, Step, StepId, StepState},
    oauth, secret,
    text::{Line, Role},
    time::UnixTime,
    tui::{look::Motion, pane::Scene},
    workbench::{Channel, Exchange, FrontChannel, Session, Workbench},
};

/// One look at a run.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// Where everything stands.
    pub bench: &'a Workbench,
    /// The run.
    pub session: &'a Session,
    /// Its steps as they are now.
    pub steps: Vec<Step<'a>>,
    /// The place of the selected step among them.
    pub selected: usize,
    /// What a person has to do elsewhere.
    pub prompt: Option<Prompt>,
    /// Whether a token is asked for now: to begin with, and nothing else brings it.
    pub asks_token: bool,
}

impl<'a> Shown<'a> {
    /// Looks at a run; `chosen` is the step that the person selected, else the one in progress is.
    pub fn new(bench: &'a Workbench, session: &'a Session, chosen: Option<StepId>) -> Self {
        let steps = session.flow.steps();
        let current = session.flow.current();
        let at = |id: StepId| steps.iter().position(|step| step.id == id);
        let selected = chosen.and_then(at).or_else(|| at(current)).unwrap_or(0);
        let prompt = session.flow.prompt();
        let asks_token = session.wanted().is_some() && session.source_run.is_none();
        Self { bench, session, steps, selected, prompt, asks_token }
    }

    /// The selected step.
    pub fn step(&self) -> Option<&Step<'a>> {
        self.steps.get(self.selected)
    }

    /// Whether the person is asked for something beside the steps: a sign-in, or a token.
    pub fn asks(&self) -> bool {
        self.session.is_running() && (self.visit().is_some() || self.asks_token)
    }

    /// The run that waits for the tokens of this one.
    pub fn brings_for(&self) -> Option<&'a Session> {
        self.session.brings_for.and_then(|id| self.bench.session(id))
    }

    /// The step that waits for the person to say go.
    pub fn ready(&self) -> Option<&Step<'a>> {
        self.steps.iter().find(|step| step.state == StepState::Ready)
    }

    /// The exchanges of the run, oldest first.
    pub fn exchanges(&self) -> impl DoubleEndedIterator<Item = &'a Exchange> {
        self.session.exchanges.iter().filter_map(|id| self.bench.traffic.get(*id))
    }

    /// The exchanges that a step made, oldest first.
    pub fn exchanges_of(&self, step: StepId) -> impl DoubleEndedIterator<Item = &'a Exchange> {
        self.exchanges().filter(move |exchange| exchange.step == Some(step))
    }

    /// The exchange whose answer a step shows: the last that was its own; where it only sent somebody to a page, the
    /// last hop that we saw.
    pub fn exchange_of(&self, step: StepId) -> Option<&'a Exchange> {
        let own = self.exchanges_of(step).rfind(|exchange| exchange.channel == Channel::Back);
        own.or_else(|| self.exchanges_of(step).next_back())
    }

    /// The request that waits for its answer, if one does.
    pub fn pending(&self) -> Option<&'a Exchange> {
        self.exchanges().rfind(|exchange| exchange.result.is_none()).filter(|_| self.session.is_running())
    }

    /// The visit that is waited for.
    pub fn visit(&self) -> Option<&oauth::Visit> {
        match &self.prompt {
            Some(Prompt::Visit(visit)) => Some(visit),
            Some(Prompt::DeviceCode(_)) | None => None,
        }
    }

    /// Whether the built-in user agent is at work for this run.
    pub fn has_page(&self) -> bool {
        matches!(self.session.front, Some(FrontChannel::Builtin(_))) && self.session.agent.is_some()
    }

    /// What the authority is called in a diagram.
    pub fn authority(&self) -> String {
        match &self.session.profile.authority {
            Authority::Lab { .. } => "Lab tenant".to_owned(),
            Authority::Entra { .. } => "Entra ID".to_owned(),
            Authority::Issuer(issuer) => issuer.host_str().unwrap_or("issuer").to_owned(),
        }
    }

    /// What the run is called.
    pub fn title(&self) -> String {
        let pkce = match (self.session.kind, self.session.profile.pkce) {
            (FlowKind::AuthorizationCode, Pkce::S256 | Pkce::Plain) => " + PKCE",
            _ => "",
        };
        format!("{}{pkce}", self.session.kind.title())
    }

    /// How many steps are over, and how many there are: `4/6`.
    pub fn progress(&self) -> String {
        let current = self.session.flow.current();
        let place = self.steps.iter().position(|step| step.id == current).map_or(0, |at| at + 1);
        format!("{place}/{}", self.steps.len())
    }
}

/// Whether a step sends somebody to a page of the authority.
pub const fn is_visit(step: StepId) -> bool {
    matches!(step, StepId::Authorize | StepId::AdminConsent | StepId::Logout)
}

/// The picture of the spinner that is due, or a still mark where nothing may move.
pub fn spinner(scene: &Scene<'_>) -> &'static str {
    let glyphs = scene.look.glyphs;
    match scene.look.motion {
        Motion::Full => {
            let tick = scene.now.millis().unsigned_abs() / 100;
            let count = glyphs.spinner.len() as u64;
            glyphs.spinner[usize::try_from(tick % count).expect("less than the number of pictures")]
        }
        Motion::Reduced => glyphs.running,
    }
}

/// What a step made or learned, masked unless secrets are to be seen.
pub fn fact_value(fact: &Fact, reveal: bool) -> Line {
    match &fact.secret {
        Some(secret) if reveal => Line::of(Role::Secret, secret.expose()),
        _ => fact.value.clone(),
    }
}

/// A value under a name, masked unless it is harmless or to be seen.
pub fn value(name: &str, value: &str, reveal: bool) -> Line {
    if secret::is_harmless(name) {
        Line::of(Role::Value, value)
    } else if reveal {
        Line::of(Role::Secret, value)
    } else {
        Line::of(Role::Secret, secret::mask(value))
    }
}

/// A clock of minutes and seconds for things that are waited for: `0:42`.
pub fn stopwatch(since: UnixTime, now: UnixTime) -> String {
    countdown(now.since(since).as_secs())
}

/// Seconds as minutes and seconds: `13:41`.
pub fn countdown(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// What an address is called in few words: `metadata`, `keys`, or the end of its path.
pub fn endpoint(url: &Url) -> String {
    let path = url.path().trim_end_matches('/');
    if path.ends_with("/.well-known/openid-configuration") {
        return "metadata".to_owned();
    }
    match path.rsplit('/').next().filter(|last| !last.is_empty()) {
        Some("keys" | "jwks" | "jwks.json" | "certs") => "keys".to_owned(),
        Some(last) => format!("/{last}"),
        None => "/".to_owned(),
    }
}

/// How an exchange went, in few words: `200  12 ms`, `400 invalid_grant`, `timeout`; `None` while it is under way.
pub fn result(exchange: &Exchange) -> Option<(Role, String)> {
    match exchange.result.as_ref()? {
        Ok(response) => {
            // Pages may refuse with status 200; a JSON answer of that status does not, and may be large.
            let is_page = response.headers.get("content-type").is_some_and(|kind| kind.contains("html"));
            let may_refuse = is_page || !response.is_success();
            let refusal = may_refuse.then(|| oauth::error::from_response(response)).flatten();
            let refusal = refusal.filter(|refusal| !refusal.error.is_empty());
            let role = if refusal.is_some() || response.status >= 400 { Role::Refused } else { Role::Status };
            let word = match refusal {
                Some(refusal) => refusal.error,
                None => milliseconds(exchange),
            };
            Some((role, format!("{} {word}", response.status)))
        }
        Err(failure) => Some((Role::Refused, failure_word(failure).to_owned())),
    }
}

/// How long the answer took: `<1 ms`, `12 ms`, `1.4 s`.
pub fn milliseconds(exchange: &Exchange) -> String {
    let took = exchange.timing.total;
    match took.as_millis() {
        0 => "<1 ms".to_owned(),
        millis @ 1..1000 => format!("{millis} ms"),
        _ => format!("{:.1} s", took.as_secs_f64()),
    }
}

/// Why no answer came, in a word or two.
pub const fn failure_word(failure: &crate::wire::Failure) -> &'static str {
    use crate::wire::Failure;
    match failure {
        Failure::Dns { .. } => "no address",
        Failure::Connect { .. } => "no connection",
        Failure::Tls { .. } => "TLS failed",
        Failure::Timeout { .. } => "timed out",
        Failure::Broken { .. } => "broke off",
        Failure::Unreadable { .. } => "unreadable",
        Failure::Listen { .. } => "no listener",
        Failure::Unsendable { .. } => "not sent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_named_by_what_they_are_for() {
        let check = |url: &str, name: &str| assert_eq!(endpoint(&url.parse().expect("a URL")), name);
        check("http://localhost:7080/t/v2.0/.well-known/openid-configuration", "metadata");
        check("http://localhost:7080/t/discovery/v2.0/keys", "keys");
        check("http://localhost:7080/t/oauth2/v2.0/token?x=1", "/token");
        check("http://localhost:7080/", "/");
    }

    #[test]
    fn secrets_are_masked_until_they_are_asked_for() {
        assert_eq!(value("client_id", "me", false).plain(), "me");
        assert_eq!(value("client_secret", "hush", false).plain(), "•••••••• (4 chars)");
        assert_eq!(value("client_secret", "hush", true).plain(), "hush");
    }

    #[test]
    fn waiting_is_told_in_minutes_and_seconds() {
        let since = UnixTime::from_seconds(100);
        assert_eq!(stopwatch(since, UnixTime::from_seconds(142)), "0:42");
        assert_eq!(stopwatch(since, UnixTime::from_seconds(50)), "0:00");
        assert_eq!(countdown(821), "13:41");
    }
}
