//! A terminal to run the real program in: a pty, and a reader that knows what is on its screen.

use std::{
    io::{Read as _, Write as _},
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long anything may take before a test gives up. Generous: machines are slow, and nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program in a terminal of its own.
#[allow(dead_code, reason = "tests and benchmarks each use a part of it")]
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn std::io::Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// Everything the program ever wrote.
    pub written: Vec<u8>,
    frames: usize,
}

#[allow(dead_code, reason = "tests and benchmarks each use a part of it")]
impl Terminal {
    /// Starts the program with `arguments` in a terminal of this size. Only `environment` is set besides what a terminal
    /// sets; its files go to `folder`.
    pub fn start(
        arguments: &[&str],
        (columns, rows): (u16, u16),
        folder: &Path,
        environment: &[(&str, &str)],
    ) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("this machine has ptys");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_authwright"));
        command.args(arguments);
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("PATH", "/usr/bin:/bin")] {
            command.env(name, value);
        }
        command.env("HOME", folder);
        command.env("XDG_STATE_HOME", folder.join("state"));
        command.env("XDG_CONFIG_HOME", folder.join("config"));
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a pty can be read");
        let keyboard = pair.master.take_writer().expect("a pty can be written");
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 || send.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let screen = vt100::Parser::new(rows, columns, 0);
        Self { child, master: pair.master, keyboard, output, screen, written: Vec::new(), frames: 0 }
    }

    /// Types this.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal is open");
        self.keyboard.flush().expect("the terminal is open");
    }

    /// Makes the terminal this large.
    pub fn resize(&mut self, (columns, rows): (u16, u16)) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("a pty can be resized");
        self.screen.screen_mut().set_size(rows, columns);
    }

    /// What stands on the screen.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Reads until `text` stands on the screen.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text));
    }

    /// Reads until what is on the screen satisfies `condition`.
    pub fn wait_until(&mut self, what: &str, condition: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition(&self.text()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("waited in vain for {what}; the screen:\n{}", self.text())
                }
                Err(RecvTimeoutError::Disconnected) => {
                    assert!(
                        condition(&self.text()),
                        "the program ended before {what}; the screen:\n{}",
                        self.text()
                    );
                    return;
                }
            }
        }
    }

    /// Presses a key as often as it takes to bring `text` onto the screen: wherever in a list it stands.
    pub fn press_until(&mut self, key: &str, text: &str) {
        for _ in 0..60 {
            if self.text().contains(text) {
                return;
            }
            let before = self.frames();
            self.press(key);
            self.wait_for_frame(before);
        }
        panic!("{key:?} does not lead to {text}; the screen:\n{}", self.text());
    }

    /// How many whole frames the program has drawn.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Reads until the program has drawn a frame more than `before`.
    pub fn wait_for_frame(&mut self, before: usize) {
        while self.frames <= before {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("no frame came: {why}; the screen:\n{}", self.text()),
            }
        }
    }

    /// Reads until the program ends.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(bytes) = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
        self.child.wait().expect("the program can be waited for")
    }

    /// The process.
    pub fn process_id(&self) -> u32 {
        self.child.process_id().expect("the program runs")
    }

    /// Whether the screen, cursor, mouse and paste modes are as before, by what was written last about each.
    pub fn is_restored(&self) -> bool {
        let written = String::from_utf8_lossy(&self.written);
        let last =
            |on: &str, off: &str| written.rfind(off) > written.rfind(on) || written.rfind(on).is_none();
        last("\u{1b}[?1049h", "\u{1b}[?1049l")
            && last("\u{1b}[?25l", "\u{1b}[?25h")
            && last("\u{1b}[?2004h", "\u{1b}[?2004l")
            && last("\u{1b}[?1000h", "\u{1b}[?1000l")
            && last("\u{1b}[?2026h", "\u{1b}[?2026l")
            && !self.screen.screen().alternate_screen()
    }

    fn take(&mut self, bytes: &[u8]) {
        /// What ends a frame: the end of a synchronized update.
        const END: &[u8] = b"\x1b[?2026l";
        self.screen.process(bytes);
        // The sequence may have been cut in two by the reads.
        let overlap = self.written.len().saturating_sub(END.len() - 1);
        self.written.extend_from_slice(bytes);
        self.frames += self.written[overlap..].windows(END.len()).filter(|window| *window == END).count();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
