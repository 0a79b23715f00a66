//! The Flows screen: what can be run, as which application, and what each flow is for.
//!
//! ```text
//! ┏━ Flows ━━━━━━━━━━━━━━━━━━━━━━━┓╭─ About ────────────────────────────╮
//! ┃ Authorization code            ┃│ Authorization code                 │
//! ┃▌  desktop    desktop applicat…┃│ A person signs in at the …         │
//! ┃   storefront single-page appl…┃│ Steps  1 read the metadata         │
//! ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┛╰────────────────────────────────────╯
//! ╭─ Runs of this sitting ─────────────────────────────────────────────╮
//! ```

mod about;

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Position, Rect},
};

use crate::{
    entra::aadsts,
    flow::{Credential, FlowKind, Outcome},
    text::{Line, Role},
    time::{UnixTime, relative},
    tui::{
        action::Action,
        keymap::Context,
        pane::{Intent, Scene},
        widgets::{frame::Frame, list, paragraph::Paragraph},
    },
    workbench::{Session, SessionId, User, Workbench},
};

/// Where the focus is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Region {
    #[default]
    Offers,
    About,
    Runs,
}

/// Selection and scroll.
#[derive(Debug, Default)]
pub struct State {
    region: Region,
    offer: usize,
    run: usize,
    offers_offset: usize,
    runs_offset: usize,
    about_scroll: usize,
}
