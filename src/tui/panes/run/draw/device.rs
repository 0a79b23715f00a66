//! The regions of the device-code prompt.

use ratatui::{layout::Rect, widgets::Widget};

use super::{
    super::{
        device,
        layout::{Region, Size},
    },
    Painter, inset,
};
use crate::{
    flow::Prompt,
    text::{Line, Role},
    tui::widgets::qr::Qr,
};

impl Painter<'_, '_> {
    pub(super) fn scan(&mut self, area: Rect) {
        let frame = self.titled("Scan");
        let inner = self.frame(Region::Scan, frame, area);
        let Some(Prompt::DeviceCode(prompt)) = &self.shown.prompt else { return };
        match Qr::new(device::scanned(prompt).0) {
            Ok(code) => Widget::render(&code.view(self.scene.look), inner, self.buffer),
            Err(why) => self.text(&[Line::of(Role::Muted, format!("No picture: {why}."))], inset(inner)),
        }
    }

    pub(super) fn code(&mut self, area: Rect) {
        let frame = self.titled("Device code");
        let inner = self.frame(Region::Code, frame, area);
        // At 80x24 every column to the right of the picture counts.
        let inner = Rect { x: inner.x + inner.width.min(1), width: inner.width.saturating_sub(1), ..inner };
        let Some(Prompt::DeviceCode(prompt)) = &self.shown.prompt else { return };
        let current = self.shown.session.flow.current();
        let at = self.shown.steps.iter().position(|step| step.id == current).map_or(0, |at| at + 1);
        let step = format!("{at} of {}", self.shown.steps.len());
        let has_picture =
            !self.is_alone && self.focus != Region::Polls || self.state.last.size >= Size::Three;
        let lines = device::lines(prompt, &step, self.scene, has_picture);
        self.lines(&lines, None, inner, |state| &mut state.scrolls.code);
    }

    pub(super) fn polls(&mut self, area: Rect) {
        let frame = self.titled("Polls");
        let inner = inset(self.frame(Region::Polls, frame, area));
        let Some(Prompt::DeviceCode(prompt)) = &self.shown.prompt else { return };
        self.lines(&device::polls(prompt), None, inner, |state| &mut state.scrolls.polls);
    }

    pub(super) fn why(&mut self, area: Rect) {
        let frame = self.titled("Why polling, and why the wait");
        let inner = inset(self.frame(Region::WhyPolling, frame, area));
        let Some(Prompt::DeviceCode(prompt)) = &self.shown.prompt else { return };
        self.lines(&device::why(prompt), None, inner, |state| &mut state.scrolls.why);
    }
}
