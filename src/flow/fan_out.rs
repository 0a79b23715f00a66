//! One refresh token against a list of scopes: a row for each scope, with what came of it (reference §4.8).

use super::{Answer, Change, Draft, NamedBend, Outcome, StepId};
use crate::{
    oauth::{Refusal, TokenSet, Trouble},
    wire::{Failure, Request},
};

/// One row of the matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FanOutRow {
    /// The scope that is asked for.
    pub scope: String,
    /// What came; `None` until its turn is over.
    pub result: Option<FanOutResult>,
}

/// What came of one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FanOutResult {
    /// Tokens. Its members `scope`, `expires_in`, `refresh_token` and `foci` are the cells of the row.
    Granted(Box<TokenSet>),
    /// The authority said no.
    Refused(Box<Refusal>),
    /// There was no answer, or none that can be read.
    Failed(Failure),
}

impl FanOutRow {
    /// The scopes that were granted, one by one; none unless tokens came.
    pub fn granted(&self) -> Vec<&str> {
        match &self.result {
            Some(FanOutResult::Granted(tokens)) => {
                tokens.scope.as_deref().unwrap_or_default().split_ascii_whitespace().collect()
            }
            Some(FanOutResult::Refused(_) | FanOutResult::Failed(_)) | None => Vec::new(),
        }
    }
}

/// The request for one row: the draft with this scope in place of the one that stands there. Where the person took the
/// scope out it stays out.
pub(super) fn request(draft: Draft, scope: &str) -> Result<Request, Failure> {
    let is_sent = draft.value("scope").is_some();
    let bend = NamedBend { step: None, name: "scope".to_owned(), change: Change::Set(scope.to_owned()) };
    let draft = if is_sent { draft.bent(StepId::FanOut, &[bend]) } else { draft };
    draft.request()
}

/// Notes the answer in the first row that has none.
pub(super) fn note(rows: &mut [FanOutRow], answer: Answer) {
    let result = match answer {
        Answer::Response(response) => match TokenSet::read(&response) {
            Ok(tokens) => FanOutResult::Granted(Box::new(tokens)),
            Err(Trouble::Refused(refusal)) => FanOutResult::Refused(refusal),
            Err(Trouble::Unreadable(failure)) => FanOutResult::Failed(failure),
        },
        Answer::Failed(failure) => FanOutResult::Failed(failure),
        Answer::Listening(_)
        | Answer::Redirected(_)
        | Answer::DeadEnd(_)
        | Answer::Woke
        | Answer::Signed(_)
        | Answer::Given(_)
        | Answer::GivenWith { .. } => {
            unreachable!("a row asks for a response, and the gate lets nothing else through")
        }
    };
    if let Some(row) = rows.iter_mut().find(|row| row.result.is_none()) {
        row.result = Some(result);
    }
}

/// How the run ends: well if one scope was granted, else with the first row's trouble.
pub(super) fn outcome(rows: &[FanOutRow]) -> Outcome {
    let granted = rows.iter().filter(|row| matches!(row.result, Some(FanOutResult::Granted(_)))).count();
    match rows.first().and_then(|row| row.result.clone()) {
        Some(FanOutResult::Refused(refusal)) if granted == 0 => Outcome::Refused(*refusal),
        Some(FanOutResult::Failed(failure)) if granted == 0 => Outcome::Failed(failure),
        _ => {
            Outcome::Done(format!("{granted} of {} scopes were granted with this refresh token.", rows.len()))
        }
    }
}
