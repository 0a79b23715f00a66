//! The terminal driver: keys in, screens out.
//!
//! Reading order: [`look`] is decided once at the start (theme, glyphs, motion) and handed to everything that draws;
//! [`action`] names what a person can do and [`keymap`] which key does it where; [`widgets`] are the pieces that panes
//! are put together from. No widget knows the workbench, and no pane knows a colour.
//!
//! [`model`] is the state, [`update`] changes it by one [`msg`] at a time, [`view`] draws it, and [`run`] is the loop that
//! owns the terminal and lets the runtime do what is to be done. [`panes`] are the screens, [`overlay`] what lies over
//! them, [`pane`] what each screen is given and may ask for.

pub mod action;
pub mod glyphs;
pub mod keymap;
pub mod look;
pub mod theme;
pub mod widgets;

pub mod model;
pub mod msg;
pub mod overlay;
pub mod pane;
pub mod panes;
pub mod update;
pub mod view;

mod panic;
pub mod run;
pub mod terminal;
