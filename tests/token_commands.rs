//! The commands that compare tokens: `diff`, `match` and `certificate inspect`, as a script sees them.

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

fn run(arguments: &[&str], piped: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_authwright"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut pipe = child.stdin.take().expect("piped");
    if let Some(text) = piped {
        // A command line that is at fault is refused before anything is read.
        if let Err(why) = pipe.write_all(text.as_bytes()) {
            assert_eq!(why.kind(), std::io::ErrorKind::BrokenPipe, "{why}");
        }
    }
    drop(pipe);
    child.wait_with_output().expect("it ends")
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("what is printed is text")
}

#[track_caller]
fn json_of(output: &Output, status: i32) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{} {said}", text(output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|why| panic!("{why}: {}", text(output)))
}

fn token(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode([7; 256]))
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("authwright-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder of our own");
    folder
}

/// What a flow in the lab brings.
fn tokens(flow: &[&str]) -> Value {
    let all = [&["run"], flow, &["--sign-in", "builtin", "--json", "--with-secrets"]].concat();
    json_of(&run(&all, None), 0)["tokens"].clone()
}

#[test]
fn tokens_of_the_lab_are_told_apart() {
    let person = tokens(&["authorization_code"]);
    let application = tokens(&["client_credentials"]);
    let of = |tokens: &Value, name: &str| tokens[name].as_str().expect("a token").to_owned();
    let (id, access) = (of(&person, "id_token"), of(&person, "access_token"));
    let found = json_of(&run(&["diff", "--json", &id, &access], None), 0);
    assert_eq!(found["pair"], "id_and_access");
    let rows = found["claims"].as_array().expect("rows");
    let row = |name: &str| rows.iter().find(|row| row["name"] == name).expect("the claim");
    assert_eq!((&row("scp")["change"], &row("tid")["change"]), (&json!("added"), &json!("same")));

    let folder = folder("diff");
    let file = folder.join("access.txt");
    fs::write(&file, format!("Bearer {access}\n")).expect("it can be written");
    let at_file = format!("@{}", file.display());
    let shown = run(&["diff", &at_file, "-"], Some(&of(&application, "access_token")));
    assert_eq!(shown.status.code(), Some(0));
    assert!(text(&shown).starts_with("For a person, and for the application itself"), "{}", text(&shown));
    assert!(text(&shown).contains("  - scp\n") && text(&shown).contains("  + roles\n"), "{}", text(&shown));
    fs::remove_dir_all(&folder).expect("it was made here");

    for wrong in [["-", "-"], ["nothing of the kind", access.as_str()], [access.as_str(), "@no-such-file"]] {
        let output = run(&[&["diff"], &wrong[..]].concat(), Some(&access));
        assert_eq!((output.status.code(), text(&output).as_str()), (Some(2), ""), "{wrong:?}");
    }
}

#[test]
fn a_pipelines_token_is_matched_with_what_is_registered() {
    let folder = folder("match");
    let file = folder.join("credentials.json");
    let path = file.to_str().expect("a path that is text");
    let register = |subject: &str| {
        let entry = json!({"name": "main", "issuer": "https://ci.example", "subject": subject, "audiences": ["api://AzureADTokenExchange"]});
        fs::write(&file, json!([entry]).to_string()).expect("it can be written");
    };
    let presented = token(
        &json!({"alg": "RS256"}),
        &json!({"iss": "https://ci.example", "sub": "repo:o/r\u{1b}[31m:ref:refs/heads/main", "aud": "api://AzureADTokenExchange", "exp": 9_000_000_000_i64}),
    );
    register("repo:o/r:environment:production");
    let found = json_of(&run(&["match", &presented, path, "--client-id", "app", "--json"], None), 3);
    assert_eq!((&found["code"], &found["fits"]), (&json!(700_213), &json!(false)));
    let shown = run(&["match", "-", path], Some(&presented));
    assert_eq!(shown.status.code(), Some(3));
    assert!(
        text(&shown).contains("az ad app federated-credential create --id CLIENT_ID"),
        "{}",
        text(&shown)
    );
    assert!(!text(&shown).contains('\u{1b}'), "hostile text stays text");
    register("repo:o/r\u{1b}[31m:ref:refs/heads/main");
    let found = json_of(&run(&["match", &presented, path, "--json"], None), 0);
    assert_eq!((&found["fits"], &found["command"]), (&json!(true), &Value::Null));
    fs::write(&file, "[]").expect("it can be written");
    assert_eq!(json_of(&run(&["match", &presented, path, "--json"], None), 3)["code"], 70_021);
    for wrong in [["opaque", path], [presented.as_str(), "no-such-file.json"], ["-", "-"]] {
        assert_eq!(run(&[&["match"], &wrong[..]].concat(), None).status.code(), Some(2), "{wrong:?}");
    }
    fs::remove_dir_all(&folder).expect("it was made here");
}

#[test]
fn a_certificate_is_shown_and_compared() {
    let folder = folder("inspect");
    let at = folder.to_str().expect("a path that is text");
    let made = json_of(&run(&["certificate", "new", "--name", "Feed", "--out-dir", at, "--json"], None), 0);
    let file = made["certificate"].as_str().expect("a path");
    let key = made["private_key"].as_str().expect("a path");
    let shown = json_of(&run(&["certificate", "inspect", file, "--json"], None), 0);
    let form = |name: &str| {
        let forms = shown["forms"].as_array().expect("forms");
        forms.iter().find(|form| form["name"] == name).expect("the form")["value"].clone()
    };
    // Two programs' worth of code: what `new` says and what `inspect` says have no line in common.
    assert_eq!((form("hex"), form("x5t")), (made["thumbprint_sha1"].clone(), made["x5t"].clone()));
    assert_eq!(form("x5t#S256"), made["x5t#S256"]);

    let hex = made["thumbprint_sha1"].as_str().expect("text");
    let against = |text: &str, status: i32| {
        json_of(&run(&["certificate", "inspect", file, "--json", "--against", text], None), status)
    };
    assert_eq!(against(hex, 0)["compared"][0]["fits"], true);
    let mixed_up = against(&format!("x5t={hex}"), 3);
    assert_eq!(mixed_up["compared"][0]["mixups"][0]["id"], "hex_for_base64url");
    assert_eq!(mixed_up["compared"][0]["expected"], made["x5t"]);
    let foreign =
        token(&json!({"alg": "RS256", "x5t": made["x5t"]}), &json!({"iss": "app", "sub": "app", "aud": "x"}));
    let found = against(&foreign, 3);
    assert_eq!(
        (&found["compared"][0]["fits"], &found["signature"]["severity"]),
        (&json!(true), &json!("error"))
    );

    let endpoint = "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token";
    let assert = |more: &[&str]| {
        let fixed = [
            "certificate",
            "assert",
            "--certificate",
            file,
            "--key",
            key,
            "--client-id",
            "app",
            "--audience",
            endpoint,
        ];
        run(&[&fixed[..], more].concat(), None)
    };
    let own = text(&assert(&[]));
    let found = against(own.trim(), 0);
    assert_eq!(
        (&found["compared"][0]["slot"], &found["signature"]["severity"]),
        (&json!("x5t#S256"), &json!("passed"))
    );
    let bent = json_of(&assert(&["--json", "--set", "sub=other", "--set", "alg=RS256", "--drop", "jti"]), 0);
    assert_eq!(
        (&bent["header"]["alg"], &bent["claims"]["sub"], &bent["claims"]["jti"]),
        (&json!("RS256"), &json!("other"), &Value::Null)
    );
    let parties =
        bent["findings"].as_array().expect("its lights").iter().find(|one| one["id"] == "assertion.parties");
    assert_eq!(parties.expect("the light")["severity"], "error");
    assert_eq!(against(bent["assertion"].as_str().expect("text"), 0)["signature"]["severity"], "passed");
    assert_eq!(
        run(&["certificate", "assert", "--client-id", "x", "--audience", "y"], None).status.code(),
        Some(2)
    );

    let lines = text(&run(&["certificate", "inspect", file], None));
    assert!(lines.starts_with("Subject   CN=Feed\n") && lines.contains(hex), "{lines}");
    for wrong in [&["certificate", "inspect", key][..], &["certificate", "inspect", "no-such-file"]] {
        assert_eq!(run(wrong, None).status.code(), Some(2), "{wrong:?}");
    }
    assert_eq!(run(&["certificate", "inspect", file, "--against", ""], None).status.code(), Some(2));
    fs::remove_dir_all(&folder).expect("it was made here");
}

#[test]
fn decode_names_a_client_assertion_and_looks_at_it() {
    let claims =
        json!({"iss": "app", "sub": "app", "aud": "https://login.example/token", "exp": 1, "jti": "x"});
    let assertion = token(&json!({"alg": "RS256", "x5t": "short"}), &claims);
    let decoded = json_of(&run(&["decode", "--json", &assertion], None), 0);
    let lights = decoded["assertion"].as_array().expect("its lights");
    let severity =
        |id: &str| lights.iter().find(|light| light["id"] == id).expect("the light")["severity"].clone();
    assert_eq!(
        (severity("assertion.key_name"), severity("assertion.lifetime")),
        (json!("error"), json!("error"))
    );
    let shown = text(&run(&["decode", &assertion], None));
    assert!(shown.starts_with("signed token (JWT): client assertion\n"), "{shown}");
    assert!(shown.contains("who says so: this client") && shown.contains("as a client assertion"), "{shown}");
    let other =
        json_of(&run(&["decode", "--json", &token(&json!({"alg": "RS256"}), &json!({"sub": "x"}))], None), 0);
    assert!(other.get("assertion").is_none());
}

#[test]
fn a_token_is_read_from_a_file_and_the_name_of_one_alone_is_explained() {
    let folder = std::env::temp_dir().join(format!("authwright-token-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("token.txt");
    let one = token(&json!({"alg": "none"}), &json!({"iss": "https://idp.example", "sub": "x"}));
    fs::write(&file, format!("Bearer {one}\n")).expect("a file");
    let name = file.to_str().expect("a name");
    let read = json_of(&run(&["decode", "--json", &format!("@{name}")], None), 0);
    assert_eq!(read["claims"]["sub"], "x");
    for arguments in [&["decode", name][..], &["diff", name, &one]] {
        let output = run(arguments, None);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&format!("@{name} reads it")), "{said}");
    }
    fs::remove_dir_all(&folder).expect("it goes away");
}
