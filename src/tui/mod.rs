//! The terminal driver: keys in, screens out.
//!
//! Reading order: [`look`] is decided once at the start (theme, glyphs, motion) and handed to everything that draws;
//! [`action`] names what a person can do and [`keymap`] which key does it where; [`widgets`] are the pieces that panes
//! are put together from. No widget knows the workbench, and no pane knows a colour.

pub mod action;
pub mod glyphs;
pub mod keymap;
pub mod look;
pub mod pane;
pub mod panes;
pub mod theme;
pub mod widgets;
