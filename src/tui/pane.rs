//! What every pane is given and what it can ask for.
//!
//! A pane is a module with a `State` and four functions; no trait ties them together, the shell names each:
//!
//! * `context(&self) -> Context`: which part of the keymap applies now; `Context::Field` while a text field has focus.
//! * `update(&mut self, action, bench, now) -> Option<Vec<Intent>>`: takes an action that the keymap found; `None` if it
//!   means nothing here, and then the shell takes it.
//! * `typed(&mut self, key) -> Vec<Intent>`: takes a key while a text field has focus; `clear_field(&mut self) -> bool`
//!   empties that field and says whether there was something in it.
//! * `pasted(&mut self, text)`: takes a pasted text; where no field has focus, the pane opens the one that fits, or asks
//!   the shell to take it in at once.
//! * `view(&mut self, bench, scene, area, buffer) -> Option<Position>`: draws, and says where the cursor stands. It may
//!   write scroll offsets, nothing else.
//!
//! Data lives in the workbench; selection, scroll and half-typed text live in the pane.

use url::Url;

use super::{look::Look, panes::tenant::Ask};
use crate::{
    explain::Evidence,
    flow::{FlowKind, NamedBend, Profile},
    secret::Secret,
    time::UnixTime,
    token::bend::{self, Bent},
    workbench::{self, ExchangeId, KeptId, SessionId, Term},
};

/// What a `view` is given besides the workbench.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Theme, glyphs, motion.
    pub look: &'a Look,
    /// The present.
    pub now: UnixTime,
    /// Whether secrets are shown for the moment (`v`).
    pub reveal: bool,
    /// Why no browser can be opened here, if so.
    pub no_browser: Option<&'static str>,
}

/// What a pane asks the shell to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// Tell the workbench.
    Bench(workbench::User),
    /// Start a run and show it. The shell adds the random values.
    Start {
        /// Which flow.
        kind: FlowKind,
        /// With which settings.
        profile: Box<Profile>,
        /// Changes to its requests.
        bends: Vec<NamedBend>,
        /// Run on by itself until a person is needed.
        auto: bool,
    },
    /// Copy a text; the toast names it as `what`.
    Copy {
        /// Such as `access token`.
        what: String,
        /// The text itself.
        text: Secret,
    },
    /// Show a text alone, full width and unboxed, so that it can be selected by hand.
    ShowPlain {
        /// Such as `authorization URL`.
        title: String,
        /// The text itself.
        text: Secret,
    },
    /// Read this file as evidence for the Errors screen.
    ReadEvidence(String),
    /// Take up a registration, a piece of one, or an authorize URL; this one is looked at.
    Import(Secret, Option<KeptId>),
    /// The same from the file of that name.
    ReadRegistration(String),
    /// Show on the Errors screen what is known about this number, written with what else is known.
    LookUp(String),
    /// Show the lab tenant's application with this client id on the Tenant screen.
    ShowApplication(String),
    /// Bring the lab tenant to this number, and show the run. The shell adds the random values.
    Reproduce(u32),
    /// Mend what the lab tenant was brought to, and show the run that works then.
    Mend,
    /// Explain this on the Errors screen.
    Explain(Box<Evidence>),
    /// Show this run on the Run screen.
    ShowRun(SessionId),
    /// Show this exchange on the Traffic screen.
    Inspect(ExchangeId),
    /// Show the token at this place of the shelf on the Tokens screen.
    Token(usize),
    /// Let the person choose among these; what is chosen is done.
    Choose {
        /// What is chosen.
        title: String,
        /// What each is called, what else there is to know about it, and what it does.
        choices: Vec<Choice>,
    },
    /// Open this exchange on the Traffic screen to send it again.
    Replay(ExchangeId),
    /// Open an address in the person's own browser.
    Browse(Url),
    /// The Tenant screen goes on with what was chosen.
    Ask(Ask),
    /// Write the lab tenant to the scenario file of that name.
    SaveScenario {
        /// Its name, without folder and ending.
        name: String,
        /// Whether a file of that name may go.
        replace: bool,
    },
    /// Offer the scenario files to choose from.
    ListScenarios,
    /// Load the scenario file of that name.
    LoadScenario(String),
    /// Type what the seats expect of the token at this place of the shelf.
    Expect(usize, Term),
    /// Put a bent token on the shelf, signed like that, and show it.
    Bend(Box<Bent>, bend::Signing),
    /// Say something in passing.
    Toast(Toast),
    /// Leave this screen for the one before.
    Back,
}

/// One thing that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What it is called.
    pub name: String,
    /// What else there is to know.
    pub note: String,
    /// What choosing it does.
    pub intent: Intent,
}

/// A short message, top right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What happened, and where.
    pub text: String,
    /// Whether it is good news; bad news stay until a key is pressed.
    pub good: bool,
}

impl Toast {
    /// Good news.
    pub fn good(text: impl Into<String>) -> Self {
        Self { text: text.into(), good: true }
    }

    /// Bad news: what is wrong and what to do.
    pub fn bad(text: impl Into<String>) -> Self {
        Self { text: text.into(), good: false }
    }
}
