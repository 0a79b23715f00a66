//! Two visits to the authority that bring no tokens: an administrator agrees for everybody, or a person signs out.
//!
//! ```text
//! admin_consent   Begin ──────────────────────────────► Leaving ──listener──► Arrival ──back──► over
//! logout          Begin ─► Hint ──given──► Metadata ──► Leaving ──listener──► Arrival ──back──► over
//! ```
//!
//! Both prepare a state and a listener, send somebody to an address, and check what comes back. They differ in the
//! address, in what it carries, and in what its end means. The hint of a logout is left out where no sign-in brings one.

use url::Url;

use super::{
    AdminConsentVersion, Answer, Authority, Draft, Effect, Fact, FlowKind, Input, NamedBend, Need, Outcome,
    Place, Profile, Prompt, Seeds, Step, StepId, StepState,
    course::{self, Course, Machine},
    discover, held, listener, preflight, returned,
    sheets::{self, errands},
};
use crate::{
    finding::{Finding, Severity},
    oauth::{
        Arrival, Listening, Visit,
        admin_consent::{self, Consent},
        authorize::AuthorizationResponse,
        error,
        logout::LogoutRequest,
    },
    secret::Secret,
    text::visible,
    time::UnixTime,
    token,
    wire::{Method, Request, Response},
};

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    profile: Profile,
    bends: Vec<NamedBend>,
    course: Course,
    purpose: Purpose,
    state: State,
}

/// What the visit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Agree for everybody.
    Consent,
    /// Sign out.
    Logout,
}

/// What is waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    /// The random values.
    #[default]
    Seeds,
    /// The ID token of the sign-in that is to end.
    Hint(Seeds),
    /// The metadata.
    Metadata(Seeds, Option<Secret>),
    /// The person to set out, and the listener to open.
    Leaving(Plan),
    /// The person to come back.
    Arrival(Away),
}

/// Where the visit is going.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Plan {
    /// The page; empty where nothing names it.
    endpoint: String,
    /// Ties the answer to the visit.
    state: String,
    /// Whose session is to end.
    hint: Option<Secret>,
}

/// What is kept at home while the person is at the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Away {
    /// Where they are expected unless the request says otherwise.
    redirect_uri: Url,
    /// Whether we listen there.
    listens: bool,
    /// Where the person is, once they are on their way.
    visit: Option<Visit>,
}

impl Purpose {
    const fn step(self) -> StepId {
        match self {
            Self::Consent => StepId::AdminConsent,
            Self::Logout => StepId::Logout,
        }
    }

    /// The parameter that says where the person goes afterwards.
    const fn redirect_parameter(self) -> &'static str {
        match self {
            Self::Consent => "redirect_uri",
            Self::Logout => "post_logout_redirect_uri",
        }
    }
}

impl Errand {
    /// An administrator's consent that has not begun.
    pub fn admin_consent(profile: Profile, bends: Vec<NamedBend>) -> Self {
        let course =
            Course::new(&[&errands::PREPARE_VISIT, &errands::ADMIN_CONSENT, &errands::CONSENT_RETURN]);
        Self { profile, bends, course, purpose: Purpose::Consent, state: State::Seeds }
    }

    /// A logout that has not begun.
    pub fn logout(profile: Profile, bends: Vec<NamedBend>) -> Self {
        let course = Course::new(&[
            &errands::ID_TOKEN_HINT,
            &sheets::DISCOVER,
            &errands::PREPARE_VISIT,
            &errands::LOGOUT,
            &errands::LOGOUT_RETURN,
        ]);
        Self { profile, bends, course, purpose: Purpose::Logout, state: State::Seeds }
    }

    /// Takes one input.
    pub fn advance(&mut self, input: Input, now: UnixTime) -> Vec<Effect> {
        course::advance(self, input, now)
    }

    /// What the person sees.
    pub fn steps(&self) -> Vec<Step<'_>> {
        self.course.steps()
    }

    /// Where to go, while somebody is expected back.
    pub fn prompt(&self) -> Option<Prompt> {
        match &self.state {
            State::Arrival(away) if !self.course.is_over() => away.visit.clone().map(Prompt::Visit),
            State::Seeds | State::Hint(_) | State::Metadata(..) | State::Leaving(_) | State::Arrival(_) => {
                None
            }
        }
    }

    fn hint_came(&mut self, hint: Secret, seeds: Seeds, now: UnixTime) -> Vec<Effect> {
        let record = self.course.record_mut(StepId::Given);
        record.facts = held::facts(&hint, now);
        record.findings = held::findings(&hint, held::Use::LogoutHint, now);
        self.course.settle(StepId::Given);
        self.discover(seeds, Some(hint));
        Vec::new()
    }

    fn discover(&mut self, seeds: Seeds, hint: Option<Secret>) {
        self.state = State::Metadata(seeds, hint);
        let draft = discover::draft(&self.profile, &self.bends);
        course::lay_out(self, StepId::Discover, draft);
    }

    fn metadata_came(&mut self, response: &Response, seeds: Seeds, hint: Option<Secret>) -> Vec<Effect> {
        match discover::read(&mut self.course, &self.profile, response) {
            Ok(metadata) => {
                let endpoint = metadata.end_session_endpoint.map(String::from).unwrap_or_default();
                self.prepare(Plan { endpoint, state: seeds.state, hint });
                Vec::new()
            }
            Err(outcome) => self.course.finish(*outcome),
        }
    }

    fn prepare(&mut self, plan: Plan) {
        let name = self.purpose.redirect_parameter();
        let redirect_uri = self.redirect_uri();
        let findings = self.unsuited();
        let record = self.course.record_mut(StepId::Prepare);
        record.state = StepState::Ready;
        record.facts = vec![
            Fact::open(name, redirect_uri, Fact::meaning_of(name)),
            Fact::open("state", &plan.state, Fact::meaning_of("state")),
        ];
        record.findings.extend(findings);
        self.state = State::Leaving(plan);
    }

    fn unsuited(&self) -> Option<Finding> {
        let kind = match self.purpose {
            Purpose::Consent => FlowKind::AdminConsent,
            Purpose::Logout => FlowKind::Logout,
        };
        let why = kind.unsuited(&self.profile.authority)?;
        let (id, severity, source) = ("authority.unsuited", Severity::Error, "Entra");
        Some(Finding { id, severity, title: why.to_owned(), source })
    }

    /// Goes on to the visit, with a listener at `redirect_uri` or without.
    fn set_out(
        &mut self,
        plan: &Plan,
        redirect_uri: Url,
        listening: Result<&Listening, &str>,
    ) -> Vec<Effect> {
        let name = self.purpose.redirect_parameter();
        let record = self.course.record_mut(StepId::Prepare);
        listener::tell(record, name, &redirect_uri, listening);
        self.course.settle(StepId::Prepare);
        let draft = match self.purpose {
            Purpose::Consent => self.consent_draft(plan, &redirect_uri),
            Purpose::Logout => self.logout_draft(plan, &redirect_uri),
        };
        self.state = State::Arrival(Away { redirect_uri, listens: listening.is_ok(), visit: None });
        course::lay_out(self, self.purpose.step(), draft);
        Vec::new()
    }

    fn consent_draft(&self, plan: &Plan, redirect_uri: &Url) -> Draft {
        let scope = match self.profile.admin_consent {
            AdminConsentVersion::V2 => Some(self.profile.scope.as_str()),
            AdminConsentVersion::V1 => None,
        };
        let query =
            admin_consent::request(&self.profile.client_id, scope, redirect_uri.as_str(), &plan.state);
        Draft::new(Method::Get, &plan.endpoint)
            .with_all(Place::Query, query)
            .bent(StepId::AdminConsent, &self.bends)
    }

    fn logout_draft(&self, plan: &Plan, redirect_uri: &Url) -> Draft {
        // Entra puts an opaque name of the account into the token for this very purpose.
        let claims = plan.hint.as_ref().map(|hint| token::decode(hint.expose()).claims);
        let hint = claims.as_ref().and_then(|claims| claims.get("login_hint")?.as_str());
        let request = LogoutRequest {
            id_token_hint: plan.hint.as_ref(),
            logout_hint: hint,
            client_id: Some(self.profile.client_id.as_str()).filter(|id| !id.is_empty()),
            post_logout_redirect_uri: Some(redirect_uri.as_str()),
            state: Some(&plan.state),
        };
        Draft::new(Method::Get, &plan.endpoint)
            .with_all(Place::Query, request.params())
            .bent(StepId::Logout, &self.bends)
    }

    fn arrived(&mut self, arrival: &Arrival) -> Vec<Effect> {
        let mut effects = self.course.stop_all();
        let step = self.purpose.step();
        self.course.settle(step);
        let response = AuthorizationResponse::read(arrival);
        let sent_state = self.course.sent(step, "state").filter(|state| !state.is_empty());
        let mut findings = vec![state_finding(&response, sent_state, self.purpose)];
        if let Some(name) = response.repeated.first() {
            let title = format!("{} came more than once: the answer can be read in two ways.", visible(name));
            let (id, severity, source) = ("answer.repeated", Severity::Error, "RFC 6749 §3.1");
            findings.push(Finding { id, severity, title, source });
        }
        let consent = Consent::read(&arrival.params);
        if self.purpose == Purpose::Consent && response.refusal.is_none() {
            findings.extend(consent_findings(&consent, &self.profile.authority));
        }
        if self.purpose == Purpose::Logout && response.refusal.is_none() {
            findings.push(tokens_live());
        }
        let first = findings.iter().find(|finding| finding.severity == Severity::Error);
        let reason = first.map(|finding| finding.title.clone());
        let record = self.course.record_mut(StepId::Return);
        record.facts = facts(&response, &consent);
        record.findings = findings;
        effects.extend(match (reason, response.refusal) {
            (Some(reason), _) => self.course.finish(Outcome::Rejected { reason, tokens: None }),
            (None, Some(refusal)) => self.course.finish(Outcome::Refused(refusal)),
            (None, None) => {
                self.course.settle(StepId::Return);
                let done = match self.purpose {
                    Purpose::Consent => self.agreed(&consent),
                    Purpose::Logout => "The person signed out and came back.".to_owned(),
                };
                self.course.finish(Outcome::Done(done))
            }
        });
        effects
    }

    fn agreed(&self, consent: &Consent) -> String {
        let asked = self.course.sent(StepId::AdminConsent, "scope");
        let scope = consent.scope.as_deref().or(asked);
        let what = match scope.map(|scope| scope.split_whitespace().collect::<Vec<_>>()).as_deref() {
            None | Some([]) => "everything that the registration lists".to_owned(),
            Some([only]) => visible(only).into_owned(),
            Some(several) => format!("{} permissions", several.len()),
        };
        format!("An administrator agreed to {what}, for everybody.")
    }

    /// The visit ended on a page that leads nowhere. After signing out without a registered address that is the good end.
    fn stranded(&mut self, page: &Response) -> Vec<Effect> {
        let refusal = error::from_page(page);
        let is_good = self.purpose == Purpose::Logout && page.is_success() && refusal.error_codes.is_empty();
        if !is_good {
            return self.course.finish(Outcome::Refused(refusal));
        }
        let mut effects = self.course.stop_all();
        self.course.settle(StepId::Logout);
        let record = self.course.record_mut(StepId::Return);
        record.state = StepState::Skipped;
        record.findings.push(Finding {
            id: "logout.no_return",
            severity: Severity::Info,
            title: "The person was not sent back: no address was given, or it is not registered.".to_owned(),
            source: "RP-Initiated Logout §3",
        });
        record.findings.push(tokens_live());
        let words = refusal.description.map(|words| format!(", and its page says “{}”", visible(&words)));
        let done = format!("The visit ended at the authority{}.", words.unwrap_or_default());
        effects.extend(self.course.finish(Outcome::Done(done)));
        effects
    }

    /// The redirect URI as configured; without one, this machine with any free port.
    fn redirect_uri(&self) -> Url {
        let after_logout = self.profile.post_logout_redirect_uri.as_ref();
        after_logout
            .filter(|_| self.purpose == Purpose::Logout)
            .or(self.profile.redirect_uri.as_ref())
            .cloned()
            .unwrap_or_else(|| Url::parse("http://localhost").expect("a constant address is an address"))
    }

    fn consent_page(&self) -> String {
        match &self.profile.authority {
            Authority::Lab { base, tenant } | Authority::Entra { base, tenant } => {
                admin_consent::address(base, tenant, self.profile.admin_consent == AdminConsentVersion::V1)
            }
            Authority::Issuer(_) => String::new(),
        }
    }
}

/// What signing out does not do.
fn tokens_live() -> Finding {
    let title = "Signing out takes no token away: access tokens are good until they end, and refresh tokens are not \
                 revoked. The application has to forget them itself.";
    let (id, severity, source) = ("logout.tokens_live", Severity::Info, "Entra");
    Finding { id, severity, title: title.to_owned(), source }
}

/// The state must come back. After a logout it may be missing: having come back is all that is said.
fn state_finding(response: &AuthorizationResponse, sent: Option<&str>, purpose: Purpose) -> Finding {
    let (id, severity, title) = match (sent, response.state.as_deref()) {
        (None, _) => (
            "state.not_sent",
            Severity::Warning,
            "No state was sent, so nobody can tell whether this answer belongs to our visit.",
        ),
        (Some(sent), Some(came)) if sent == came => {
            ("state.matches", Severity::Passed, "The state is the one that was sent.")
        }
        (Some(_), Some(_)) => (
            "state.mismatch",
            Severity::Error,
            "The state is not the one that was sent: this answer belongs to another visit.",
        ),
        (Some(_), None) if response.refusal.is_some() || purpose == Purpose::Logout => {
            ("state.missing", Severity::Warning, "The state that was sent did not come back.")
        }
        (Some(_), None) => (
            "state.missing",
            Severity::Error,
            "A state was sent and none came back: this answer may belong to another visit.",
        ),
    };
    Finding { id, severity, title: title.to_owned(), source: "RFC 6749 §10.12" }
}

fn consent_findings(consent: &Consent, authority: &Authority) -> Vec<Finding> {
    let source = "Entra, admin consent";
    let mut findings = Vec::new();
    if !consent.is_given {
        findings.push(Finding {
            id: "consent.not_given",
            severity: Severity::Error,
            title: "The answer does not hold admin_consent=True, and no error either.".to_owned(),
            source,
        });
    }
    if let (Authority::Lab { tenant: asked, .. } | Authority::Entra { tenant: asked, .. }, Some(came)) =
        (authority, consent.tenant.as_deref())
        && uuid::Uuid::try_parse(asked).is_ok()
        && !asked.eq_ignore_ascii_case(came)
    {
        findings.push(Finding {
            id: "consent.other_tenant",
            severity: Severity::Warning,
            title: format!(
                "The answer speaks of tenant {}, and {} was asked.",
                visible(came),
                visible(asked)
            ),
            source,
        });
    }
    findings.push(Finding {
        id: "consent.unproven",
        severity: Severity::Info,
        title: "Anybody can call this address with these parameters. What was granted shows in the tenant, and in the \
                next token."
            .to_owned(),
        source,
    });
    findings
}

fn facts(response: &AuthorizationResponse, consent: &Consent) -> Vec<Fact> {
    let open = |name: &'static str, value: Option<&str>| {
        value.map(|value| Fact::open(name, value, Fact::meaning_of(name)))
    };
    let refusal = response.refusal.as_ref();
    [
        open("error", refusal.map(|refusal| refusal.error.as_str())),
        open("error_description", refusal.and_then(|refusal| refusal.description.as_deref())),
        open("admin_consent", consent.is_given.then_some("True")),
        open("tenant", consent.tenant.as_deref()),
        open("scope", consent.scope.as_deref()),
        open("state", response.state.as_deref()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Machine for Errand {
    fn course(&self) -> &Course {
        &self.course
    }

    fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }

    fn begin(&mut self, seeds: Seeds) {
        match self.purpose {
            Purpose::Consent => {
                self.prepare(Plan { endpoint: self.consent_page(), state: seeds.state, hint: None });
            }
            Purpose::Logout if self.profile.given.is_some() || self.profile.source.is_some() => {
                self.course.record_mut(StepId::Given).state = StepState::Ready;
                self.state = State::Hint(seeds);
            }
            Purpose::Logout => {
                self.course.record_mut(StepId::Given).state = StepState::Skipped;
                self.discover(seeds, None);
            }
        }
    }

    fn go(&mut self, id: StepId, request: Option<Request>, now: UnixTime) -> Vec<Effect> {
        match (std::mem::take(&mut self.state), request) {
            (State::Hint(seeds), _) => {
                if let Some(hint) = self.profile.given.clone() {
                    return self.hint_came(hint, seeds, now);
                }
                self.state = State::Hint(seeds);
                vec![self.course.need(Need::IdToken)]
            }
            (State::Leaving(plan), _) => {
                let redirect_uri = self.redirect_uri();
                if preflight::is_loopback(&redirect_uri) {
                    self.course.run(StepId::Prepare);
                    self.state = State::Leaving(plan);
                    vec![self.course.listen(redirect_uri)]
                } else {
                    self.set_out(&plan, redirect_uri, Err("it is not on this machine"))
                }
            }
            (State::Arrival(mut away), Some(request)) => {
                let sent = self.course.sent(id, self.purpose.redirect_parameter());
                let redirect_uri = sent.and_then(|uri| Url::parse(uri).ok());
                let visit = Visit {
                    url: request.url,
                    redirect_uri: redirect_uri.unwrap_or_else(|| away.redirect_uri.clone()),
                };
                away.visit = Some(visit.clone());
                self.state = State::Arrival(away);
                self.course.run(id);
                vec![self.course.visit(visit)]
            }
            (state, request) => {
                self.state = state;
                request.map(|request| self.course.send(id, request)).into_iter().collect()
            }
        }
    }

    fn answered(&mut self, answer: Answer, now: UnixTime) -> Vec<Effect> {
        match (std::mem::take(&mut self.state), answer) {
            (State::Hint(seeds), Answer::Given(token) | Answer::GivenWith { token, .. }) => {
                self.hint_came(token, seeds, now)
            }
            (State::Metadata(seeds, hint), Answer::Response(response)) => {
                self.metadata_came(&response, seeds, hint)
            }
            (State::Leaving(plan), Answer::Listening(listening)) => {
                let redirect_uri = listening.redirect_uri.clone();
                self.set_out(&plan, redirect_uri, Ok(&listening))
            }
            (State::Leaving(plan), Answer::Failed(failure)) => {
                let redirect_uri = self.redirect_uri();
                self.set_out(&plan, redirect_uri, Err(&failure.to_string()))
            }
            (State::Arrival(_), Answer::Redirected(arrival)) => self.arrived(&arrival),
            (State::Arrival(_), Answer::DeadEnd(page)) => self.stranded(&page),
            (_, Answer::Failed(failure)) => self.course.fail(failure),
            (state, _) => {
                // The gate lets no other kind through.
                self.state = state;
                Vec::new()
            }
        }
    }

    fn strayed(&mut self, arrival: &Arrival) {
        let is_early = matches!(&self.state, State::Arrival(away) if away.visit.is_none());
        returned::stray(self.course.record_mut(StepId::Return), arrival, is_early);
    }

    fn preflight(&self, id: StepId, draft: &Draft) -> Vec<Finding> {
        let listener = match &self.state {
            State::Arrival(away) if away.listens => Some(&away.redirect_uri),
            State::Seeds | State::Hint(_) | State::Metadata(..) | State::Leaving(_) | State::Arrival(_) => {
                None
            }
        };
        match id {
            StepId::AdminConsent => preflight::admin_consent(&self.profile, draft, listener),
            StepId::Logout => preflight::logout(&self.profile, draft, listener),
            StepId::Discover
            | StepId::Prepare
            | StepId::Authorize
            | StepId::Return
            | StepId::Identify
            | StepId::DeviceAuthorization
            | StepId::Poll
            | StepId::Token
            | StepId::Validate
            | StepId::Given
            | StepId::Federate
            | StepId::Assert
            | StepId::FanOut
            | StepId::Call => preflight::any(draft, &[]),
        }
    }
}

#[cfg(test)]
mod tests;
