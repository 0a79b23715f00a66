//! The person's own browser: whether there is one here, and opening it.

use std::{env, process::Stdio};

use url::Url;

/// Why no browser is tried here, if so: a remote shell, or no display.
pub fn unavailable() -> Option<&'static str> {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("SSH_TTY") || set("SSH_CONNECTION") {
        return Some("this is a remote shell");
    }
    let needs_display = cfg!(all(unix, not(target_os = "macos")));
    (needs_display && !set("DISPLAY") && !set("WAYLAND_DISPLAY")).then_some("there is no display")
}

/// Opens an address, if a browser may be tried; only addresses of web pages, and never waits for it.
pub fn open(url: &Url) {
    if unavailable().is_some() || !matches!(url.scheme(), "http" | "https") {
        return;
    }
    let address = url.to_string();
    tokio::task::spawn_blocking(move || {
        for mut command in open::commands(address) {
            let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
            if started.is_ok_and(|status| status.success()) {
                break;
            }
        }
    });
}
