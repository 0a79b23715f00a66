//! One run: the flow, its settings, what is changed about it, and how it ends.

use std::collections::VecDeque;

use authwright::{
    flow::{
        Answer, Authority, Bend, Change, Choice, Effect, Flow, FlowKind, Input, NamedBend, Outcome, Place,
        Profile, Prompt, Seeds, StepId, StepState,
    },
    oauth::{Surface, TokenSet},
    secret::Secret,
};

use crate::desk::{BASE, Desk};

/// What a row of a table does to a run.
pub type Twist = fn(&mut Case);

/// Something that happens to the lab or to the person.
pub type Happens = fn(&mut Desk);

/// A run that has not begun.
pub struct Case {
    pub desk: Desk,
    pub kind: FlowKind,
    pub profile: Profile,
    bends: Vec<NamedBend>,
    doubled: Vec<(StepId, &'static str)>,
    before: Vec<(StepId, Happens)>,
}

impl Case {
    /// A flow of the application `key`, for `scope`, with mina in front of the screen.
    pub fn new(kind: FlowKind, key: &str, scope: &str) -> Self {
        Self::at(Desk::new("mina"), kind, key, scope)
    }

    /// The same at a desk that is prepared already.
    pub fn at(desk: Desk, kind: FlowKind, key: &str, scope: &str) -> Self {
        let profile = desk.profile(key, scope);
        Self { desk, kind, profile, bends: Vec::new(), doubled: Vec::new(), before: Vec::new() }
    }

    /// Another person.
    pub fn person(&mut self, key: &str) {
        self.desk.seat(key);
    }

    /// Another application, for the same scope.
    pub fn application(&mut self, key: &str) {
        self.profile = self.desk.profile(key, &self.profile.scope);
    }

    /// Another scope.
    pub fn scope(&mut self, scope: &str) {
        scope.clone_into(&mut self.profile.scope);
    }

    /// Another segment in all paths.
    pub fn segment(&mut self, segment: &str) {
        let Authority::Lab { tenant, .. } = &mut self.profile.authority else {
            unreachable!("desks are in the lab")
        };
        segment.clone_into(tenant);
    }

    /// Another value for a parameter.
    pub fn set(&mut self, step: StepId, name: &str, value: &str) {
        let change = Change::Set(value.to_owned());
        self.bends.push(NamedBend { step: Some(step), name: name.to_owned(), change });
    }

    /// A parameter left out.
    pub fn without(&mut self, step: StepId, name: &str) {
        self.bends.push(NamedBend { step: Some(step), name: name.to_owned(), change: Change::Drop });
    }

    /// One more header.
    pub fn add_header(&mut self, step: StepId, name: &str, value: &str) {
        let change = Change::Add(Place::Header, value.to_owned());
        self.bends.push(NamedBend { step: Some(step), name: name.to_owned(), change });
    }

    /// A parameter sent twice.
    pub fn double(&mut self, step: StepId, name: &'static str) {
        self.doubled.push((step, name));
    }

    /// Another segment in the path of one step's request.
    pub fn elsewhere(&mut self, step: StepId, segment: &str) {
        let path = match step {
            StepId::Discover => "v2.0/.well-known/openid-configuration",
            StepId::Authorize => "oauth2/v2.0/authorize",
            StepId::DeviceAuthorization => "oauth2/v2.0/devicecode",
            StepId::AdminConsent => "v2.0/adminconsent",
            StepId::Logout => "oauth2/v2.0/logout",
            _ => "oauth2/v2.0/token",
        };
        self.set(step, "url", &format!("{BASE}{segment}/{path}"));
    }

    /// Something happens while the request of that step waits to be sent.
    pub fn before(&mut self, step: StepId, happens: Happens) {
        self.before.push((step, happens));
    }

    /// Runs the flow to its end, choosing "next" whenever it waits for that.
    pub fn run(mut self) -> Ended {
        let mut flow = Flow::new(self.kind, self.profile.clone(), std::mem::take(&mut self.bends));
        let mut effects = VecDeque::from(flow.advance(Input::Begin(seeds()), self.desk.now));
        loop {
            let Some(effect) = effects.pop_front() else {
                effects.extend(self.go_on(&mut flow));
                continue;
            };
            let (call, answer) = match effect {
                Effect::Send(call, request) => {
                    self.desk.sent.push(request.clone());
                    (call, Answer::Response(self.desk.ask(&request)))
                }
                Effect::Listen(call, mut uri) => {
                    uri.set_port(uri.port().or(Some(5001))).expect("a loopback address takes a port");
                    (call, Answer::Listening(uri.into()))
                }
                Effect::Visit(call, visit) => (call, self.desk.visit(visit.url, Some(visit.redirect_uri))),
                Effect::Sign(call, signing) => {
                    let signature = authwright::runtime::sign::sign(&signing);
                    (call, signature.map_or_else(Answer::Failed, Answer::Signed))
                }
                Effect::Need(call, need) => panic!("{call:?} needs a token: {need:?}"),
                Effect::WakeAt(call, time) => {
                    self.desk.now = self.desk.now.max(time);
                    // The person comes after the first poll.
                    if let Some(Prompt::DeviceCode(prompt)) = flow.prompt()
                        && prompt.polls.len() == 1
                        && self.desk.attends
                    {
                        self.desk.follow(&prompt);
                    }
                    if matches!(flow.prompt(), Some(Prompt::DeviceCode(prompt)) if prompt.polls.len() == 1) {
                        self.let_happen(StepId::Poll);
                    }
                    (call, Answer::Woke)
                }
                Effect::Stop(_) => continue,
                Effect::Finish(outcome) => return Ended { outcome, flow, desk: self.desk },
            };
            effects.extend(flow.advance(Input::Answer(call, answer), self.desk.now));
        }
    }

    /// Does what is due before the step that is ready, and has it done.
    fn go_on(&mut self, flow: &mut Flow) -> Vec<Effect> {
        let ready = flow.steps().into_iter().find(|step| step.state == StepState::Ready);
        let ready =
            ready.unwrap_or_else(|| panic!("nothing happens and nobody is asked: {:?}", flow.current()));
        let (id, draft) = (ready.id, ready.draft.cloned());
        self.let_happen(id);
        if let (Some(at), Some(draft)) = (self.doubled.iter().position(|(step, _)| *step == id), draft) {
            let (_, name) = self.doubled.remove(at);
            let field =
                draft.fields.iter().position(|field| field.name == name).expect("the parameter is sent");
            flow.advance(Input::Chosen(Choice::Bend(Bend::Double(field))), self.desk.now);
        }
        let before = flow.clone();
        let more = flow.advance(Input::Chosen(Choice::Next), self.desk.now);
        assert!(!more.is_empty() || *flow != before, "the flow is stuck");
        more
    }

    fn let_happen(&mut self, step: StepId) {
        for (_, happens) in self.before.extract_if(.., |(at, _)| *at == step) {
            happens(&mut self.desk);
        }
    }
}

/// The random values of every run.
pub fn seeds() -> Seeds {
    Seeds {
        state: "state-of-the-test".into(),
        nonce: "nonce-of-the-test".into(),
        verifier: Secret::new("v".repeat(43)),
        assertion_id: "assertion-of-the-test".into(),
    }
}

/// A run that is over.
pub struct Ended {
    pub outcome: Outcome,
    pub flow: Flow,
    pub desk: Desk,
}

impl Ended {
    /// The tokens that it brought.
    #[track_caller]
    pub fn tokens(&self) -> &TokenSet {
        match &self.outcome {
            Outcome::Tokens(tokens) => tokens,
            other => panic!("{other:?} {:?}", self.desk.notes),
        }
    }

    /// What it came to, where that is something else than tokens.
    #[track_caller]
    pub fn done(&self) -> &str {
        match &self.outcome {
            Outcome::Done(what) => what,
            other => panic!("{other:?} {:?}", self.desk.notes),
        }
    }

    /// A claim of the access token, as text.
    #[track_caller]
    pub fn claim(&self, name: &str) -> String {
        claim(self.tokens().access_token.as_ref().expect("an access token came"), name)
    }

    /// A claim of the ID token, as text.
    #[track_caller]
    pub fn id_claim(&self, name: &str) -> String {
        claim(self.tokens().id_token.as_ref().expect("an ID token came"), name)
    }

    /// The findings of a step.
    pub fn found(&self, step: StepId) -> Vec<&'static str> {
        let steps = self.flow.steps();
        let step = steps.iter().find(|one| one.id == step).expect("the flow has this step");
        step.findings.iter().map(|finding| finding.id).collect()
    }

    /// A fact of a step, as it is shown; empty if it has none of that name.
    pub fn fact(&self, step: StepId, name: &str) -> String {
        let steps = self.flow.steps();
        let step = steps.iter().find(|one| one.id == step).expect("the flow has this step");
        step.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.plain()).unwrap_or_default()
    }

    /// The refusal that it met.
    #[track_caller]
    pub fn refusal(&self) -> &authwright::oauth::Refusal {
        match &self.outcome {
            Outcome::Refused(refusal) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }
}

/// A claim of a token as text; empty if it has none.
pub fn claim(token: &Secret, name: &str) -> String {
    match authwright::token::decode(token.expose()).claims.get(name) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// A refusal as it is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    step: StepId,
    surface: Surface,
    error: &'static str,
    /// Entra's number; 0 where there is none.
    number: u32,
    suberror: Option<&'static str>,
    /// Whether a claims challenge comes with it.
    challenged: bool,
    /// The lab's rule, where the rest does not tell refusals apart.
    rule: Option<&'static str>,
}

/// In a JSON body.
pub const fn json(step: StepId, status: u16, error: &'static str, number: u32) -> Refused {
    Refused {
        step,
        surface: Surface::Json(status),
        error,
        number,
        suberror: None,
        challenged: false,
        rule: None,
    }
}

/// The token endpoint, with `invalid_grant`.
pub const fn grant(number: u32) -> Refused {
    json(StepId::Token, 400, "invalid_grant", number)
}

/// The token endpoint, with `invalid_client`.
pub const fn client(number: u32) -> Refused {
    json(StepId::Token, 401, "invalid_client", number)
}

/// The token endpoint, with `invalid_request`.
pub const fn request(number: u32) -> Refused {
    json(StepId::Token, 400, "invalid_request", number)
}

/// On a page of the authority: no word, a number only.
pub const fn page(step: StepId, number: u32) -> Refused {
    Refused { surface: Surface::Page(200), ..json(step, 200, "", number) }
}

/// In the parameters of a redirect.
pub const fn back(error: &'static str, number: u32) -> Refused {
    Refused { surface: Surface::Redirect, ..json(StepId::Return, 302, error, number) }
}

/// By an API: its challenge or its body.
pub const fn api(status: u16, error: &'static str) -> Refused {
    Refused { surface: Surface::Api(status), ..json(StepId::Call, status, error, 0) }
}

impl Refused {
    /// With this finer class.
    pub const fn class(self, suberror: &'static str) -> Self {
        Self { suberror: Some(suberror), ..self }
    }

    /// With a claims challenge.
    pub const fn with_claims(self) -> Self {
        Self { challenged: true, ..self }
    }

    /// By this rule of the lab.
    pub const fn by(self, rule: &'static str) -> Self {
        Self { rule: Some(rule), ..self }
    }

    /// Compares with how a run ended.
    #[track_caller]
    pub fn check(self, name: &str, ended: &Ended) {
        let Outcome::Refused(refusal) = &ended.outcome else {
            panic!("{name}: not refused: {:?} {:?}", ended.outcome, ended.desk.notes)
        };
        let note =
            ended.desk.notes.last().unwrap_or_else(|| panic!("{name}: the lab refused nothing: {refusal:?}"));
        let seen = (
            ended.flow.current(),
            refusal.surface,
            refusal.error.as_str(),
            refusal.error_codes.clone(),
            refusal.suberror.as_deref(),
            refusal.claims.is_some(),
            self.rule.map(|_| note.rule),
        );
        let numbers = Vec::from_iter((self.number != 0).then_some(self.number));
        let expected =
            (self.step, self.surface, self.error, numbers, self.suberror, self.challenged, self.rule);
        assert_eq!(seen, expected, "{name}: {refusal:?} {note:?}");
        if self.number != 0 {
            assert_eq!(note.code, self.number, "{name}: the note is about something else: {note:?}");
        }
        assert!(refusal.trace_id.as_ref() == Some(&note.trace_id), "{name}: {refusal:?} {note:?}");
    }
}

/// Runs a table: each row twists a run in one way, and is refused in one way.
#[track_caller]
pub fn refuses(begin: fn() -> Case, rows: &[(&str, Twist, Refused)]) {
    for (name, twist, refused) in rows {
        let mut case = begin();
        twist(&mut case);
        refused.check(name, &case.run());
    }
}
