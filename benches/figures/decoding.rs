//! The decoder: as a command beside `jwt-cli`, and under a megabyte of text that means harm.
//!
//! The peer is looked for in `target/peers/bin`; `cargo install jwt-cli --root target/peers` puts it there.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use authwright::token;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::row;

const MEGABYTE: usize = 1 << 20;

fn encode(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A token with the claims and the size of an ordinary access token.
fn ordinary() -> String {
    let claims = r#"{"aud":"8d1f0b7c-52a3-4f6e-9b18-0c2f7a6d3e55","iss":"https://login.microsoftonline.com/3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40/v2.0","iat":1772615427,"nbf":1772615427,"exp":4102444800,"aio":"AWQAm/8","azp":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","azpacr":"0","name":"Mina Okafor","oid":"4b0e6a21-3d5e-4f78-9c0d-1e2f3a4b5c6d","preferred_username":"mina@fabrikam.example","rh":"1.AXEA","scp":"Items.Read","sub":"R2pT0mXh","tid":"3f2a9c1e-7b54-4d0e-9a61-5c8e2f7b1d40","uti":"Yk3VfW0pQk","ver":"2.0"}"#;
    format!("{}.{}.{}", encode(r#"{"typ":"JWT","alg":"RS256","kid":"k1"}"#), encode(claims), encode([7; 256]))
}

/// The command and its peer in turn, so that neither has the quiet minutes.
pub fn beside_the_peer() {
    let token = ordinary();
    let peer = peer();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        ours.push(run(Path::new(env!("CARGO_BIN_EXE_authwright")), &token));
        theirs.extend(peer.as_deref().map(|peer| run(peer, &token)));
    }
    row("authwright decode, an ordinary token, as a command", ours);
    if theirs.is_empty() {
        println!("  the same by crates.io's jwt-cli: skipped, it is not in target/peers");
    } else {
        row("  the same by crates.io's jwt-cli", theirs);
    }
}

fn peer() -> Option<PathBuf> {
    let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/bin/jwt");
    binary.is_file().then_some(binary)
}

fn run(program: &Path, token: &str) -> f64 {
    let started = Instant::now();
    let status = Command::new(program)
        .args(["decode", token])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the program starts");
    assert!(status.success(), "{} decodes it", program.display());
    started.elapsed().as_secs_f64() * 1000.0
}

/// A megabyte of each kind of mischief: in process, and as a command with what it takes of memory.
pub fn hostile() {
    for (name, text) in mischief() {
        let samples = (0..15)
            .map(|_| {
                let started = Instant::now();
                std::hint::black_box(token::decode_all(std::hint::black_box(&text)));
                started.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        row(&format!("decode, 1 MB of {name} (in process)"), samples);
        let (elapsed, memory) = piped(&text);
        println!(
            "{:<58} {elapsed:>9.2} ms {memory:>9} kB",
            "  as a command with --json, and its peak memory"
        );
    }
}

fn mischief() -> Vec<(&'static str, String)> {
    let fill = |piece: &str| piece.repeat(MEGABYTE / piece.len());
    let head = encode(r#"{"alg":"RS256"}"#);
    let payload = |json: String| format!("{head}.{}.x", encode(json));
    let share = |piece: &str| piece.repeat(MEGABYTE * 3 / 4 / piece.len());
    let xml = format!("<a xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}", " ".repeat(50 * MEGABYTE));
    let bomb = miniz_oxide::deflate::compress_to_vec(xml.as_bytes(), 6);
    vec![
        ("dots", fill(".")),
        ("beginnings", fill("eyJ ")),
        ("small tokens", fill("eyJ.eyJ.a ")),
        ("a wrapped token", format!("{head}.{}", fill("a1\n"))),
        ("quotes", fill("\"'`")),
        ("names and words", fill("code=1.AXEA ")),
        ("percent signs", fill("%2525")),
        ("brackets", fill("{\"a\":[")),
        ("escapes", fill("\u{1b}]x")),
        ("numbers in a payload", payload(format!("{{\"a\":[{}0]}}", share("0,")))),
        ("small objects in a payload", payload(format!("{{\"a\":[{}0]}}", share("{\"\":0},")))),
        ("control characters in a payload", payload(format!("{{\"a\":\"{}\"}}", share("\u{9b}")))),
        ("opaque characters", fill("a1B2")),
        ("a deflated bomb", base64::engine::general_purpose::STANDARD.encode(bomb)),
    ]
}

/// Milliseconds until the command has read and begun to print, and the most memory it held, in kB.
fn piped(text: &str) -> (f64, u64) {
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_authwright"))
        .args(["decode", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    // It stands still once its output fills the pipe; until then its memory only grows.
    let (mut most, mut ended) = (0, None);
    while ended.is_none() && started.elapsed() < Duration::from_millis(400) {
        most = most.max(peak(&child).unwrap_or(0));
        ended = child.try_wait().expect("it can be asked").map(|_| started.elapsed());
    }
    let elapsed = ended.unwrap_or_else(|| {
        let rest = Instant::now();
        let output = child.stdout.take().map(std::io::read_to_string);
        drop(output);
        rest.elapsed()
    });
    let _ = child.wait();
    (elapsed.as_secs_f64() * 1000.0, most)
}

fn peak(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().split(' ').next()?.parse().ok()
}
