//! PKCE (RFC 7636): the verifier stays here, its challenge goes ahead, and the code is only good for whoever holds the
//! verifier. The arithmetic is short enough to be shown: see [`arithmetic`].

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::secret::Secret;

/// How the challenge is made from the verifier (RFC 7636 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The SHA-256 of the verifier, base64url.
    S256,
    /// The verifier itself.
    Plain,
}

impl Method {
    /// The value of `code_challenge_method`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::S256 => "S256",
            Self::Plain => "plain",
        }
    }
}

/// The challenge for a verifier. With [`Method::Plain`] it is the verifier, and just as secret.
pub fn challenge(method: Method, verifier: &Secret) -> String {
    match method {
        Method::S256 => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose())),
        Method::Plain => verifier.expose().to_owned(),
    }
}

/// One line of the arithmetic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What it is.
    pub name: &'static str,
    /// The value, unless it is secret.
    pub value: Result<String, Secret>,
    /// How it came about.
    pub meaning: String,
}

/// The way from the verifier to the challenge, each result with how it is made.
pub fn arithmetic(method: Method, verifier: &Secret) -> Vec<Stage> {
    let length = verifier.len();
    let mut stages = vec![Stage {
        name: "code_verifier",
        value: Err(verifier.clone()),
        meaning: format!("{length} random characters. It stays here until the code is redeemed."),
    }];
    match method {
        Method::S256 => {
            let digest = Sha256::digest(verifier.expose());
            let hex = digest.iter().fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").expect("a string takes all text");
                hex
            });
            stages.push(Stage {
                name: "SHA-256",
                value: Ok(hex),
                meaning: format!(
                    "The hash of the verifier's {length} ASCII bytes: 32 bytes, here in hexadecimal."
                ),
            });
            stages.push(Stage {
                name: "code_challenge",
                value: Ok(challenge(method, verifier)),
                meaning: "Those 32 bytes (not their hexadecimal form) in base64url without padding: 43 \
                          characters. It goes ahead with the authorization request."
                    .to_owned(),
            });
        }
        Method::Plain => stages.push(Stage {
            name: "code_challenge",
            value: Err(verifier.clone()),
            meaning: "With plain the challenge is the verifier itself, so whoever reads the authorization \
                      request can redeem the code."
                .to_owned(),
        }),
    }
    stages
}

/// What is wrong with a verifier's form (RFC 7636 §4.1), if anything is.
pub fn flaw(verifier: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    match verifier.chars().count() {
        length @ 0..43 => Some(format!("{length} characters are too few: a verifier has 43 to 128")),
        length @ 129.. => Some(format!("{length} characters are too many: a verifier has 43 to 128")),
        _ if !verifier.chars().all(allowed) => {
            Some("it has a character other than letters, digits, and - . _ ~".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_challenge_is_the_one_of_the_standard() {
        let verifier = Secret::new(VERIFIER);
        assert_eq!(challenge(Method::S256, &verifier), CHALLENGE);
        assert_eq!(challenge(Method::Plain, &verifier), VERIFIER);
    }

    #[test]
    fn the_arithmetic_ends_in_the_challenge_and_shows_no_verifier() {
        let verifier = Secret::new(VERIFIER);
        let stages = arithmetic(Method::S256, &verifier);
        let digest = "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3";
        assert_eq!(stages[1].value, Ok(digest.to_owned()));
        assert_eq!(stages[2].value, Ok(CHALLENGE.to_owned()));
        let shown = format!("{stages:?} {:?}", arithmetic(Method::Plain, &verifier));
        assert!(!shown.contains(VERIFIER), "{shown}");
    }

    #[test]
    fn the_form_of_a_verifier_is_checked() {
        assert_eq!(flaw(VERIFIER), None);
        assert_eq!(flaw(&"a".repeat(128)), None);
        assert!(flaw(&"a".repeat(42)).is_some_and(|text| text.contains("42")));
        assert!(flaw(&"a".repeat(129)).is_some_and(|text| text.contains("129")));
        assert!(flaw(&"=".repeat(50)).is_some());
    }
}
