//! Copying, by the way that works where we are: tmux's own buffer, the system clipboard, or the terminal (OSC 52).

use std::{
    env,
    io::Write as _,
    process::{Command, Stdio},
};

use crate::secret::Secret;

/// Where a text went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    /// Into the system's clipboard.
    Clipboard,
    /// Into tmux's buffer, which hands it to the terminal.
    Tmux,
    /// Nowhere yet: the caller has to send it to the terminal with OSC 52, which confirms nothing.
    AskTerminal,
}

/// Keeps the system clipboard open: on Linux its content would end with it.
#[derive(Default)]
pub struct Clipboard {
    system: Option<arboard::Clipboard>,
}

impl std::fmt::Debug for Clipboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clipboard").field("open", &self.system.is_some()).finish()
    }
}

impl Clipboard {
    /// Copies `text`. Blocks for some milliseconds; belongs off the drawing task.
    pub fn copy(&mut self, text: &Secret) -> Copied {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        if set("TMUX") && to_tmux(text) {
            return Copied::Tmux;
        }
        // Over SSH the system clipboard would be the wrong machine's.
        if set("SSH_TTY") || set("SSH_CONNECTION") {
            return Copied::AskTerminal;
        }
        if self.system.is_none() {
            self.system = arboard::Clipboard::new().ok();
        }
        match self.system.as_mut().map(|clipboard| clipboard.set_text(text.expose())) {
            Some(Ok(())) => Copied::Clipboard,
            Some(Err(_)) | None => Copied::AskTerminal,
        }
    }
}

fn to_tmux(text: &Secret) -> bool {
    let child = Command::new("tmux")
        .args(["load-buffer", "-w", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let written =
        child.stdin.take().is_some_and(|mut stdin| stdin.write_all(text.expose().as_bytes()).is_ok());
    child.wait().is_ok_and(|status| status.success()) && written
}
