//! `authwright lint` and `authwright permission` as a script sees them.

use std::process::{Command, Stdio};

#[track_caller]
fn run(arguments: &[&str], status: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_authwright"));
    let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(status),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_exit_status_says_whether_something_will_fail() {
    let fails = r#"{"appId":"x","displayName":"Orders","web":{"redirectUris":["http://a.example/cb"]}}"#;
    let text = run(&["lint", fails], 3);
    assert!(
        text.starts_with("Orders  x\n1 thing will fail.\n\nWill fail\n✗ A redirect URI is http\n"),
        "{text}"
    );
    let json: serde_json::Value = serde_json::from_str(&run(&["lint", fails, "--json"], 3)).unwrap();
    assert_eq!((&json["will_fail"], &json["findings"][0]["id"]), (&true.into(), &"redirect_uri.http".into()));
    run(&["lint", &fails.replace("http://", "https://")], 0);
    run(&["lint", "https://login.microsoftonline.com/undefined/oauth2/v2.0/authorize?client_id=x"], 3);
    run(&["lint", "no-such-file.json"], 2);
    run(&["lint", "[]"], 2);
    assert!(
        run(&["permission", "mail.read", "delegated", "--client-id", "c1"], 0)
            .contains("--id c1 --api 00000003")
    );
    assert!(run(&["permission", "mail.raed"], 3).contains("Mail.Read"));
}
