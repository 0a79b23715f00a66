//! Test support: plays all short sequences of inputs, sensible or not, and holds each machine to its promises.
//!
//! An input that changes nothing and brings nothing out leads to where we are already; the sequences behind it are those
//! of its siblings, so they are not played twice. That is what makes long sequences affordable.

use std::collections::BTreeSet;

use super::{Answer, CallId, Effect, Flow, Input, StepState};
use crate::time::UnixTime;

/// One letter of the alphabet.
#[derive(Clone, Debug)]
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

/// How many sequences were played, and how many runs came to an end in them.
#[derive(Debug, Default)]
pub struct Tally {
    /// Inputs given.
    pub inputs: u64,
    /// Runs that ended.
    pub ended: u64,
}

#[derive(Clone)]
struct Run {
    flow: Flow,
    now: UnixTime,
    issued: Vec<CallId>,
    open: BTreeSet<CallId>,
}

/// Plays every sequence of `depth` letters, beginning behind the letters of `prefix`.
pub fn play_all(flow: Flow, now: UnixTime, prefix: &[Letter], alphabet: &[Letter], depth: u32) -> Tally {
    let mut run = Run { flow, now, issued: Vec::new(), open: BTreeSet::new() };
    for letter in prefix {
        let input = run.spell(letter).expect("a prefix answers calls that were made");
        let before = run.flow.clone();
        let effects = run.give(input);
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
            let effects = run.give(input.clone());
            tally.inputs += 1;
            if effects.iter().any(|effect| matches!(effect, Effect::Finish(_))) {
                tally.ended += 1;
                run.stays_silent(alphabet);
                continue;
            }
            if let Input::Answer(call, answer) = &input
                && !self.open.contains(call)
            {
                assert_eq!((&effects[..], &run.flow), (&[][..], &self.flow), "{call:?} {answer:?} is stale");
            }
            if !effects.is_empty() || run.flow != self.flow {
                run.play(alphabet, depth - 1, tally);
            }
        }
    }

    fn give(&mut self, input: Input) -> Vec<Effect> {
        let before = self.flow.clone();
        let effects = self.flow.advance(input.clone(), self.now);
        // A listener that is open answers no more but stays open; everything else is answered once.
        if let Input::Answer(call, answer) = &input
            && before != self.flow
            && !matches!(answer, Answer::Listening(_))
        {
            assert!(self.open.remove(call), "{call:?} was answered and nobody waited for it");
        }
        for (index, effect) in effects.iter().enumerate() {
            match effect {
                Effect::Send(call, _)
                | Effect::Listen(call, _)
                | Effect::Visit(call, _)
                | Effect::WakeAt(call, _) => {
                    assert!(!self.issued.contains(call), "{call:?} is used twice");
                    self.issued.push(*call);
                    self.open.insert(*call);
                }
                Effect::Stop(call) => assert!(self.open.remove(call), "{call:?} is stopped and not open"),
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
