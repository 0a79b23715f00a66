//! The course of a run: what the machines share. It holds the steps as the person sees them and the calls that
//! are open, it is the gate that drops answers nobody waits for, and it ends a run exactly once.
//!
//! A machine implements [`Machine`]; [`advance`] turns inputs into its three questions: how does it begin, what does
//! "next" mean at this step, what does this answer mean.

use url::Url;

use super::{
    Answer, CallId, Choice, Draft, Effect, Fact, Input, Need, Outcome, Seeds, Signing, Step, StepId,
    StepState, sheets::Sheet,
};
use crate::{
    finding::Finding,
    oauth::{Arrival, Visit},
    time::UnixTime,
    wire::{Failure, Request},
};

/// What tells one flow from another.
pub(super) trait Machine {
    /// The shared part.
    fn course(&self) -> &Course;
    /// The shared part.
    fn course_mut(&mut self) -> &mut Course;
    /// Lays out the first step.
    fn begin(&mut self, seeds: Seeds);
    /// The person lets step `id` go ahead; `request` is its draft, if it has one, and is known to be sendable.
    fn go(&mut self, id: StepId, request: Option<Request>, now: UnixTime) -> Vec<Effect>;
    /// An awaited answer has come, of a kind that fits its call.
    fn answered(&mut self, answer: Answer, now: UnixTime) -> Vec<Effect>;
    /// Something came to the listener that answers no visit: too early, or once more.
    fn strayed(&mut self, _: &Arrival) {}
    /// What can be said about a draft before it is sent.
    fn preflight(&self, id: StepId, draft: &Draft) -> Vec<Finding>;
}

/// Takes one input. The gate for late, doubled and misplaced inputs is here and nowhere else.
pub(super) fn advance<M: Machine>(machine: &mut M, input: Input, now: UnixTime) -> Vec<Effect> {
    if machine.course().is_over {
        return Vec::new();
    }
    match input {
        Input::Begin(seeds) => {
            if !std::mem::replace(&mut machine.course_mut().has_begun, true) {
                machine.begin(seeds);
            }
            Vec::new()
        }
        Input::Chosen(choice) => chosen(machine, choice, now),
        Input::Answer(call, answer) => match (machine.course_mut().takes(call, &answer), answer) {
            (None, _) => Vec::new(),
            (Some(Awaits::Strays), Answer::Redirected(arrival)) => {
                machine.strayed(&arrival);
                Vec::new()
            }
            (Some(_), answer) => machine.answered(answer, now),
        },
        Input::Cancel => machine.course_mut().finish(Outcome::Cancelled),
    }
}

fn chosen<M: Machine>(machine: &mut M, choice: Choice, now: UnixTime) -> Vec<Effect> {
    let Some(record) = machine.course_mut().ready() else { return Vec::new() };
    let id = record.sheet.id;
    match (choice, &mut record.draft) {
        (Choice::Next, None) => return machine.go(id, None, now),
        // An assertion is signed, not sent.
        (Choice::Next, Some(draft)) if draft.is_assertion => return machine.go(id, None, now),
        (Choice::Next, Some(draft)) => {
            // What keeps it from being sent stands among the preflight findings already.
            let Ok(request) = draft.request() else { return Vec::new() };
            return machine.go(id, Some(request), now);
        }
        (_, None) => return Vec::new(),
        (Choice::Bend(bend), Some(draft)) => draft.bend(bend),
        (Choice::Undo, Some(draft)) => draft.undo(),
        (Choice::Redo, Some(draft)) => draft.redo(),
    }
    look_over(machine, id);
    Vec::new()
}

/// Makes a step ready: its request waits for the person.
pub(super) fn lay_out<M: Machine>(machine: &mut M, id: StepId, draft: Draft) {
    let record = machine.course_mut().record_mut(id);
    record.state = StepState::Ready;
    record.draft = Some(draft);
    look_over(machine, id);
}

fn look_over<M: Machine>(machine: &mut M, id: StepId) {
    if let Some(draft) = &machine.course().record(id).draft {
        let findings = machine.preflight(id, draft);
        machine.course_mut().record_mut(id).findings = findings;
    }
}

/// One step and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    sheet: &'static Sheet,
    /// How far it is.
    pub state: StepState,
    /// Its request.
    pub draft: Option<Draft>,
    /// What it made or learned.
    pub facts: Vec<Fact>,
    /// What checks say.
    pub findings: Vec<Finding>,
}

impl Record {
    fn step(&self) -> Step<'_> {
        let Self { sheet, state, draft, facts, findings } = self;
        let Sheet { id, title, why, guards } = *sheet;
        Step { id: *id, title, why, guards, state: *state, draft: draft.as_ref(), facts, findings }
    }
}

/// The steps of a run and its open calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Course {
    records: Vec<Record>,
    open: Vec<(CallId, Awaits)>,
    issued: u32,
    has_begun: bool,
    is_over: bool,
}

/// What an open call may be answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaits {
    Response,
    Listening,
    Arrival,
    Time,
    Signature,
    Token,
    /// A listener that is open: what it still brings answers no visit, and it has to be stopped.
    Strays,
}

impl Awaits {
    const fn fits(self, answer: &Answer) -> bool {
        matches!(
            (self, answer),
            (Self::Response, Answer::Response(_) | Answer::Failed(_))
                | (Self::Listening, Answer::Listening(_) | Answer::Failed(_))
                | (Self::Arrival, Answer::Redirected(_) | Answer::DeadEnd(_) | Answer::Failed(_))
                | (Self::Time, Answer::Woke)
                | (Self::Signature, Answer::Signed(_) | Answer::Failed(_))
                | (Self::Token, Answer::Given(_) | Answer::GivenWith { .. } | Answer::Failed(_))
                | (Self::Strays, Answer::Redirected(_))
        )
    }
}

impl Course {
    /// A run through these steps.
    pub fn new(sheets: &[&'static Sheet]) -> Self {
        let record = |sheet: &&'static Sheet| Record {
            sheet,
            state: StepState::Todo,
            draft: None,
            facts: Vec::new(),
            findings: Vec::new(),
        };
        Self {
            records: sheets.iter().map(record).collect(),
            open: Vec::new(),
            issued: 0,
            has_begun: false,
            is_over: false,
        }
    }

    /// The steps for the screen.
    pub fn steps(&self) -> Vec<Step<'_>> {
        self.records.iter().map(Record::step).collect()
    }

    /// Whether the run has neither begun nor been given up before.
    pub const fn is_new(&self) -> bool {
        !self.has_begun && !self.is_over
    }

    /// Whether the run has ended.
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// The step called `id`.
    pub fn record(&self, id: StepId) -> &Record {
        let found = self.records.iter().find(|record| record.sheet.id == id);
        found.expect("a machine names only steps of its own course")
    }

    /// The step called `id`.
    pub fn record_mut(&mut self, id: StepId) -> &mut Record {
        let found = self.records.iter_mut().find(|record| record.sheet.id == id);
        found.expect("a machine names only steps of its own course")
    }

    /// The value of a parameter as a step sent it, if there is such a step and it did.
    pub fn sent(&self, id: StepId, name: &str) -> Option<&str> {
        let record = self.records.iter().find(|record| record.sheet.id == id)?;
        record.draft.as_ref()?.value(name)
    }

    /// Marks a step as waiting for an answer.
    pub fn run(&mut self, id: StepId) {
        self.record_mut(id).state = StepState::Running;
    }

    /// Marks a step as done and good.
    pub fn settle(&mut self, id: StepId) {
        self.record_mut(id).state = StepState::Done;
    }

    /// Sends a request for step `id`.
    pub fn send(&mut self, id: StepId, request: Request) -> Effect {
        self.run(id);
        Effect::Send(self.call(Awaits::Response), request)
    }

    /// Opens a listener.
    pub fn listen(&mut self, redirect_uri: Url) -> Effect {
        Effect::Listen(self.call(Awaits::Listening), redirect_uri)
    }

    /// Sends somebody to an address.
    pub fn visit(&mut self, visit: Visit) -> Effect {
        Effect::Visit(self.call(Awaits::Arrival), visit)
    }

    /// Sets the alarm.
    pub fn wake_at(&mut self, time: UnixTime) -> Effect {
        Effect::WakeAt(self.call(Awaits::Time), time)
    }

    /// Has something signed for step `id`.
    pub fn sign(&mut self, id: StepId, signing: Signing) -> Effect {
        self.run(id);
        Effect::Sign(self.call(Awaits::Signature), signing)
    }

    /// Asks for the token that step [`StepId::Given`] is about.
    pub fn need(&mut self, need: Need) -> Effect {
        self.run(StepId::Given);
        Effect::Need(self.call(Awaits::Token), need)
    }

    /// Stops everything that is still open.
    pub fn stop_all(&mut self) -> Vec<Effect> {
        self.open.drain(..).map(|(call, _)| Effect::Stop(call)).collect()
    }

    /// Ends the run: stops what is open and says how it went. Unless there are tokens, the step in progress failed.
    pub fn finish(&mut self, outcome: Outcome) -> Vec<Effect> {
        self.is_over = true;
        if !matches!(outcome, Outcome::Tokens(_) | Outcome::Done(_))
            && let Some(record) = self.current()
        {
            record.state = StepState::Failed;
        }
        let mut effects = self.stop_all();
        effects.push(Effect::Finish(outcome));
        effects
    }

    /// Ends the run because an answer cannot be used.
    pub fn fail(&mut self, failure: Failure) -> Vec<Effect> {
        self.finish(Outcome::Failed(failure))
    }

    fn current(&mut self) -> Option<&mut Record> {
        self.records.iter_mut().find(|record| !matches!(record.state, StepState::Done | StepState::Skipped))
    }

    fn ready(&mut self) -> Option<&mut Record> {
        self.current().filter(|record| record.state == StepState::Ready)
    }

    fn call(&mut self, awaits: Awaits) -> CallId {
        self.issued += 1;
        let call = CallId(self.issued);
        self.open.push((call, awaits));
        call
    }

    /// Who waits for this answer, if anybody does. Then nobody does any more, except at a listener.
    fn takes(&mut self, call: CallId, answer: &Answer) -> Option<Awaits> {
        let index = self.open.iter().position(|(open, awaits)| *open == call && awaits.fits(answer))?;
        let awaits = self.open[index].1;
        if matches!(answer, Answer::Listening(_)) {
            self.open[index].1 = Awaits::Strays;
        } else if awaits != Awaits::Strays {
            self.open.remove(index);
        }
        Some(awaits)
    }
}
