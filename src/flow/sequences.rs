//! Test support: plays all short sequences of inputs, sensible or not, and holds each machine to its promises.
//!
//! An input that changes nothing and brings nothing out leads to where we are already; the sequences behind it are those
//! of its siblings, so they are not played twice. That is what makes long sequences affordable.

use std::{collections::BTreeMap, time::Duration};

use super::{Answer, Bend, CallId, Choice, Effect, Flow, Input, StepState, playbook};
use crate::{secret::Secret, time::UnixTime, wire::Failure};

/// One letter of the alphabet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Letter {
    /// The same input every time.
    Input(Input),
    /// An answer to the call that was made last.
    Newest(Answer),
    /// An answer to the call that was made first, which is soon a stale one.
    Oldest(Answer),
    /// An answer to a call that nobody ever made.
    Unknown(Answer),
}

/// The person lets the step go ahead.
pub const NEXT: Letter = Letter::Input(Input::Chosen(Choice::Next));

/// The run begins.
pub fn begin() -> Letter {
    Letter::Input(Input::Begin(playbook::seeds()))
}

/// Every letter that any flow must bear: sensible ones, stale ones, and such as nobody expects.
pub fn disturbances() -> Vec<Letter> {
    let timeout = Answer::Failed(Failure::Timeout { host: "h".into(), after: Duration::from_secs(9) });
    let broken = Answer::Failed(Failure::Broken { host: "h".into(), reason: "reset".into() });
    let Answer::Response(page) = playbook::garbage() else { unreachable!("garbage is a response") };
    let listening = Answer::Listening(playbook::listening("http://localhost:5001/cb"));
    let bends = [
        Choice::Bend(Bend::Set(0, "x".into())),
        Choice::Bend(Bend::ToggleRemoved(1)),
        Choice::Bend(Bend::Endpoint("no address".into())),
        Choice::Undo,
        Choice::Redo,
    ];
    let mut letters = vec![
        begin(),
        NEXT,
        Letter::Input(Input::Cancel),
        Letter::Newest(playbook::refusal("invalid_grant")),
        Letter::Newest(playbook::garbage()),
        Letter::Newest(playbook::elsewhere()),
        Letter::Newest(playbook::redirected("code=c&state=state-1")),
        Letter::Newest(Answer::DeadEnd(page)),
        Letter::Newest(listening),
        Letter::Newest(Answer::Woke),
        Letter::Newest(Answer::Signed(vec![1, 2, 3])),
        Letter::Newest(Answer::Given(Secret::new("given"))),
        Letter::Newest(timeout.clone()),
        Letter::Newest(broken),
        Letter::Oldest(playbook::json_answer(200, &playbook::metadata())),
        Letter::Oldest(playbook::redirected("code=c&state=state-1")),
        Letter::Oldest(Answer::Woke),
        Letter::Oldest(timeout),
        Letter::Unknown(playbook::json_answer(200, &playbook::tokens())),
    ];
    letters.extend(bends.map(|choice| Letter::Input(Input::Chosen(choice))));
    letters
}

/// Plays all sequences of `depth` from the start, and shorter ones from each point of the way that ends well.
pub fn play_everywhere(flow: &Flow, way: &[Letter], more: &[Letter], depth: u32) {
    let mut alphabet = disturbances();
    for letter in way.iter().chain(more) {
        if !alphabet.contains(letter) {
            alphabet.push(letter.clone());
        }
    }
    let now = playbook::START;
    let tally = play_all(flow.clone(), now, &[], &alphabet, depth);
    assert!(tally.inputs > 2000 && tally.ended > 200, "hardly anything was played: {tally:?}");
    for checkpoint in 1..way.len() {
        let tally = play_all(flow.clone(), now, &way[..checkpoint], &alphabet, 5);
        assert!(tally.ended > 0, "behind {checkpoint}: {tally:?}");
    }
}

/// How many sequences were played, and how many runs came to an end in them.
#[derive(Debug, Default)]
struct Tally {
    /// Inputs given.
    inputs: u64,
    /// Runs that ended.
    ended: u64,
}

#[derive(Clone)]
struct Run {
    flow: Flow,
    now: UnixTime,
    issued: Vec<CallId>,
    open: BTreeMap<CallId, Effect>,
}

/// Plays every sequence of `depth` letters, beginning behind the letters of `prefix`.
fn play_all(flow: Flow, now: UnixTime, prefix: &[Letter], alphabet: &[Letter], depth: u32) -> Tally {
    let mut run = Run { flow, now, issued: Vec::new(), open: BTreeMap::new() };
    for letter in prefix {
        let input = run.spell(letter).expect("a prefix answers calls that were made");
        let before = run.flow.clone();
        let effects = run.give(&input);
        assert!(before != run.flow || !effects.is_empty(), "{letter:?} does nothing here");
    }
    let mut tally = Tally::default();
    run.play(alphabet, depth, &mut tally);
    tally
}

impl Run {
    fn spell(&self, letter: &Letter) -> Option<Input> {
        Some(match letter {
            Letter::Input(input) => input.clone(),
            Letter::Newest(answer) => Input::Answer(*self.issued.last()?, answer.clone()),
            Letter::Oldest(answer) => Input::Answer(*self.issued.first()?, answer.clone()),
            Letter::Unknown(answer) => Input::Answer(CallId(4711), answer.clone()),
        })
    }

    fn play(&self, alphabet: &[Letter], depth: u32, tally: &mut Tally) {
        if depth == 0 {
            return;
        }
        for letter in alphabet {
            let Some(input) = self.spell(letter) else { continue };
            let mut run = self.clone();
            let effects = run.give(&input);
            tally.inputs += 1;
            if effects.iter().any(|effect| matches!(effect, Effect::Finish(_))) {
                tally.ended += 1;
                run.stays_silent(alphabet);
                continue;
            }
            if let Input::Answer(call, answer) = &input
                && !self.open.get(call).is_some_and(|effect| fits(effect, answer))
            {
                let (out, after) = (&effects[..], &run.flow);
                assert_eq!((out, after), (&[][..], &self.flow), "nobody waits for {call:?}, {answer:?}");
            }
            if !effects.is_empty() || run.flow != self.flow {
                run.play(alphabet, depth - 1, tally);
            }
        }
    }

    fn give(&mut self, input: &Input) -> Vec<Effect> {
        let before = self.flow.clone();
        let effects = self.flow.advance(input.clone(), self.now);
        // A listener that is open answers no more but stays open; everything else is answered once.
        if let Input::Answer(call, answer) = input
            && before != self.flow
            && !matches!(answer, Answer::Listening(_))
            && !matches!(self.open.get(call), Some(Effect::Listen(..)) if matches!(answer, Answer::Redirected(_)))
        {
            self.open.remove(call);
        }
        for (index, effect) in effects.iter().enumerate() {
            match effect {
                Effect::Send(call, _)
                | Effect::Listen(call, _)
                | Effect::Visit(call, _)
                | Effect::WakeAt(call, _)
                | Effect::Sign(call, _)
                | Effect::Need(call, _) => {
                    assert!(!self.issued.contains(call), "{call:?} is used twice");
                    self.issued.push(*call);
                    self.open.insert(*call, effect.clone());
                }
                Effect::Stop(call) => {
                    assert!(self.open.remove(call).is_some(), "{call:?} is stopped and not open");
                }
                Effect::Finish(_) => {
                    assert_eq!(index + 1, effects.len(), "something follows the end");
                    assert!(self.open.is_empty(), "still open at the end: {:?}", self.open);
                }
            }
        }
        self.holds_together(&effects);
        effects
    }

    fn holds_together(&self, effects: &[Effect]) {
        let steps = self.flow.steps();
        let in_progress =
            steps.iter().filter(|step| matches!(step.state, StepState::Ready | StepState::Running)).count();
        let is_over = matches!(effects.last(), Some(Effect::Finish(_)));
        assert!(in_progress <= 1 && !(is_over && in_progress == 1), "{steps:#?}");
        let current = self.flow.current();
        assert!(steps.iter().any(|step| step.id == current));
        if effects.iter().any(|effect| matches!(effect, Effect::Send(..))) {
            let step = steps.iter().find(|step| step.id == current).expect("just seen");
            assert!(step.state == StepState::Running && step.draft.is_some(), "{step:?} sends");
        }
        assert!(self.flow.prompt().is_none() || in_progress == 1);
    }

    fn stays_silent(mut self, alphabet: &[Letter]) {
        let after = self.flow.clone();
        for letter in alphabet {
            let input = self.spell(letter).unwrap_or(Input::Cancel);
            assert_eq!(self.flow.advance(input, self.now), [], "{letter:?} after the end");
            assert_eq!(self.flow, after);
        }
    }
}

/// Whether an effect may be answered so. A listener that has opened stays open, and is not asked again.
const fn fits(effect: &Effect, answer: &Answer) -> bool {
    matches!(
        (effect, answer),
        (Effect::Send(..), Answer::Response(_) | Answer::Failed(_))
            | (Effect::Listen(..), Answer::Listening(_) | Answer::Redirected(_) | Answer::Failed(_))
            | (Effect::Visit(..), Answer::Redirected(_) | Answer::DeadEnd(_) | Answer::Failed(_))
            | (Effect::WakeAt(..), Answer::Woke)
            | (Effect::Sign(..), Answer::Signed(_) | Answer::Failed(_))
            | (Effect::Need(..), Answer::Given(_) | Answer::GivenWith { .. } | Answer::Failed(_))
    )
}
