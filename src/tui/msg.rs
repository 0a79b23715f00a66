//! What can wake the interface, and what it wants done: closed lists of plain data.

use crossterm::event::{KeyEvent, MouseEvent};

use super::pane::Toast;
use crate::{
    flow::{FlowKind, NamedBend, Profile},
    secret::Secret,
    workbench,
};

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// A text was pasted.
    Pasted(String),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The terminal has another size; the next frame sees it.
    Resized,
    /// Something for the workbench.
    Bench(workbench::Event),
    /// A copy was made, or not; a file was written, or not.
    Said(Toast),
    /// The scenario files that there are, by name.
    Scenarios(Vec<String>),
    /// The scenario was not written, for a file of that name is there.
    ScenarioThere(String),
    /// A file that was asked for as evidence: its text, or why there is none.
    Evidence(Result<String, String>),
    /// A file that was asked for as a registration: its text, or why there is none.
    Registration(Result<String, String>),
    /// The system asks the program to end.
    Ended,
    /// Time has passed that something on the screen waits for.
    Tick,
}

/// Something is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// For the workbench's runtime.
    Bench(workbench::Effect),
    /// Start a run: the random values come from outside.
    Start(Box<Begin>),
    /// Copy a text, which the message calls `what`.
    Copy {
        /// Such as `access token`.
        what: String,
        /// The text.
        text: Secret,
    },
    /// Show an address in the person's browser.
    Browse(url::Url),
    /// Write a scenario file, answer with [`Msg::Said`] or [`Msg::ScenarioThere`].
    SaveScenario {
        /// Its name, without folder and ending.
        name: String,
        /// What stands in it: passwords of the lab, too.
        text: Secret,
        /// Whether a file of that name may go.
        replace: bool,
    },
    /// Look for scenario files, answer with [`Msg::Scenarios`].
    ListScenarios,
    /// Read a scenario file and load it.
    LoadScenario(String),
    /// Read a file, answer with [`Msg::Evidence`].
    ReadEvidence(String),
    /// Read a file, answer with [`Msg::Registration`].
    ReadRegistration(String),
    /// Bring the lab tenant to a number: the random values come from outside.
    Reproduce(u32),
    /// Mend what the lab tenant was brought to: the random values come from outside.
    Mend,
    /// Draw the whole screen again.
    Redraw,
    /// Turn the mouse on or off.
    Mouse(bool),
    /// Go to the shell until `fg`.
    Suspend,
    /// End the program.
    Quit,
}

/// A run to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begin {
    /// Which flow.
    pub kind: FlowKind,
    /// With which settings.
    pub profile: Profile,
    /// Changes to its requests.
    pub bends: Vec<NamedBend>,
    /// Whether it runs on by itself.
    pub auto: bool,
}
