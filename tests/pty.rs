//! The real program in a real terminal: a whole flow by keys, and the terminal given back whatever happens.

mod common;

use std::path::PathBuf;

use common::Terminal;

const SIZE: (u16, u16) = (80, 24);

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

fn started(name: &str, environment: &[(&str, &str)]) -> (Terminal, PathBuf) {
    let folder = folder(name);
    let mut terminal = Terminal::start(&[], SIZE, &folder, environment);
    terminal.wait_for("localhost:");
    (terminal, folder)
}

#[test]
fn a_flow_is_walked_by_keys_alone_and_the_terminal_comes_back() {
    let (mut terminal, _) = started("walk", &[]);
    // The daemon is the fifth application; its flow has three requests.
    terminal.press_until("j", "as inventory-sync");
    terminal.press("\r");
    terminal.wait_for("Read the metadata");
    terminal.press("\r");
    terminal.wait_for("Ask for the token");
    terminal.wait_until("the request to be laid out", |screen| screen.contains("grant_type"));
    let secret = authwright::provider::scenario::Scenario::northwind();
    let secret =
        secret.application("inventory-sync").and_then(|daemon| daemon.secret()).expect("it has one").expose();
    terminal.press("\r");
    terminal.wait_until("the request for the keys", |screen| screen.contains("discovery/v2.0/keys"));
    terminal.press("\r");
    terminal.wait_until("tokens", |screen| screen.contains("access token"));
    terminal.press("5");
    terminal.wait_for("Traffic");
    terminal.press("1");
    terminal.wait_for("Runs of this sitting");
    terminal.press("q");
    assert!(terminal.wait_for_end().success());
    assert!(terminal.is_restored());
    let written = String::from_utf8_lossy(&terminal.written);
    assert!(!written.contains(secret), "the client secret reached the terminal");
    assert!(!written.contains("eyJ"), "a token reached the terminal");
}

#[test]
fn the_device_code_can_be_approved_in_the_pane_beside_it() {
    let (mut terminal, _) = started("device", &[]);
    terminal.press_until("j", "as kiosk");
    terminal.press("a");
    terminal.wait_until("the code", |screen| {
        screen.contains("authorization_pending") || screen.contains("expires in")
    });
    terminal.press("b");
    terminal.wait_for("code");
    terminal.press("a");
    terminal.wait_until("tokens", |screen| screen.contains("refresh"));
    terminal.press("\u{3}\u{3}");
    terminal.wait_for_end();
    assert!(terminal.is_restored());
}

#[test]
fn a_fault_of_our_own_gives_the_terminal_back_and_says_where_the_report_is() {
    let (mut terminal, folder) = started("fault", &[("AUTHWRIGHT_TEST_FAULT", "1")]);
    terminal.press("!");
    let status = terminal.wait_for_end();
    assert!(!status.success());
    assert!(terminal.is_restored());
    let said = terminal.text();
    assert!(said.contains("stopped by a fault of its own"), "{said}");
    let reports: Vec<_> = std::fs::read_dir(folder.join("state/authwright"))
        .expect("there is a report")
        .map(|entry| entry.expect("it can be listed").path())
        // The lab's CA is kept beside it.
        .filter(|path| path.extension().is_some_and(|kind| kind == "txt"))
        .collect();
    assert_eq!(reports.len(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = reports[0].metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "the report is for its owner alone");
    }
}

#[test]
#[cfg(unix)]
fn being_asked_to_end_gives_the_terminal_back() {
    let (mut terminal, _) = started("sigterm", &[]);
    let process =
        rustix::process::Pid::from_raw(i32::try_from(terminal.process_id()).expect("a small number"));
    rustix::process::kill_process(process.expect("it runs"), rustix::process::Signal::TERM)
        .expect("it can be asked");
    assert!(terminal.wait_for_end().success());
    assert!(terminal.is_restored());
}

#[test]
fn it_is_usable_at_any_size_and_nothing_is_lost() {
    let (mut terminal, _) = started("sizes", &[]);
    terminal.press("j");
    terminal.wait_for("as storefront");
    for (size, text) in [
        ((52, 14), "needs 60x16, is 52x14"),
        ((200, 60), "as storefront"),
        ((60, 16), "? help"),
        ((80, 24), "as storefront"),
    ] {
        terminal.resize(size);
        terminal.wait_for(text);
    }
    terminal.press("q");
    assert!(terminal.wait_for_end().success());
}

#[test]
fn without_colour_no_colour_is_written() {
    let (mut terminal, _) = started("mono", &[("NO_COLOR", "1")]);
    terminal.press("2345");
    terminal.wait_for("[5 Traffic]");
    terminal.press("1q");
    terminal.wait_for_end();
    let written = String::from_utf8_lossy(&terminal.written);
    let coloured = written.split("\u{1b}[").filter_map(|part| part.split_once('m')).any(|(codes, _)| {
        codes
            .split(';')
            .filter_map(|code| code.parse::<u16>().ok())
            .any(|code| matches!(code, 30..=38 | 40..=48 | 90..=97 | 100..=107))
    });
    assert!(!coloured);
}

#[test]
fn what_is_copied_without_a_display_goes_to_the_terminal() {
    let (mut terminal, _) = started("copy", &[]);
    terminal.press("y");
    terminal.wait_for("sent to the terminal");
    terminal.press("q");
    assert!(terminal.wait_for_end().success());
    assert!(String::from_utf8_lossy(&terminal.written).contains("\u{1b}]52;c;"), "no OSC 52 was written");
}
