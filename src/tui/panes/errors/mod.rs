//! Stub for compiling.
#![allow(missing_docs, unused)]
use crate::tui::{
    action::Action,
    keymap::{Context, Key},
    pane::*,
};
use crate::{explain::Evidence, secret::Secret, time::UnixTime, workbench::Workbench};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};
#[derive(Debug, Default)]
pub struct State;
impl State {
    pub fn context(&self) -> Context {
        Context::Global
    }
    pub fn update(&mut self, _: Action, _: &Workbench, _: UnixTime) -> Option<Vec<Intent>> {
        None
    }
    pub fn typed(&mut self, _: Key) -> Vec<Intent> {
        vec![]
    }
    pub fn pasted(&mut self, _: &str) {}
    pub fn clear_field(&mut self) -> bool {
        false
    }
    pub fn copies(&self, _: &Workbench) -> Vec<(String, Secret)> {
        vec![]
    }
    pub fn show(&mut self, _: Evidence, _: UnixTime) {}
    pub fn next_redraw(&self, _: &Workbench, _: UnixTime) -> Option<std::time::Duration> {
        None
    }
    pub fn view(&mut self, _: &Workbench, _: &Scene<'_>, _: Rect, _: &mut Buffer) -> Option<Position> {
        None
    }
}
impl State {
    pub fn show_evidence(&mut self, _: Evidence, _: UnixTime) {}
}
