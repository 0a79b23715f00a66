//! What happens when the program itself is at fault: the terminal is given back first, then a report is written.

use std::{
    backtrace::Backtrace,
    fs,
    io::Write as _,
    panic,
    path::{Path, PathBuf},
};

use super::terminal;
use crate::runtime::clock;

/// Installs the hook. Reports go into `folder`.
pub fn install(folder: Option<PathBuf>) {
    panic::set_hook(Box::new(move |info| {
        terminal::restore();
        let text = format!(
            "authwright {} stopped by a fault of its own\n{}\n\n{info}\n\n{}\n",
            env!("CARGO_PKG_VERSION"),
            clock::now().rfc3339(),
            Backtrace::force_capture()
        );
        let written = folder.as_deref().and_then(|folder| write(folder, &text).ok());
        let mut out = std::io::stderr().lock();
        let _ = writeln!(out, "authwright stopped by a fault of its own: {info}");
        let _ = match written {
            Some(file) => writeln!(out, "The report is in {}", file.display()),
            None => writeln!(out, "No report could be written."),
        };
        // A fault in a task of its own would leave the screen without the program, or the program without its screen.
        std::process::exit(101);
    }));
}

fn write(folder: &Path, text: &str) -> std::io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let file = folder.join(format!("fault-{}.txt", clock::now().millis()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&file)?.write_all(text.as_bytes())?;
    Ok(file)
}
