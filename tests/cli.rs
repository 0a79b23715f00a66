//! The headless commands as a script sees them: arguments, exit statuses, output.

use std::process::{Command, Output, Stdio};

use authwright::provider::scenario::Scenario;
use serde_json::Value;

fn authwright(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_authwright"));
    command.args(arguments).stdin(Stdio::null());
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "SSH_TTY", "SSH_CONNECTION"] {
        command.env_remove(name);
    }
    command
}

fn run(arguments: &[&str]) -> Output {
    authwright(arguments).output().expect("the program starts")
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("what is printed is text")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|why| panic!("{why}: {}\n{}", text(output), String::from_utf8_lossy(&output.stderr)))
}

/// Runs a flow in the lab tenant, signed in by the built-in user agent, and checks the exit status.
fn flow(arguments: &[&str], status: i32) -> Value {
    let all = [&["run"], arguments, &["--sign-in", "builtin", "--json"]].concat();
    let output = run(&all);
    assert_eq!(
        output.status.code(),
        Some(status),
        "{all:?}: {} {}",
        text(&output),
        String::from_utf8_lossy(&output.stderr)
    );
    json(&output)
}

fn code(outcome: &Value) -> Option<u64> {
    outcome["refusal"]["error_codes"].as_array()?.last()?.as_u64()
}

#[test]
fn each_flow_ends_with_tokens_that_are_masked() {
    for kind in ["authorization_code", "client_credentials", "device_code"] {
        let outcome = flow(&[kind], 0);
        assert_eq!((&outcome["event"], &outcome["outcome"]), (&"outcome".into(), &"tokens".into()));
        assert_eq!(outcome["flow"], kind);
        let token = outcome["tokens"]["access_token"].as_str().expect("there is one");
        assert!(token.starts_with('•'), "{token}");
        assert!(outcome["exchanges"].as_array().is_some_and(|all| all.len() >= 3));
        assert!(
            outcome["findings"]
                .as_array()
                .is_some_and(|all| all.iter().all(|one| one["severity"] != "error")),
            "{outcome}"
        );
    }
}

#[test]
fn every_application_of_the_lab_runs_the_flow_that_it_is_made_for() {
    for app in ["desktop", "storefront", "admin-portal"] {
        assert_eq!(flow(&["authorization_code", "--app", app], 0)["outcome"], "tokens", "{app}");
    }
}

#[test]
fn the_other_flows_run_as_the_applications_that_they_are_made_for() {
    let runs: [&[&str]; 8] = [
        &["managed_identity"],
        &["on_behalf_of"],
        &["refresh_token"],
        &["password"],
        &["implicit"],
        &["hybrid"],
        &["client_credentials", "--app", "price-feed"],
        &["client_credentials", "--app", "pipeline"],
    ];
    for run in runs {
        assert_eq!(flow(run, 0)["outcome"], "tokens", "{run:?}");
    }
}

#[test]
fn what_ends_without_a_token_of_its_own_says_what_came_of_it() {
    for kind in ["admin_consent", "logout", "userinfo"] {
        let outcome = flow(&[kind], 0);
        assert_eq!(outcome["outcome"], "done", "{outcome}");
        assert!(outcome["done"].as_str().is_some_and(|said| !said.is_empty()), "{outcome}");
    }
    let outcome = flow(&["call_api"], 0);
    assert_eq!(outcome["answer"]["body"]["userPrincipalName"], "mina@northwind.example", "{outcome}");
    let outcome = flow(&["call_api", "--api", "/api/catalog/products"], 0);
    assert_eq!(outcome["answer"]["status"], 200, "{outcome}");
    let outcome = flow(&["call_api", "--app", "desktop", "--api", "/api/catalog/products"], 0);
    assert_eq!(outcome["answer"]["status"], 200, "the sign-in is for the API that is called: {outcome}");
    // A token for another API, and how the API says so.
    let scope = "openid https://graph.microsoft.com/User.Read";
    let outcome = flow(&["call_api", "--api", "/api/catalog/products", "--scope", scope], 3);
    assert_eq!((&outcome["answer"]["status"], &outcome["refusal"]["by"]), (&401.into(), &"api".into()));
}

#[test]
fn a_claims_challenge_is_answered_by_the_sign_in_before_the_call() {
    let order = concat!(env!("CARGO_TARGET_TMPDIR"), "/order.json");
    std::fs::write(order, r#"{"order":"O-2001"}"#).unwrap();
    let refund = ["call_api", "--api", "/api/catalog/refunds", "--method", "POST", "--data", order];
    let refused = flow(&refund, 3);
    assert_eq!(refused["refusal"]["error"], "insufficient_claims", "{refused}");
    let claims = refused["refusal"]["claims"].as_str().unwrap();
    let outcome = flow(&[&refund[..], &["--claims", claims]].concat(), 0);
    assert_eq!(outcome["answer"]["status"], 201, "{outcome}");
}

#[test]
fn the_run_that_brings_a_token_is_reported_with_the_run_that_begins_with_it() {
    let outcome = flow(&["on_behalf_of"], 0);
    assert_eq!(outcome["flow"], "on_behalf_of");
    let steps: Vec<_> =
        outcome["exchanges"].as_array().expect("a list").iter().map(|one| one["step"].clone()).collect();
    assert!(steps.contains(&"authorize".into()) && steps.iter().filter(|step| *step == "token").count() == 2);
    // Where the sign-in before it is refused, that is the refusal.
    let outcome = flow(&["refresh_token", "--username", "bruno"], 3);
    assert_eq!(outcome["refusal"]["error_codes"][0], 50057, "{outcome}");
}

#[test]
fn tokens_in_clear_are_only_printed_when_asked_for_and_verify() {
    let outcome = flow(&["authorization_code", "--with-secrets"], 0);
    let token = outcome["tokens"]["id_token"].as_str().expect("there is one");
    let header = jsonwebtoken::decode_header(token).expect("it is a JWT");
    let keys: jsonwebtoken::jwk::JwkSet =
        serde_json::from_value(outcome["jwks"].clone()).expect("keys are printed");
    let key = keys.find(header.kid.as_deref().expect("it names its key")).expect("the key is published");
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    let desktop = Scenario::northwind();
    validation.set_audience(&[&desktop.application("desktop").expect("it is there").app_id]);
    let key = jsonwebtoken::DecodingKey::from_jwk(key).expect("it can be used");
    let claims =
        jsonwebtoken::decode::<Value>(token, &key, &validation).expect("the signature is right").claims;
    assert_eq!(claims["preferred_username"], "mina@northwind.example");
}

#[test]
fn nothing_secret_is_printed_unless_asked_for() {
    let scenario = Scenario::northwind();
    let known: Vec<String> = scenario
        .applications()
        .iter()
        .filter_map(|application| application.secret())
        .chain(scenario.users().iter().map(|user| &user.password))
        .map(|secret| secret.expose().to_owned())
        .collect();
    let runs: [&[&str]; 5] = [
        &["run", "client_credentials", "--json"],
        &["run", "client_credentials", "--events"],
        &["run", "client_credentials"],
        &["run", "authorization_code", "--app", "admin-portal", "--sign-in", "builtin", "--events"],
        &[
            "run",
            "authorization_code",
            "--app",
            "admin-portal",
            "--sign-in",
            "builtin",
            "--json",
            "--drop",
            "code",
        ],
    ];
    for arguments in runs {
        let output = run(arguments);
        let printed = format!("{}{}", text(&output), String::from_utf8_lossy(&output.stderr));
        assert!(
            !known.iter().any(|secret| printed.contains(secret.as_str())),
            "{arguments:?} prints a credential"
        );
        assert!(!printed.contains("eyJ"), "{arguments:?} prints a token");
        for name in ["code=", "code_verifier=", "client_secret=", "device_code="] {
            // Numbers of errors stand in the addresses of their pages.
            let printed = printed.replace("/error?code=", "");
            let shown =
                printed.split(name).skip(1).any(|rest| !rest.starts_with("%3C") && !rest.starts_with('<'));
            assert!(!shown, "{arguments:?} prints what {name} carries");
        }
    }
}

#[test]
fn a_bent_parameter_is_refused_as_entra_refuses_it() {
    let zero = "00000000-0000-0000-0000-000000000001";
    let cases: [(&[&str], u64, &str); 9] = [
        (
            &["authorization_code", "--set", "authorize.redirect_uri=http://localhost/elsewhere"],
            50011,
            "page",
        ),
        (&["authorization_code", "--set", &format!("authorize.client_id={zero}")], 700_016, "page"),
        (
            &[
                "authorization_code",
                "--set",
                "token.code_verifier=0123456789012345678901234567890123456789abc",
            ],
            501_481,
            "json",
        ),
        (&["authorization_code", "--drop", "token.code_verifier"], 50148, "json"),
        (&["authorization_code", "--app", "storefront", "--drop", "token.Origin"], 9_002_327, "json"),
        (
            &["authorization_code", "--app", "admin-portal", "--drop", "token.client_secret"],
            7_000_218,
            "json",
        ),
        (&["authorization_code", "--username", "bruno@northwind.example"], 50057, "page"),
        (&["client_credentials", "--set", "token.client_secret=wrong"], 7_000_215, "json"),
        (
            &["client_credentials", "--set", "token.scope=api://northwind-catalog/Catalog.Read"],
            1_002_012,
            "json",
        ),
    ];
    for (arguments, number, surface) in cases {
        let outcome = flow(arguments, 3);
        assert_eq!(
            (outcome["outcome"].as_str(), code(&outcome)),
            (Some("refused"), Some(number)),
            "{arguments:?}: {outcome}"
        );
        assert_eq!(outcome["refusal"]["surface"], surface, "{arguments:?}");
    }
}

#[test]
fn a_device_code_that_nobody_can_approve_ends_the_run() {
    let outcome = flow(&["device_code", "--username", "bruno@northwind.example"], 3);
    assert_eq!(code(&outcome), Some(50057), "{outcome}");
}

#[test]
fn events_are_lines_and_the_last_one_is_the_outcome() {
    let output = run(&["run", "device_code", "--sign-in", "builtin", "--events"]);
    let printed = text(&output);
    let lines: Vec<Value> =
        printed.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let names: Vec<_> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
    for name in ["step", "exchange", "device_code"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert_eq!(names.last(), Some(&"outcome"));
    let device = lines.iter().find(|line| line["event"] == "device_code").expect("there is one");
    assert_eq!(device["interval"], 5);
    assert!(device["expires_in"].as_u64().is_some_and(|seconds| (890..=900).contains(&seconds)), "{device}");
}

#[test]
fn exit_statuses_tell_usage_from_silence() {
    let status = |arguments: &[&str]| run(arguments).status.code();
    assert_eq!(status(&["run", "no_such_flow"]), Some(2));
    assert_eq!(status(&["run", "authorization_code", "--app", "nobody"]), Some(2));
    assert_eq!(
        status(&["run", "client_credentials", "--issuer", "http://127.0.0.1:1", "--client-id", "x"]),
        Some(4)
    );
    assert_eq!(status(&["run", "authorization_code", "--sign-in", "none", "--timeout", "1"]), Some(4));
    assert_eq!(
        status(&["run", "authorization_code", "--sign-in", "browser"]),
        Some(2),
        "there is no display here"
    );
    assert_eq!(status(&["serve", "--scenario", "no-such-file.toml"]), Some(2));
    assert_eq!(status(&["--theme", "no-such-theme"]), Some(2));
}

#[test]
fn decode_and_explain_read_arguments_and_pipes() {
    let decoded = json(&run(&["decode", "--json", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."]));
    assert_eq!((&decoded["kind"], &decoded["claims"]["sub"]), (&"jws".into(), &"x".into()));
    assert!(
        decoded["findings"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["id"] == "input.bearer_prefix"))
    );
    assert_eq!(run(&["decode", "nothing of the kind"]).status.code(), Some(2));

    let explained = json(&run(&["explain", "--json", "AADSTS7000215: Invalid client secret"]));
    assert_eq!(explained["code"], 7_000_215);
    assert!(explained["causes"][0]["fixes"].as_array().is_some_and(|all| !all.is_empty()));

    let mut piped = authwright(&["explain", "-"]);
    let mut child = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    std::io::Write::write_all(&mut child.stdin.take().expect("piped"), b"error_codes: [50011]")
        .expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(text(&output).starts_with("AADSTS50011"), "{}", text(&output));
}

#[test]
fn evidence_for_an_explanation_comes_from_files() {
    let folder = temporary("explain-evidence");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("a file");
        path.display().to_string()
    };
    let bundle = r#"{"text":"AADSTS50011: x","request":{"url":"https://login.example/t/oauth2/v2.0/authorize?client_id=c1&redirect_uri=http%3A%2F%2Fa.example%2Fcb"}}"#;
    let registration = r#"[{"appId":"c1","web":{"redirectUris":["https://a.example/cb"]}}]"#;
    // PowerShell's `>` writes UTF-16.
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(registration.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let (bundle, registration) = (file("bundle.json", bundle.as_bytes()), file("app.json", &wide));
    let explained = json(&run(&["explain", "--json", "--bundle", &bundle, "--registration", &registration]));
    assert_eq!(explained["causes"][0]["id"], "redirect_uri.scheme", "{explained:#}");

    let refused = |arguments: &[&str], words: &[&str]| {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        for word in words {
            assert!(said.contains(word), "{word} is not in {said}");
        }
    };
    refused(
        &["explain", "--bundle", "no-such-file.json"],
        &["no-such-file.json", "the bundle cannot be read"],
    );
    let wrong = file("wrong.json", br#"{"response":{"status":"four hundred"}}"#);
    refused(&["explain", "--bundle", &wrong], &["wrong.json", "response.status", "--help"]);
    let no_json = file("no.json", b"appId: c1");
    refused(&["explain", "50011", "--registration", &no_json], &["no.json", "not JSON", "az ad app show"]);
}

#[test]
fn decode_finds_every_token_and_names_the_place_at_fault() {
    let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.";
    let answer = format!(
        r#"{{"access_token":"{token}","refresh_token":"1.{}"}}"#,
        "AXEAHpwqP1R7DkqaYVyOL3sdQ".repeat(8)
    );
    let mut piped = authwright(&["decode", "--json"]);
    let mut child = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    std::io::Write::write_all(&mut child.stdin.take().expect("piped"), answer.as_bytes()).expect("it reads");
    let decoded = json(&child.wait_with_output().expect("it ends"));
    assert_eq!((&decoded["kind"], &decoded["more"][0]["kind"]), (&"jws".into(), &"opaque".into()));
    let none =
        decoded["findings"].as_array().and_then(|all| all.iter().find(|one| one["id"] == "jwt.alg_none"));
    assert_eq!(none.expect("it is unsecured")["at"], serde_json::json!({"part": "header", "member": "alg"}));

    let printed = text(&run(&["decode", &answer]));
    for part in
        ["token 1 of 2, access_token", "token 2 of 2, refresh_token", "\nwho\n  sub  x", "[header, alg]"]
    {
        assert!(printed.contains(part), "{part} is not in\n{printed}");
    }
    assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
}

#[test]
fn hostile_text_never_reaches_the_terminal_as_it_is() {
    let output =
        run(&["decode", "eyJhbGciOiJub25lIiwia2lkIjoiXHUwMDFiWzMxbSJ9.eyJzdWIiOiJcdTIwMmVldmlsXHUwMDA3In0."]);
    let printed = text(&output);
    assert!(
        !printed.contains('\u{1b}') && !printed.contains('\u{7}') && !printed.contains('\u{202e}'),
        "{printed:?}"
    );
    let output = run(&["explain", "AADSTS50011 \u{1b}]0;title\u{7}\u{202e}"]);
    assert!(!text(&output).contains(['\u{1b}', '\u{7}', '\u{202e}']));
}

#[test]
fn the_tenant_is_shown_with_what_is_needed_to_sign_in() {
    let shown = json(&run(&["tenant", "show", "--json"]));
    let people = shown["users"].as_array().expect("people are listed");
    assert!(people.iter().any(|person| person["password"] == "lab-Mina-1"));
    assert!(text(&run(&["tenant", "show"])).contains("lab-Mina-1"));
}

/// A lab tenant that is served, and what it said as it began.
struct Served {
    process: std::process::Child,
    ready: Value,
}

impl Served {
    /// On any free ports, with its files in a folder of that name.
    fn start(folder: &str, more: &[&str]) -> Self {
        use std::io::{BufRead as _, BufReader};
        let folder = temporary(folder);
        let at = folder.to_str().expect("a path that is text");
        let ports = ["serve", "--json", "--http-port", "0", "--https-port", "0", "--state-dir", at];
        let mut process =
            authwright(&[&ports, more].concat()).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut first = String::new();
        let output = process.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut first).expect("it says where it is");
        Self { process, ready: serde_json::from_str(&first).expect("a line of JSON") }
    }

    fn text(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.ready))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn temporary(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("authwright-{name}-{}", std::process::id()))
}

/// The daemon of the lab asks that authority for a token.
fn daemon_at(authority: &str, more: &[&str]) -> Output {
    let scenario = Scenario::northwind();
    let daemon = scenario.application("inventory-sync").expect("it is there");
    let arguments = [
        &["run", "client_credentials", "--json", "--authority", authority, "--tenant", "northwind.example"],
        &["--client-id", &daemon.app_id, "--client-secret-env", "LAB_SECRET"][..],
        &["--scope", "api://northwind-catalog/.default"],
        more,
    ];
    authwright(&arguments.concat())
        .env("LAB_SECRET", daemon.secret().expect("it has one").expose())
        .output()
        .expect("the program starts")
}

#[test]
fn a_lab_tenant_that_is_served_can_be_signed_in_at() {
    let served = Served::start("served", &[]);
    assert_eq!(json(&daemon_at(served.text("http"), &[]))["outcome"], "tokens");
    // Over https it takes the lab's own CA; without it, what to do is said.
    let (https, ca) = (served.text("https"), served.text("ca"));
    assert!(https.starts_with("https://localhost:"), "{https}");
    let output = daemon_at(https, &["--ca", ca]);
    assert_eq!(json(&output)["outcome"], "tokens");
    let output = daemon_at(https, &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), &json(&output)["outcome"]), (Some(4), &"failed".into()));
    assert!(said.contains("--ca FILE"), "{said}");
    let other = Served::start("served-elsewhere", &[]);
    let output = daemon_at(https, &["--ca", other.text("ca")]);
    assert_eq!(output.status.code(), Some(4), "another lab's CA vouches for nothing here");
    for folder in ["served", "served-elsewhere"] {
        std::fs::remove_dir_all(temporary(folder)).expect("it was made here");
    }
}

#[test]
fn the_ca_stays_the_same_from_one_start_to_the_next_and_a_broken_file_stops_nobody() {
    let pem = |served: &Served| std::fs::read_to_string(served.text("ca")).expect("it is there");
    let first = pem(&Served::start("ca", &[]));
    assert_eq!(pem(&Served::start("ca", &[])), first);
    let key_file = temporary("ca").join("lab-ca-key.pem");
    let whole = std::fs::read(&key_file).expect("it is there");
    std::fs::write(&key_file, &whole[..whole.len() / 2]).expect("it can be written");
    assert_ne!(pem(&Served::start("ca", &[])), first, "half a key is replaced");
    std::fs::remove_dir_all(temporary("ca")).expect("it was made here");

    // A file stands where the folder should be.
    std::fs::write(temporary("no-folder"), "").expect("it can be written");
    let served = Served::start("no-folder", &[]);
    assert!(served.ready["ca"].is_null());
    assert!(served.text("ca_pem").starts_with("-----BEGIN CERTIFICATE-----"));
    std::fs::remove_file(temporary("no-folder")).expect("it was made here");
}

/// Gives a served tenant an order, or asks it something.
fn tenant(served: &Served, arguments: &[&str]) -> Output {
    authwright(&[&["tenant"], arguments].concat())
        .env("AUTHWRIGHT_CONTROL", served.text("control"))
        .env("AUTHWRIGHT_CONTROL_TOKEN", served.text("control_token"))
        .output()
        .expect("the program starts")
}

#[test]
fn a_served_tenant_takes_orders_and_goes_on_after_it_was_killed() {
    let served = Served::start("killed", &[]);
    let order = r#"[{"order": "moveClock", "seconds": 7200},
        {"order": "edit", "change": {"edit": "set", "of": "users", "entry": "mina", "members": {"displayName": "Mina the Second"}}}]"#;
    let output = tenant(&served, &["order", order]);
    assert_eq!(text(&output), "the clock is 2 h ahead\nmina: displayName Mina the Second\n");
    let keys = |served: &Served| {
        text(&tenant(served, &["forge", "--client", "storefront", "--resource", "catalog-api"]))
    };
    let kid = |token: String| token.split('.').next().map(str::to_owned);
    let signed = kid(keys(&served));
    // Dropping it kills the process; what was answered is kept by then.
    drop(served);

    let served = Served::start("killed", &[]);
    let exported = text(&tenant(&served, &["export"]));
    assert!(exported.contains("Mina the Second"), "{exported}");
    assert!(Scenario::parse(&exported).is_ok());
    assert_eq!(kid(keys(&served)), signed, "the keys are the same");

    let refused = tenant(&served, &["order", r#"{"order": "withdraw", "id": "none"}"#]);
    assert_eq!(refused.status.code(), Some(3));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("there is no grant with the id"), "{said}");
    assert_eq!(tenant(&served, &["order", r#"{"order": "dance"}"#]).status.code(), Some(2));
    assert_eq!(text(&tenant(&served, &["reset"])), "everything is as it began\n");
    assert!(!text(&tenant(&served, &["export"])).contains("Mina the Second"));
    drop(served);
    let folder = temporary("killed");
    let at = folder.to_str().expect("a path that is text");
    assert!(text(&run(&["tenant", "reset", "--state-dir", at])).contains("is gone"));
    assert!(text(&run(&["tenant", "reset", "--state-dir", at])).contains("No tenant"));
    std::fs::remove_dir_all(folder).expect("it was made here");
}

#[test]
fn the_token_of_the_control_address_is_sent_to_this_machine_only() {
    let arguments = ["tenant", "reset", "--control", "http://lab.example/.lab/", "--control-token", "x"];
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not on this machine"));
    assert_eq!(run(&["tenant", "reset"]).status.code(), Some(2), "it is not said which");
    let exported = text(&run(&["tenant", "export"]));
    assert_eq!(
        Scenario::parse(&exported).map(|read| read.users().len()),
        Ok(Scenario::northwind().users().len())
    );
}

#[test]
fn a_key_pair_is_made_once_and_served_to_the_lab() {
    let folder = temporary("certificate");
    let at = folder.to_str().expect("a path that is text");
    let arguments = ["certificate", "new", "--name", "Price Feed", "--days", "7", "--out-dir", at, "--json"];
    let made = json(&run(&arguments));
    let file = made["certificate"].as_str().expect("a path").to_owned();
    let key = made["private_key"].as_str().expect("a path").to_owned();
    assert_eq!(
        (made["subject"].as_str(), made["thumbprint_sha1"].as_str().map(str::len)),
        (Some("CN=Price Feed"), Some(40))
    );
    assert!(std::fs::read_to_string(&file).expect("it is there").starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(std::fs::read_to_string(&key).expect("it is there").starts_with("-----BEGIN PRIVATE KEY-----"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let permissions = std::fs::metadata(&key).expect("it is there").permissions().mode();
        assert_eq!(permissions & 0o777, 0o600, "the key is for its owner alone");
    }
    let again = run(&arguments);
    assert_eq!(again.status.code(), Some(2), "nothing is written over");
    assert_eq!(
        run(&["certificate", "new", "--name", "x", "--days", "0", "--out-dir", at]).status.code(),
        Some(2)
    );

    let option = format!("price-feed={file}");
    let served = Served::start("certificate", &["--certificate", &option]);
    let ready = &served.ready;
    assert_eq!(ready["certificates"][0]["x5t#S256"], made["x5t#S256"]);
    let machine = &ready["managed_identity"];
    assert!(
        machine["app_service"]["IDENTITY_ENDPOINT"].as_str().is_some_and(|url| url.ends_with("/msi/token"))
    );
    assert!(machine["app_service"]["IDENTITY_HEADER"].as_str().is_some_and(|header| header.len() == 36));

    for wrong in
        ["price-feed", "price-feed=no-such-file.pem", &format!("nobody={file}"), &format!("price-feed={key}")]
    {
        let output = run(&[
            "serve",
            "--json",
            "--http-port",
            "0",
            "--https-port",
            "0",
            "--state-dir",
            at,
            "--certificate",
            wrong,
        ]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
    std::fs::remove_dir_all(&folder).expect("it was made here");
}

/// The API of the lab's catalog, by its client id.
fn catalog() -> String {
    Scenario::northwind().application("catalog-api").expect("it is there").app_id.clone()
}

/// Judges a token from standard input.
fn verified(token: &str, arguments: &[&str]) -> Output {
    use std::io::Write as _;
    let mut process = authwright(&[&["verify", "-", "--json"], arguments].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // A command line that is at fault is refused before anything is read.
    let written = process.stdin.take().expect("piped").write_all(token.as_bytes());
    if let Err(why) = written {
        assert_eq!(why.kind(), std::io::ErrorKind::BrokenPipe, "{why}");
    }
    process.wait_with_output().expect("it ends")
}

#[test]
fn a_token_is_judged_by_the_keys_of_the_authority_that_is_named() {
    let served = Served::start("verified", &[]);
    let (http, https, ca) = (served.text("http"), served.text("https"), served.text("ca"));
    let outcome = json(&daemon_at(http, &["--with-secrets"]));
    let token = outcome["tokens"]["access_token"].as_str().expect("there is one");
    let claims = json(&verified(token, &["--as", "api", "--offline"]));
    assert_eq!(claims["answer"], "open", "without keys nothing is proven: {claims}");
    let tenant =
        json(&run(&["tenant", "show", "--json"]))["tenants"][0]["id"].as_str().expect("an id").to_owned();
    let (api, issuer) = (catalog(), format!("{http}{tenant}/v2.0"));
    let as_api = ["--as", "api", "--audience", &api, "--audience", "api://northwind-catalog"];
    let check = |more: &[&str], status: i32, answer: &str, api_status: Option<u64>| {
        let output = verified(token, &[&as_api[..], more].concat());
        let said = json(&output);
        assert_eq!(
            (output.status.code(), said["answer"].as_str()),
            (Some(status), Some(answer)),
            "{more:?} {said:#}"
        );
        assert_eq!(said["status"].as_u64(), api_status, "{more:?}");
        said
    };
    let authority = ["--authority", http, "--tenant", &tenant];
    let said = check(&[&authority[..], &["--role", "Catalog.Read.All"]].concat(), 0, "accepted", Some(200));
    assert_eq!(said["other"]["answer"], "rejected", "a client takes no access token");
    let key = said["checks"].as_array().and_then(|all| all.iter().find(|check| check["id"] == "check.key"));
    let source = key.and_then(|key| key["title"].as_str()).expect("a light for the key");
    assert!(source.contains("/discovery/v2.0/keys") && source.contains("fetched at"), "{source}");
    check(&[&authority[..], &["--role", "Nothing.Granted"]].concat(), 3, "forbidden", Some(403));
    check(&[&authority[..], &["--scope", "Catalog.Read"]].concat(), 3, "forbidden", Some(403));
    check(&[&authority[..], &["--at", "2020-01-01T00:00:00Z"]].concat(), 3, "rejected", Some(401));
    check(&["--authority", http, "--tenant", "common"], 0, "accepted", Some(200));
    check(&["--authority", http, "--tenant", "common", "--tenant", &api], 3, "rejected", Some(401));
    check(&["--authority", http, "--tenant", &tenant, "--token-version", "1"], 3, "rejected", Some(401));
    check(&["--issuer", &issuer], 0, "accepted", Some(200));
    check(
        &["--jwks", &format!("{http}{tenant}/discovery/v2.0/keys"), "--issuer", &issuer],
        0,
        "accepted",
        Some(200),
    );
    // The token's own issuer gives keys, and is believed no more for that.
    let said = check(&["--ask-issuer"], 3, "open", None);
    assert_eq!(said["because"], serde_json::json!(["check.issuer"]));
    // Another address of the same lab is another issuer, and its certificate counts.
    let secure = ["--authority", https, "--tenant", &tenant];
    check(&[&secure[..], &["--ca", ca]].concat(), 3, "rejected", Some(401));
    assert_eq!(verified(token, &[&as_api[..], &secure].concat()).status.code(), Some(4));
    std::fs::remove_dir_all(temporary("verified")).expect("it was made here");
}

/// Whoever makes a token chooses what it names; no name in it makes us call a host.
#[test]
fn a_token_makes_nobody_call_the_host_it_names() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("it can wait");
    let address = format!("http://{}", listener.local_addr().expect("it has one"));
    let header = format!(r#"{{"alg":"RS256","kid":"a","jku":"{address}/keys","x5u":"{address}/x"}}"#);
    let claims = format!(r#"{{"iss":"{address}","aud":"me","exp":4000000000,"scp":"x"}}"#);
    let token =
        [header.as_bytes(), claims.as_bytes(), &[7; 256]].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let output = verified(&token, &["--as", "api", "--audience", "me"]);
    assert_eq!((output.status.code(), &json(&output)["answer"]), (Some(3), &"open".into()));
    let called = listener.accept().map(|_| ()).map_err(|why| why.kind());
    assert_eq!(called, Err(std::io::ErrorKind::WouldBlock), "somebody called");
    drop(listener);
    let output = verified(&token, &["--as", "api", "--ask-issuer"]);
    assert_eq!((output.status.code(), text(&output).as_str()), (Some(4), ""));
}

#[test]
fn what_verify_cannot_work_with_is_said() {
    let said = |arguments: &[&str]| {
        let output = verified("e30.e30.", arguments);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (arguments, why) in [
        (&["--as", "nobody"][..], "client or api"),
        (&["--as", "api", "--tenant", "common"], "a GUID"),
        (&["--as", "api", "--authority", "https://x.example"], "--tenant"),
        (&["--as", "api", "--jwks", "no-such-file.json"], "no-such-file.json"),
        (&["--as", "api", "--jwks", "Cargo.toml"], "neither PEM nor JSON"),
        (&["--as", "api", "--jwks", "https://x.example/keys", "--offline"], "--offline"),
        (&["--as", "api", "--shared-key", "no-such-file"], "no-such-file"),
        (&["--as", "api", "--leeway=-1"], "--leeway"),
        (&["--as", "api", "--at", "soon"], "seconds since 1970"),
        (&["--as", "api", "--ask-issuer"], "names no issuer"),
    ] {
        let (status, text) = said(arguments);
        assert_eq!(status, Some(2), "{arguments:?} {text}");
        assert!(text.contains(why), "{arguments:?}: {text}");
    }
    let output = verified("hello", &["--as", "api"]);
    assert_eq!((output.status.code(), &json(&output)["token"]["kind"]), (Some(2), &"not_a_token".into()));
}
