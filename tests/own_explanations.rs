//! Explanations in the person's own folder: they add to the built-in ones, and what is wrong with them is told.

use std::{
    fs,
    path::Path,
    process::{self, Command},
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::Value;

/// What `explain --json` says with these files in the folder, and what it says beside.
fn explained(files: &[(&str, &str)], what: &str) -> (Value, String) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let config =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("explanations-{}-{number}", process::id()));
    let folder = config.join("authwright/explanations");
    fs::create_dir_all(&folder).expect("a folder");
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("a file");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_authwright"))
        .args(["explain", "--json", what])
        .env("XDG_CONFIG_HOME", &config)
        .env("HOME", &config)
        .output()
        .expect("the program runs");
    fs::remove_dir_all(&config).expect("the folder can go");
    assert!(output.status.success());
    (serde_json::from_slice(&output.stdout).expect("JSON"), String::from_utf8(output.stderr).expect("a text"))
}

const OWN: &str = r#"
[50011]
whose_move = "registration"
meaning = "At Contoso every address is registered by the platform team."
causes = ["redirect_uri.ask_us"]

[redirect_uri.ask_us]
id = "redirect_uri.not_registered"
title = "The platform team has not registered the address"
why = "They keep the list."
confirm = "Look into the team's repository."
fixes = [{ title = "Open a ticket for {client_id}" }]

[contoso_gateway_refused]
title = "The gateway refused"
whose_move = "service"
meaning = "The gateway in front of the API takes no calls at night."
"#;

#[test]
fn a_file_of_ones_own_says_more() {
    let (answer, beside) = explained(&[("contoso.toml", OWN)], "50011");
    assert_eq!(beside, "");
    assert_eq!(answer["meaning"], "At Contoso every address is registered by the platform team.");
    assert_eq!(answer["causes"][0]["id"], "redirect_uri.not_registered");
    assert_eq!(answer["causes"][0]["fixes"][0]["title"], "Open a ticket for <client-id>");
    let (answer, _) = explained(&[("contoso.toml", OWN)], "{\"error\":\"contoso_gateway_refused\"}");
    assert_eq!(answer["title"], "The gateway refused");
    let (answer, _) = explained(&[("contoso.toml", OWN)], "50055");
    assert_eq!(answer["causes"][0]["id"], "user.account_state", "what is built in stays");
}

#[test]
fn what_is_wrong_with_a_file_is_told_and_spoils_nothing() {
    let check = |text: &str, told: &str| {
        let (answer, beside) = explained(&[("bad.toml", text), ("contoso.toml", OWN)], "50011");
        assert!(beside.contains("bad.toml") && beside.contains(told), "{text}: {beside}");
        assert_eq!(answer["meaning"], "At Contoso every address is registered by the platform team.");
    };
    check("[50126", "TOML");
    check("[50126]\nmeaning = \"x\"", "whose_move");
    check("[50126]\nwhose_move = \"me\"\nmeaning = \"x\"", "me");
    check("[brand_new]\nwhose_move = \"user\"\nmeaning = \"x\"", "a title is missing");
    check(
        "[my.cause]\ntitle = \"t\"\nwhy = \"w\"\nconfirm = \"c\"\nfixes = []",
        "my.cause is not the id of a cause",
    );
    check("note = 1", "note");
}
