//! What binds the answer to the request: `state`, `nonce`, and the challenge of PKCE.

use super::{super::UrlReport, Asked};
use crate::{lint::LintFinding, oauth::pkce};

/// `state` and `nonce`.
pub(super) fn state_and_nonce(report: &mut UrlReport, asked: Asked) {
    let (state, nonce) = (report.get("state").map(str::to_owned), report.get("nonce").map(str::to_owned));
    match &state {
        None => {
            report.findings.push(
                LintFinding::warning("state.missing", "state", "state is missing")
                    .why("Nobody can tell whether the answer belongs to this sign-in: a stranger's code can be slipped in (RFC 6749 §10.12).")
                    .fix("Send a fresh random value and compare it when it comes back."),
            );
            report.absent.push(("state", "ties the answer to this request"));
        }
        Some(state) if is_guessable(state) => report.findings.push(
            LintFinding::warning("state.guessable", "state", "state can be guessed")
                .value(state.as_str())
                .why("It protects only if it is fresh and random for each sign-in.")
                .fix("Send at least 16 random bytes."),
        ),
        Some(state) if state.contains("://") => report.findings.push(
            LintFinding::info("state.address", "state", "state carries an address")
                .value(state.as_str())
                .why("If the application goes there without a check, a link can send people anywhere after the sign-in.")
                .fix("Keep the address in the session and only a random key to it in state."),
        ),
        Some(_) => {}
    }
    let has_openid =
        report.get("scope").is_some_and(|scope| scope.split_whitespace().any(|word| word == "openid"));
    match &nonce {
        None if asked.id_token => report.findings.push(
            LintFinding::error("nonce.missing", "nonce", "nonce is missing, and an ID token comes through the browser")
                .fails("The request", &[90014, 900_144])
                .why("Without it an ID token of another sign-in can be slipped in; the authority makes none (OpenID Connect Core §3.2.2.1).")
                .fix("Send a fresh random value and find it again in the ID token."),
        ),
        None if has_openid => report.absent.push(("nonce", "ties the ID token to this request; optional with code, and worth having")),
        Some(nonce) if is_guessable(nonce) => report.findings.push(
            LintFinding::warning("nonce.guessable", "nonce", "nonce can be guessed")
                .value(nonce.as_str())
                .why("It protects only if it is fresh and random for each sign-in.")
                .fix("Send at least 16 random bytes."),
        ),
        Some(nonce) if state.as_ref() == Some(nonce) => report.findings.push(
            LintFinding::info("nonce.same_as_state", "nonce", "nonce and state are the same")
                .why("state comes back in the address and nonce inside of the token: one value shows the other.")
                .fix("Use two values."),
        ),
        _ => {}
    }
}

/// Short, of one character, or a word that samples have.
fn is_guessable(text: &str) -> bool {
    let distinct = text.bytes().collect::<std::collections::BTreeSet<_>>().len();
    text.len() < 8
        || distinct < 4
        || ["12345678", "state", "nonce", "random", "678910"]
            .iter()
            .any(|known| text.eq_ignore_ascii_case(known))
}

pub(super) fn challenge(report: &mut UrlReport, asked: Asked) {
    let place = "code_challenge";
    if !asked.code {
        return;
    }
    let Some(text) = report.get(place).map(str::to_owned) else {
        report.findings.push(
            LintFinding::warning("pkce.missing", place, "code_challenge is missing")
                .fails("The request, for a single-page application", &[9_002_325])
                .why("Whoever catches the code can redeem it, or have somebody redeem theirs (RFC 9700 §2.1.1).")
                .fix("Send code_challenge with code_challenge_method=S256; confidential clients, too."),
        );
        report.absent.push((place, "the lock that only our verifier opens"));
        return;
    };
    let is_base64url = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    match report.get("code_challenge_method") {
        Some("S256") if text.len() != 43 || !is_base64url => {
            let why = match text.len() {
                44 if text.ends_with('=') => "The padding (=) was left on.",
                64 if text.bytes().all(|b| b.is_ascii_hexdigit()) => {
                    "This is the hash in hexadecimal; it has to be base64url of its 32 bytes."
                }
                _ if text.contains([' ', '+', '/']) => {
                    "This is base64; base64url has - and _ in place of + and /."
                }
                86 | 88 => "This is base64 of the hexadecimal text; it has to be of the 32 bytes.",
                _ => "SHA-256 has 32 bytes, and these are 43 characters of base64url.",
            };
            report.findings.push(
                LintFinding::error(
                    "pkce.form",
                    place,
                    format!("code_challenge has {} characters, or some that do not belong there", text.len()),
                )
                .value(text.as_str())
                .fails("The request", &[501_491])
                .why(why)
                .fix("Take BASE64URL(SHA256(code_verifier)), without padding."),
            );
        }
        Some("S256") => {}
        None | Some("plain") => {
            report.findings.push(
                LintFinding::warning(
                    "pkce.plain",
                    "code_challenge_method",
                    "The challenge is the verifier itself (plain)",
                )
                .why("Left out, the method is plain: whoever reads this address can redeem the code.")
                .fix("Send code_challenge_method=S256."),
            );
            if let Some(flaw) = pkce::flaw(&text) {
                report.findings.push(
                    LintFinding::error(
                        "pkce.form",
                        place,
                        format!("The challenge cannot be a verifier: {flaw}"),
                    )
                    .fails("The request", &[501_491])
                    .fix("Send code_challenge_method=S256 with the hash."),
                );
            }
        }
        Some(method) => {
            let method = method.to_owned();
            report.findings.push(
                LintFinding::error(
                    "pkce.method",
                    "code_challenge_method",
                    "code_challenge_method is neither S256 nor plain",
                )
                .value(method)
                .fails("The request", &[501_491])
                .why("Letter case counts.")
                .fix("Write S256."),
            );
        }
    }
}
